//! Whether the passages can answer the question at all.
