//! The system prompt must not come out: a canary word and the overlap of the answer with the prompt.
