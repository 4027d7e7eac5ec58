//! Placeholders as models write them, whole and cut anywhere.

use crate::vault::Vault;
use proptest::prelude::*;

fn vault() -> Vault {
    let mut vault = Vault::with_nonce("k3f9");
    vault.placeholder("EMAIL", "ann@example.com");
    vault.placeholder("EMAIL", "bob@example.com");
    vault.placeholder("NATIONAL_ID", "536-90-4399");
    vault.placeholder("SECRET", "line \"one\"\nline\ttwo");
    for number in 0..10 {
        vault.placeholder("IP", &format!("10.0.0.{number}"));
    }
    vault.stand_in("PERSON", "Zoë Ångström", "", |_| "Maria Keller".to_owned());
    vault
}

#[test]
fn what_a_model_may_do_to_a_placeholder() {
    let cases = [
        ("Write to [EMAIL_1_k3f9].", "Write to ann@example.com."),
        ("[EMAIL_1_k3f9][EMAIL_2_k3f9]", "ann@example.combob@example.com"),
        ("[email_1_K3F9]", "ann@example.com"),
        ("[EMAIL 1 k3f9]", "ann@example.com"),
        ("[EMAIL-1-k3f9]", "ann@example.com"),
        ("[ EMAIL_1_k3f9 ]", "ann@example.com"),
        (r"\[EMAIL\_1\_k3f9\]", "ann@example.com"),
        (r"[EMAIL\_1\_k3f9]", "ann@example.com"),
        ("EMAIL_1_k3f9", "ann@example.com"),
        ("**EMAIL_2_k3f9**", "**bob@example.com**"),
        ("[EMAIL_1_k3f9", "[ann@example.com"),
        ("EMAIL_1_k3f9]", "ann@example.com]"),
        ("[see EMAIL_1_k3f9]", "[see ann@example.com]"),
        ("<EMAIL_1_k3f9>", "<ann@example.com>"),
        ("[NATIONAL ID 3 k3f9]", "536-90-4399"),
        ("[IP_14_k3f9] [IP_5_k3f9]", "10.0.0.9 10.0.0.0"),
        ("[CORREO_1_k3f9], [電子メール_2_k3f9], [e-mail 1 k3f9]", "ann@example.com, bob@example.com, ann@example.com"),
        ("【EMAIL_1_k3f9】 ［EMAIL_2_k3f9］", "ann@example.com bob@example.com"),
        ("[**EMAIL_1_k3f9**] [`EMAIL_1_k3f9`]", "ann@example.com ann@example.com"),
        ("[EMAIL_1_k3f9]'s and MARIA KELLER's", "ann@example.com's and Zoë Ångström's"),
        ("Maria Kellers, Mariamaria", "Maria Kellers, Mariamaria"),
        ("([EMAIL_1_k3f9](mailto:[EMAIL_1_k3f9]))", "(ann@example.com(mailto:ann@example.com))"),
    ];
    for (given, expected) in cases {
        assert_eq!(vault().restore(given), expected, "{given}");
    }
}

#[test]
fn what_is_no_placeholder_of_this_vault_stays() {
    let cases = [
        "[EMAIL_3_k3f9]",
        "[EMAIL_99_k3f9]",
        "[EMAIL_0_k3f9]",
        "[EMAIL_1_k3f8]",
        "[NATIONAL_ID_1_k3f9]",
        "[_1_k3f9]",
        "[EMAIL_k3f9]",
        "[EMAIL_1]",
        "MYEMAIL_1_k3f9",
        "[EMAIL_111111111111111111111_k3f9]",
        "an e-mail address, 1 k3f9",
        "[ [[ \\[ E EM EMAIL_ [EMAIL_1_",
        "",
    ];
    for text in cases {
        assert_eq!(vault().restore(text), text);
    }
}

#[test]
fn values_are_escaped_inside_json() {
    let arguments = r#"{"note": "[SECRET_4_k3f9]", "to": "[EMAIL_1_k3f9]"}"#;
    let restored = vault().restore_json_string(arguments);
    let parsed: serde_json::Value = serde_json::from_str(&restored).expect("restoring keeps the JSON valid");
    assert_eq!(parsed["note"], "line \"one\"\nline\ttwo");
    assert_eq!(parsed["to"], "ann@example.com");
}

#[test]
fn text_that_begins_no_placeholder_flows_at_once() {
    let mut restorer = vault().restorer();
    for piece in ["Hello, ", "world! ", "1 + 1 = 2; ", "a quick brown fox "] {
        assert_eq!(restorer.push(piece), piece);
    }
    assert_eq!(restorer.push("to [EMA"), "to ");
    assert_eq!(restorer.push("IL_2_k3f"), "");
    assert_eq!(restorer.push("9]!"), "bob@example.com!");
    assert_eq!(restorer.finish(), "");
    let mut empty = Vault::new().restorer();
    assert_eq!(empty.push("[EMAIL_1_"), "[EMAIL_1_");
}

#[test]
fn the_end_of_the_stream_releases_what_was_held() {
    let mut restorer = vault().restorer();
    assert_eq!(restorer.push("end [EMAIL_1_k3f9"), "end ");
    assert_eq!(restorer.finish(), "[ann@example.com");
    assert_eq!(restorer.finish(), "");
}

/// Text made of whole, damaged and foreign placeholders, brackets, letters of several widths.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[EMAIL_1_k3f9]".to_owned()),
        Just("[email 2 k3f9 ]".to_owned()),
        Just(r"\[NATIONAL\_ID\_3\_k3f9\]".to_owned()),
        Just("IP_14_k3f9".to_owned()),
        Just("[IP_5_k3f9\\".to_owned()),
        Just("[EMAIL_7_k3f9]".to_owned()),
        Just("[SECRET_4_k3f9] ".to_owned()),
        Just("[Correo_1_k3f9]".to_owned()),
        Just("maria keller".to_owned()),
        Just(r"\u005bEMAIL\u005f2_k3f9\u005D".to_owned()),
        Just("【IP 5 k3f9".to_owned()),
        r"[\[\]\\_ EMAIL0-9kf\n.é漢😀-]{0,6}",
        "[a-zA-Z ]{0,8}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_text_cut_anywhere_restores_as_the_whole(text in text(), json: bool) {
        let vault = vault();
        let whole = if json { vault.restore_json_string(&text) } else { vault.restore(&text) };
        for (at, _) in text.char_indices() {
            let mut restorer = if json { vault.json_restorer() } else { vault.restorer() };
            let streamed = restorer.push(&text[..at]) + &restorer.push(&text[at..]) + &restorer.finish();
            prop_assert_eq!(&streamed, &whole, "cut at {}", at);
        }
        let mut restorer = if json { vault.json_restorer() } else { vault.restorer() };
        let mut streamed = String::new();
        for character in text.chars() {
            streamed += &restorer.push(character.encode_utf8(&mut [0; 4]));
            // A bracket, forty bytes of words for a kind, a number and a nonce, each separator escaped.
            prop_assert!(restorer.held.len() <= 90, "held {:?}", restorer.held);
        }
        streamed += &restorer.finish();
        prop_assert_eq!(streamed, whole);
    }

    #[test]
    fn nothing_emitted_ends_within_a_placeholder(text in text()) {
        let vault = vault();
        let mut restorer = vault.restorer();
        let mut emitted = String::new();
        for character in text.chars() {
            emitted += &restorer.push(character.encode_utf8(&mut [0; 4]));
            prop_assert!(!emitted.contains("[EMAIL_1_k3f9]"));
            prop_assert!(!emitted.ends_with("[EMAIL_1_k3f"));
        }
    }
}
