//! Finding personal data must not depend on the random part of a vault.

use super::{PLACEHOLDER, Scan};
use guardrails::Vault;
use std::collections::BTreeMap;
use usecase::declared::{FeedInjection, FeedPii};

#[test]
fn text_that_looks_like_a_placeholder_is_left_and_not_counted() {
    let scan = Scan::of(FeedPii::Mask, FeedInjection::Report);
    let mut vault = Vault::new();
    let placeholder = scan.masking.mask("jane@example.com", &mut vault).expect("an address");
    assert!(PLACEHOLDER.is_match(&placeholder), "{placeholder}");
    let nonce = placeholder.rsplit('_').next().expect("a nonce").trim_end_matches(']').to_owned();
    let mut check = |text: &str, expected: Option<&str>, found: usize| {
        let mut personal = BTreeMap::new();
        assert_eq!(scan.named(text, &mut vault, &mut personal).as_deref(), expected, "{text}");
        assert_eq!(personal.values().sum::<usize>(), found, "{personal:?}");
    };
    check(&format!("ticket 7_{nonce}, part 2-{nonce}"), None, 0);
    check(&format!("ticket 7_{nonce} of jo@example.com"), Some(&format!("ticket 7_{nonce} of [EMAIL]")), 1);
    // Such as a manual of the masks would quote.
    check("[PHONE_9_aaaa] stands for jo@example.com", Some("[PHONE_9_aaaa] stands for [EMAIL]"), 1);
}
