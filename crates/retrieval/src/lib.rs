//! The retrieval room.
