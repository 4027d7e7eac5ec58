//! The insight room.
