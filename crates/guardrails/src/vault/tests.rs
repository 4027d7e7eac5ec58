//! Values put away, and their placeholders.

use super::Vault;

#[test]
fn the_same_value_gets_the_same_placeholder_and_another_gets_the_next_number() {
    let mut vault = Vault::with_nonce("k3f9");
    assert_eq!(vault.placeholder("EMAIL", "a@b.com"), "[EMAIL_1_k3f9]");
    assert_eq!(vault.placeholder("EMAIL", "c@d.com"), "[EMAIL_2_k3f9]");
    assert_eq!(vault.placeholder("EMAIL", "a@b.com"), "[EMAIL_1_k3f9]");
    assert_eq!(vault.placeholder("PHONE", "a@b.com"), "[PHONE_3_k3f9]");
    assert_eq!(vault.len(), 3);
}

#[test]
fn vaults_have_their_own_nonces() {
    let nonces: std::collections::HashSet<String> = (0..50).map(|_| Vault::new().nonce().to_owned()).collect();
    assert!(nonces.len() > 40, "50 draws of one in a million gave {} nonces", nonces.len());
    assert!(
        nonces
            .iter()
            .all(|nonce| nonce.len() == 4 && nonce.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
    );
}

#[test]
fn a_nonce_that_stands_in_the_input_is_drawn_anew_until_the_first_placeholder() {
    let mut vault = Vault::with_nonce("k3f9");
    vault.avoid("here is K3F9 in my text");
    assert_ne!(vault.nonce(), "k3f9");
    let mut vault = Vault::with_nonce("k3f9");
    vault.placeholder("EMAIL", "a@b.com");
    vault.avoid("here is k3f9 in my text");
    assert_eq!(vault.nonce(), "k3f9");
}

#[test]
fn debug_shows_no_value() {
    let mut vault = Vault::new();
    vault.placeholder("SECRET", "hunter2-hunter2");
    let shown = format!("{vault:?} {:?}", vault.restorer());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("values: 1"), "{shown}");
}

#[test]
fn one_vault_does_not_restore_the_placeholders_of_another() {
    let mut one = Vault::with_nonce("aaaa");
    let placeholder = one.placeholder("EMAIL", "a@b.com");
    let mut other = Vault::with_nonce("bbbb");
    other.placeholder("EMAIL", "x@y.com");
    assert_eq!(other.restore(&placeholder), placeholder);
}

#[test]
fn many_values_are_put_away_and_given_back_in_one_pass() {
    // Twenty thousand of two kinds, which only a vault that looks nothing up by searching does in the time of a test.
    let mut vault = Vault::with_nonce("k3f9");
    let values: Vec<(&str, String)> = (0..20_000)
        .map(|number| (if number % 2 == 0 { "EMAIL" } else { "PHONE" }, format!("value {number}")))
        .collect();
    let masked: Vec<String> = values.iter().map(|(kind, value)| vault.placeholder(kind, value)).collect();
    assert_eq!(masked[19_999], "[PHONE_20000_k3f9]");
    assert_eq!(vault.len(), 20_000);
    let said: Vec<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(vault.restore(&masked.concat()), said.concat());
    assert_eq!(vault.restore("[EMAIL_20001_k3f9] [EMAIL_0_k3f9]"), "[EMAIL_20001_k3f9] [EMAIL_0_k3f9]");
    assert_eq!(vault.without_placeholders(&masked.concat()), "");
}

#[test]
fn numbers_above_a_hundred_thousand_are_restored() {
    let mut vault = Vault::with_nonce("k3f9");
    let last = (0..100_001).map(|number| vault.placeholder("IP", &number.to_string())).next_back();
    assert_eq!(vault.restore(&last.expect("there is one")), "100000");
}

#[test]
fn a_text_that_holds_every_nonce_does_not_draw_for_ever() {
    // A de Bruijn sequence would do; every nonce one after another is simpler and five times as long.
    let letters = super::NONCE_ALPHABET;
    let mut text = Vec::with_capacity(4 << 20);
    for number in 0..1_usize << 20 {
        text.extend([15, 10, 5, 0].map(|shift| letters[number >> shift & 31]));
    }
    let text = String::from_utf8(text).expect("the alphabet is ASCII");
    let mut vault = Vault::new();
    vault.avoid(&text);
    assert!(vault.is_empty());
}

#[test]
fn a_conversation_keeps_its_placeholders_and_shares_them_with_no_other() {
    let turn = |key: u8, conversation: &str| {
        let mut vault = Vault::for_conversation(&[key; 32], conversation);
        [vault.placeholder("EMAIL", "a@b.com"), vault.placeholder("PERSON", "Ann"), vault.hashed("IBAN", "DE89")]
    };
    let first = turn(1, "c1");
    assert_eq!(first, turn(1, "c1"), "the next turn says the same");
    for other in [turn(1, "c2"), turn(2, "c1")] {
        assert!(first.iter().zip(&other).all(|(one, two)| one != two), "{first:?} {other:?}");
    }
    // What the caller wrote is no reason to change a conversation's nonce.
    let mut vault = Vault::for_conversation(&[1; 32], "c1");
    vault.avoid(&first[0]);
    assert_eq!(vault.placeholder("EMAIL", "a@b.com"), first[0]);
}

#[test]
fn made_up_values_are_consistent_restored_and_never_somebody_elses() {
    let mut vault = Vault::with_nonce("k3f9");
    let names = |seed: u64| ["Maria Keller", "Jonas Brandt"][(seed % 2) as usize].to_owned();
    let first = vault.stand_in("PERSON", "Ann Smith", "I am Ann Smith", names);
    assert_eq!(vault.stand_in("PERSON", "Ann Smith", "I am Ann Smith", names), first);
    let second = vault.stand_in("PERSON", "Bob Jones", "", names);
    assert_ne!(first, second);
    assert_eq!(vault.restore(&format!("Dear {first}, {}!", second.to_uppercase())), "Dear Ann Smith, Bob Jones!");
    assert_eq!(vault.restore(&format!("{first}son x{second}")), format!("{first}son x{second}"), "whole words only");
    // With both names taken or said by the caller, a placeholder it is.
    assert_eq!(vault.stand_in("PERSON", "Eve", "", names), "[PERSON_3_k3f9]");
    let hashed = vault.hashed("PERSON", "Ann Smith");
    assert!(hashed.starts_with("[PERSON_h") && hashed.len() == 22, "{hashed}");
    assert_eq!(vault.restore(&hashed), hashed, "a digest is not undone");
}
