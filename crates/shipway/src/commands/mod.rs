//! One file per command. Each takes what was typed, calls a room, and prints what it said.

mod ask;
mod audit;
mod batch;
mod bench;
mod cache;
mod check;
mod collection;
mod cost;
mod declared;
mod demo;
mod eval;
mod feed;
mod guard;
mod ingest;
mod init;
mod key;
mod model;
mod recorded;
mod release;
mod review;
mod search;
mod search_eval;
mod serve;

use crate::cli::{Arguments, Command};
use std::path::Path;
use std::process::ExitCode;

/// What every command needs of the command line.
pub(crate) struct Ground<'a> {
    pub(crate) project: Option<&'a Path>,
    pub(crate) json: bool,
}

/// Exit code of a failed gate: promptfoo's convention, so that a pipeline can tell it from a run that broke.
pub(crate) const GATE_FAILED: u8 = 100;

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let ground = Ground { project: arguments.project.as_deref(), json: arguments.json };
    match arguments.command {
        Command::Demo(demo) => demo::run(&demo),
        Command::Init(named) => init::run(&ground, &named.name),
        Command::Check(named) => check::run(&ground, &named.name),
        Command::Bundle(named) => declared::bundle(&ground, &named.name),
        Command::Schema(schema) => declared::schema(schema.of),
        Command::Ingest(ingest) => ingest::run(&ground, &ingest),
        Command::Feed(feed) => feed::run(&ground, &feed),
        Command::Search(search) => search::run(&ground, &search),
        Command::Collection(collection) => collection::run(&ground, &collection),
        Command::Guard(guard) => guard::run(&ground, &guard),
        Command::Ask(ask) => ask::run(&ground, ask),
        Command::Eval(eval) => eval::run(&ground, &eval),
        Command::Cost(cost) => cost::run(&ground, &cost),
        Command::Cache(cache) => cache::run(&ground, &cache),
        Command::Bench(bench) => bench::run(&ground, &bench),
        Command::Release(release) => release::begin(&ground, &release),
        Command::Promote(moved) => release::promote(&ground, &moved),
        Command::Rollback(rollback) => release::rollback(&ground, &rollback),
        Command::Status(named) => release::status(&ground, &named.name),
        Command::Serve(serve) => serve::run(&ground, &serve),
        Command::Review(review) => review::run(&ground, &review),
        Command::Audit(audit) => audit::run(&ground, &audit),
        Command::Batch(batch) => batch::run(&ground, &batch),
        Command::Key(key) => key::run(&ground, key),
        Command::Model(model) => model::run(&ground, &model),
    }
}
