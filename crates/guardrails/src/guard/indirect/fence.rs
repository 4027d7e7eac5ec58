//! Marks instead of cuts.
