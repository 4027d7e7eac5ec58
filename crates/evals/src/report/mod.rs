//! A concluded run for people (`text`), for CI (`junit`) and for programs (`json`); and what tuning an escalation
//! (`routing`) or the search (`words_weight`) found.

pub mod json;
pub mod junit;
pub mod routing;
pub mod text;
pub mod words_weight;

#[cfg(test)]
mod tests;
