//! What was saved, by which cache, and how often.

use super::savings;
use crate::outcomes::tests::request;
use ledger::RequestRow;
use usecase::{MicroUsd, Usage};

fn row(cache: Option<&str>, saved: i64, input: u64, cached: u64) -> RequestRow {
    let usage = Usage { input_tokens: input, cached_input_tokens: cached, ..Usage::default() };
    RequestRow { cache: cache.map(str::to_owned), saved: MicroUsd(saved), usage, ..request(0, None, 0) }
}

#[test]
fn each_cache_has_what_it_saved() {
    let running = RequestRow { status: None, ..row(None, 99, 99, 99) };
    let rows = [
        row(None, 7, 100, 60),
        row(None, 0, 100, 0),
        row(Some("exact"), 30, 0, 0),
        row(Some("semantic"), 40, 0, 0),
        running,
    ];
    let found = savings(&rows);
    assert_eq!((found.requests, found.answer_cache.exact, found.answer_cache.semantic), (4, 1, 1));
    assert_eq!((found.answer_cache.saved, found.prompt_cache.saved), (MicroUsd(70), MicroUsd(7)));
    assert_eq!(found.saved(), MicroUsd(77));
    assert_eq!(found.answer_cache.hit_rate.expect("requests").share, 0.5);
    assert_eq!(found.prompt_cache.share, Some(0.3));
    let nothing = savings(&[]);
    assert_eq!((nothing.answer_cache.hit_rate, nothing.prompt_cache.share), (None, None));
}
