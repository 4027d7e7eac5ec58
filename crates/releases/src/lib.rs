//! The releases room.
