//! A storm: thousands of requests, each with a script of faults drawn from a seed, over chains of one to three models,
//! whole and streamed, with apps that go away. One server takes them all; one list of invariants holds for every run,
//! and another for the server when the storm is over.
//!
//! The storm is the same each time. `SHIPWAY_CHAOS_SEED` makes another one, by a number, or by `random` one that nobody has
//! seen (a failure names its number); `SHIPWAY_CHAOS_RUNS` makes a longer one.

mod invariants;
mod storm;

use crate::SHIPWAY;
use serde_json::json;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use storm::{ROUNDS, Storm};
use testkit::process::resident_kib;

/// How much resident memory may grow from the first round to the last, in KiB. The allocator's own noise is about half of
/// it, so 2,000 runs show a leak of 16 KiB each; a longer storm shows a smaller one.
const MOST_GROWTH_KIB: u64 = 32 * 1024;

/// Every fault meets every chain as it was drawn.
#[test]
fn no_fault_breaks_an_invariant_and_nothing_leaks() {
    weather(false, 2_000);
}

/// What other runs met at a model decides whether it is asked at all.
#[test]
fn breakers_break_no_invariant() {
    weather(true, 800);
}

/// One storm at a time: two would make each other's good models too slow.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn weather(breaker: bool, runs: usize) {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let storm = Storm::prepare(SHIPWAY, breaker, runs);
    let (mut resident, mut idle) = (Vec::new(), Vec::new());
    let (mut broken, mut tally) = (Vec::new(), invariants::Tally::default());
    for round in 0..ROUNDS {
        for run in storm.round(round) {
            let told = run.draw.clone();
            if let Err(what) = invariants::check(&run, breaker, &mut tally) {
                broken.push(format!("{told:?}: {what}"));
            }
        }
        resident.push(resident_kib(storm.server.pid()));
        if round == 0 {
            // What a server starts only when it is needed is there by now.
            idle = storm.open_files(usize::MAX);
        }
    }
    let shown = broken.iter().take(12).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(broken.is_empty(), "seed {}: {} runs broke an invariant:\n{shown}", storm.seed, broken.len());
    println!("seed {}: {tally:?}; resident KiB by round {resident:?}", storm.seed);

    storm.comes_to_rest();
    let open = storm.open_files(idle.len());
    assert_eq!(open, idle, "what is open after the storm is not what was open after its first round");
    let growth = resident[resident.len() - 1].saturating_sub(resident[0]);
    assert!(growth <= MOST_GROWTH_KIB, "resident memory grew by {growth} KiB: {resident:?}");
    storm.every_request_has_one_finished_record();
    storm.no_money_is_lost();
    let verified = storm.project.must(&["audit", "verify", "--json"]).json();
    assert_eq!(verified["intact"], json!(true), "seed {}: {verified}", storm.seed);
}

/// Asks until `wanted` holds or ten seconds are over.
fn eventually(mut wanted: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(10);
    while !wanted() {
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}
