//! `shipway guard …`: how good the guards are, what they say about a text, what they did and would have done.

mod calibrate;
mod eval;
mod report;
mod test;
mod train;
mod types;

use super::Ground;
use crate::cli::Guard;
use std::process::ExitCode;

pub(crate) fn run(ground: &Ground<'_>, guard: &Guard) -> anyhow::Result<ExitCode> {
    match guard {
        Guard::Eval(asked) => eval::run(ground, asked),
        Guard::Test(asked) => test::run(ground, asked),
        Guard::Train(asked) => train::run(ground, asked),
        Guard::Calibrate(asked) => calibrate::run(ground, asked),
        Guard::Report(asked) => report::run(ground, asked),
        Guard::Types => types::run(ground),
    }
}
