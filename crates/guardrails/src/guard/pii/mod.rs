//! Personal data by its form: what a pattern, a checksum and the words around it can tell. Names and addresses have no
//! form and are not looked for here.
//!
//! A pattern alone never makes a finding out of digits. Cards, bank accounts and most national numbers carry a check
//! digit; the others need a word beside them that says what they are ("SSN", "phone"). Every candidate must be a whole
//! token: a piece of a GUID, an order number or a longer number is none.
//!
//! `types` lists what is found, `scope` chooses from it. `rules` walks over the runs of letters and digits and tries the tables of
//! fixed forms (`us`, `uk`, `eu_*`, `asia`, `vat`, `payment`, `things`, `postcode`), `context` knows the words, `phone`, `email`,
//! `network` and `birth` look for what has no fixed form. `fake` writes stand-ins.
//!
//! Measured by `measured::pii` on the developer half of the test data, on whose templates the words were tuned: F1 .994 of 517 values
//! in presidio-style rows, .952 of 219 in ambientmeta rows (not all of whose values are labelled). In 6.3 MB of prompts and
//! encyclopaedic text (15,015 texts, nothing labelled) it took four stretches for a telephone number that no word names, and each is one.
//! Missed: numbers of six digits, and whatever no word names and no check digit proves.

use crate::guard::Finding;

mod asia;
mod birth;
mod bitcoin;
mod checksum;
mod context;
mod context_words;
mod disguise;
mod email;
mod eu_east;
mod eu_north;
mod eu_south;
mod eu_west;
mod fake;
mod network;
mod payment;
mod phone;
mod postcode;
mod rules;
mod scope;
mod spaced;
mod surroundings;
mod things;
mod types;
mod uk;
mod us;
mod vat;

pub(crate) use fake::fake;
pub(crate) use scope::Scope;
pub(crate) use types::{Default, TYPES};

pub(crate) const GUARD: &str = "pii";

/// Looks for every kind that is masked unless declared otherwise.
#[cfg(test)]
pub(crate) fn find(text: &str, findings: &mut Vec<Finding>) {
    find_in(text, Scope::masked(), findings);
}

/// Looks at the text, without disguises if it has any. Findings may overlap: a policy takes away what it allows and lets
/// `resolve_overlaps` settle the rest, so that an allowed web address does not hide a masked value in it.
pub(crate) fn find_in(text: &str, scope: &Scope, findings: &mut Vec<Finding>) {
    let Some(undisguised) = disguise::undisguised(text) else {
        return find_plain(text, &mut Sink { scope, findings });
    };
    let mut seen_through = Vec::new();
    find_plain(&undisguised.text, &mut Sink { scope, findings: &mut seen_through });
    findings.extend(seen_through.into_iter().map(|found| Finding {
        start: undisguised.start_in_source(found.start),
        end: undisguised.end_in_source(found.end),
        ..found
    }));
}

/// Where findings go that are in scope.
struct Sink<'a> {
    scope: &'a Scope,
    findings: &'a mut Vec<Finding>,
}

impl Sink<'_> {
    fn push(&mut self, rule: &'static str, start: usize, end: usize, rank: u8) {
        if let Some(place) = types::place(rule).filter(|place| self.scope.holds(*place)) {
            self.findings.push(Finding { start, end, guard: GUARD, rule, kind: TYPES[place].kind, rank });
        }
    }
}

fn find_plain(text: &str, sink: &mut Sink<'_>) {
    let known = sink.findings.len();
    if text.contains('@') {
        email::find(text, sink);
    }
    network::find_urls(text, sink);
    if text.contains(':') {
        network::find_with_colons(text, sink);
    }
    let runs = rules::runs(text);
    let context = context::Context::of(text);
    for (start, end) in payment::bic(text, &context) {
        sink.push("bic", start, end, 2);
    }
    let phones =
        phone::Finder { text, context: &context, scope: sink.scope, claimed: Vec::new(), looks: phone::MOST_LOOKS };
    phones.find_spoken(sink);
    if runs.is_empty() {
        return;
    }
    birth::find(text, &context, sink);
    network::find_ipv4(text, &context, &runs, sink);
    postcode::find_after_state(text, &context, &runs, sink);
    bitcoin::find(text, &context, &runs, sink);
    for run in &runs {
        if let Some(end) = payment::iban(text, *run) {
            sink.push("iban", run.start, end, 3);
        }
    }
    spaced::find(text, &context, &runs, sink);
    rules::find(text, &context, &runs, sink.scope, sink.findings);
    phone::Finder { claimed: claimed(&sink.findings[known..]), ..phones }.find(&runs, sink);
}

/// What telephone numbers do not reach into: values with a check digit, dates, addresses of machines and pages.
fn claimed(findings: &[Finding]) -> Vec<(usize, usize)> {
    let sure = findings.iter().filter(|found| found.rank >= 2 || found.rule == "url");
    let mut claimed: Vec<(usize, usize)> = sure.map(|found| (found.start, found.end)).collect();
    claimed.sort_unstable();
    // Nested ones would hide those around them from a walk along their ends.
    let mut reach = 0;
    claimed.retain(|(_, end)| {
        let longer = *end > reach;
        reach = reach.max(*end);
        longer
    });
    claimed
}

#[cfg(test)]
mod tests;
