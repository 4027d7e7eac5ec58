//! The cross-encoder against plain arithmetic.
