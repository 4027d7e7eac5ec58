//! The evals room.
