//! Any text is looked at in every view, as a message and as a passage: no panic, and every stretch that is told lies in it.
#![no_main]

use guardrails::Guards;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use usecase::declared::{Guard, Place};

static GUARDS: LazyLock<Guards> = LazyLock::new(|| Guards::new(&Guard::default()));

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let length = text.chars().count();
    for place in [Place::Input, Place::Passage, Place::Output] {
        for line in GUARDS.inspect(&text, place) {
            assert!(line.spans.iter().all(|(start, end)| start <= end && *end <= length), "{line:?}");
        }
    }
});
