//! A stream cut anywhere restores as the whole text does, also inside of JSON. The first byte says where it is cut.
#![no_main]

use guardrails::{Guards, Vault};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use usecase::declared::Guard;

static GUARDS: LazyLock<Guards> = LazyLock::new(|| Guards::new(&Guard::default()));

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first() else { return };
    let mut vault = Vault::new();
    let known = GUARDS.mask("ann@example.com, 4111 1111 1111 1111", &mut vault).unwrap_or_default();
    // Bytes of a placeholder are hard to guess: every `@` of the input stands for one.
    let placeholder = known.split(',').next().unwrap_or_default();
    let text = String::from_utf8_lossy(bytes).replace('@', placeholder);
    let at = text.floor_char_boundary(usize::from(*cut) * text.len() / 255);
    let mut plain = vault.restorer();
    let streamed = plain.push(&text[..at]) + &plain.push(&text[at..]) + &plain.finish();
    assert_eq!(streamed, vault.restore(&text));
    let mut json = vault.json_restorer();
    let streamed = json.push(&text[..at]) + &json.push(&text[at..]) + &json.finish();
    assert_eq!(streamed, vault.restore_json_string(&text));
});
