//! The guardrails room.
