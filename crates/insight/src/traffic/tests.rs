//! Rows counted.

use super::{Percentiles, traffic};
use crate::outcomes::tests::request;
use ledger::{Source, Status};
use std::collections::BTreeMap;
use usecase::{Cost, MicroUsd};

#[test]
fn percentiles_are_measured_values() {
    let of = |values: &[u64]| Percentiles::of(values.to_vec()).map(|found| (found.p50_us, found.p95_us, found.p99_us));
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[7]), Some((7, 7, 7)));
    assert_eq!(of(&[4, 1, 3, 2]), Some((2, 4, 4)));
    assert_eq!(of(&(1..=100).collect::<Vec<_>>()), Some((50, 95, 99)));
    assert_eq!(of(&(1..=1000).rev().collect::<Vec<_>>()), Some((500, 950, 990)));
}

#[test]
fn counts_and_costs() {
    let mut rows: Vec<_> = (0..5).map(|number| request(number, None, 10)).collect();
    rows[1].status = Some(Status::Refused);
    rows[1].duration_us = Some(1);
    rows[2].source = Source::Eval;
    rows[3].cost = Cost::UNKNOWN;
    rows[4].status = None;
    for (row, duration) in rows.iter_mut().zip([Some(30), Some(1), Some(20), None, None]) {
        row.duration_us = duration;
    }
    let found = traffic(&rows);
    assert_eq!((found.requests, found.running, found.ended(), found.live), (5, 1, 4, 3));
    assert_eq!(found.by_status, BTreeMap::from([(Status::Answered, 3), (Status::Refused, 1)]));
    // The refusal's microsecond and the running request do not make it look quick.
    assert_eq!(found.duration.map(|duration| (duration.p50_us, duration.p95_us)), Some((20, 30)));
    assert_eq!(found.cost, Cost { known: MicroUsd(30), part_unknown: true });
    assert_eq!(found.unknown_cost, 1);
    let written = serde_json::to_value(&found).expect("figures can be written");
    assert_eq!(written["by_status"]["answered"], 3);
}

#[test]
fn nothing_is_nothing() {
    let found = traffic(&[]);
    assert_eq!((found.requests, found.duration, found.cost), (0, None, Cost::ZERO));
}
