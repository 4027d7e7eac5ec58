//! What calls cost, and when that is unknown.

use super::{Rate, amount, built_in, cost};
use proptest::prelude::*;
use usecase::declared::Price;
use usecase::{Cost, MicroUsd, Usage};

fn usage(input: u64, cached: u64, output: u64) -> Usage {
    Usage { input_tokens: input, cached_input_tokens: cached, output_tokens: output, ..Usage::default() }
}

fn price(input: i64, cached: Option<i64>, output: i64) -> Price {
    let cached_input = cached.map(MicroUsd);
    Price::new(MicroUsd(input), cached_input, MicroUsd(output), "2026-06-01".to_owned())
}

#[test]
fn the_table_can_be_read_and_knows_snapshots() {
    let mini = built_in("api.openai.com", "gpt-5-mini").expect("in the table");
    assert_eq!(mini.price, price(250_000, Some(25_000), 2_000_000));
    assert_eq!(built_in("api.openai.com", "gpt-5-mini-2025-08-07"), Some(mini));
    let haiku = built_in("api.anthropic.com", "claude-haiku-4-5").expect("in the table");
    assert_eq!(
        (haiku.price.cached_input, haiku.price.cache_write),
        (Some(MicroUsd(100_000)), Some(MicroUsd(1_250_000)))
    );
    assert_eq!(built_in("api.anthropic.com", "claude-haiku-4-5-20251001"), Some(haiku));
    assert!(built_in("local", "extractive").is_some_and(|rate| rate.is_free()));
    assert_eq!(built_in("simulated", "echo").expect("any script").price.output, MicroUsd(2_000_000));
}

#[test]
fn what_is_not_in_the_table_is_unknown() {
    assert_eq!(built_in("api.openai.com", "gpt-99"), None);
    assert_eq!(built_in("api.openai.com", "-2025-08-07"), None);
    assert_eq!(built_in("api.openai.com", "日本語日本語日本語"), None);
    assert_eq!(built_in("127.0.0.1", "gpt-5-mini"), None, "another server's model of the same name");
    assert_eq!(cost(None, &usage(1, 0, 0)), Cost::UNKNOWN);
    assert_eq!(cost(None, &usage(0, 0, 0)), Cost::ZERO);
}

#[test]
fn each_token_is_priced_once() {
    let check = |price: &Price, usage: Usage, micros: i64| assert_eq!(amount(price, &usage), MicroUsd(micros));
    let mini = price(250_000, Some(25_000), 2_000_000);
    check(&mini, usage(1000, 0, 0), 250);
    check(&mini, usage(1000, 1000, 0), 25);
    check(&mini, usage(1000, 400, 100), 150 + 10 + 200);
    // A report that claims more cached tokens than input tokens.
    check(&mini, usage(1000, 5000, 0), 25);
    check(&mini, Usage { reasoning_tokens: 90, ..usage(0, 0, 100) }, 200);
    check(&price(250_000, None, 0), usage(1000, 1000, 0), 250);
    // Half a micro-dollar rounds up, less rounds down.
    check(&price(500_000, None, 0), usage(1, 0, 0), 1);
    check(&price(499_999, None, 0), usage(1, 0, 0), 0);
    check(&price(i64::MAX, None, i64::MAX), usage(u64::MAX, 0, u64::MAX), i64::MAX);
}

#[test]
fn a_long_input_changes_the_price_of_the_whole_call() {
    let rate = built_in("api.openai.com", "gpt-5.4").expect("in the table");
    assert_eq!(cost(Some(&rate), &usage(272_000, 0, 0)).known, MicroUsd(680_000));
    assert_eq!(cost(Some(&rate), &usage(272_001, 0, 0)).known, MicroUsd(1_360_005));
}

proptest! {
    #[test]
    fn money_is_never_negative_monotone_and_adds_up(
        input in 0_i64..100_000_000, cached in proptest::option::of(0_i64..100_000_000), output in 0_i64..1_000_000_000,
        a in 0_u64..10_000_000, c in 0_u64..10_000_000, o in 0_u64..10_000_000, more in 0_u64..1000,
    ) {
        let price = price(input, cached.map(|cached| cached.min(input)), output);
        let whole = amount(&price, &usage(a, c, o)).0;
        prop_assert!(whole >= 0);
        prop_assert!(amount(&price, &usage(a, c, o + more)).0 >= whole);
        prop_assert!(amount(&price, &usage(a + more, c.min(a), o)).0 >= whole);
        prop_assert!(amount(&price, &usage(a, (c + more).min(a), o)).0 <= whole);
        let parts = amount(&price, &usage(a, c, 0)).0 + amount(&price, &usage(0, 0, o)).0;
        prop_assert!((parts - whole).abs() <= 1);
        prop_assert_eq!(cost(Some(&Rate::from(price)), &usage(a, c, o)), Cost::known(MicroUsd(whole)));
    }
}
