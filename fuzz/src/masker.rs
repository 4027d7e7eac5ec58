//! What is masked comes back exactly, whatever the text: in placeholders and in made-up values.
#![no_main]

use guardrails::{Guards, Vault};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use usecase::declared::{Guard, PiiAction};

static MASKING: LazyLock<Guards> = LazyLock::new(|| Guards::new(&Guard::default()));
static HASHING: LazyLock<Guards> = LazyLock::new(|| Guards::new(&Guard { pii: PiiAction::Hash, ..Guard::default() }));

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut vault = Vault::new();
    if let Some(masked) = MASKING.mask(&text, &mut vault) {
        assert_eq!(vault.restore(&masked), text);
    }
    HASHING.mask(&text, &mut Vault::new());
});
