//! Values put away, and their placeholders.

use super::Vault;

#[test]
fn the_same_value_gets_the_same_placeholder_and_another_gets_the_next_number() {
    let mut vault = Vault::with_nonce("k3f9");
    assert_eq!(vault.placeholder("EMAIL", "a@b.com"), "[EMAIL_1_k3f9]");
    assert_eq!(vault.placeholder("EMAIL", "c@d.com"), "[EMAIL_2_k3f9]");
    assert_eq!(vault.placeholder("EMAIL", "a@b.com"), "[EMAIL_1_k3f9]");
    assert_eq!(vault.placeholder("PHONE", "a@b.com"), "[PHONE_1_k3f9]");
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
