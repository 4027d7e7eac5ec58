//! A concluded run for people (`text`), for CI (`junit`) and for programs (`json`).

pub mod json;
pub mod junit;
pub mod text;

#[cfg(test)]
mod tests;
