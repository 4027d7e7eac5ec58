//! A concluded run for people (`text`), for CI (`junit`) and for programs (`json`); and what tuning an escalation
//! found (`routing`).

pub mod json;
pub mod junit;
pub mod routing;
pub mod text;

#[cfg(test)]
mod tests;
