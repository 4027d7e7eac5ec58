//! What is a secret, and what only looks like one.

use super::providers;
use super::shape::{Level, is_key};
use super::template::{Piece, Template, belongs};
use super::{find, rules};
use crate::guard::resolve_overlaps;
use proptest::prelude::*;
use statistics::Random;

fn found(text: &str) -> Vec<(&'static str, &str)> {
    let mut findings = Vec::new();
    find(text, &mut findings);
    resolve_overlaps(findings).into_iter().map(|found| (found.rule, &text[found.start..found.end])).collect()
}

/// Keys are put together here, so that no scanner takes this file for a leak.
fn key(prefix: &str, length: usize) -> String {
    let alphabet = b"Rb6Qw2Lm9Xk4Tz7Yv1Jc5Hd8Gf3Ns0Pa";
    let body = (0..length).map(|index| char::from(alphabet[index * 7 % alphabet.len()]));
    prefix.chars().chain(body).collect()
}

#[test]
fn provider_keys_are_found() {
    let cases = [
        ("anthropic_key", key("sk-ant-api03-", 93) + "AA"),
        ("openai_key", key("sk-proj-", 48)),
        ("aws_access_key", "AKIAQ4ZXW7RTB6YHN2MK".to_owned()),
        ("github_token", key("ghp_", 36)),
        ("github_token", key("github_pat_", 40)),
        ("gitlab_token", key("glpat-", 20)),
        ("slack_token", key("xoxb-123456789012-", 24)),
        ("google_key", key("AIzaSy", 33)),
        ("google_token", key("ya29.", 40)),
        ("stripe_key", key("sk_live_", 24)),
        ("npm_token", key("npm_", 36)),
        ("hugging_face_token", key("hf_", 34)),
        ("json_web_token", format!("{}.{}.{}", key("eyJ", 20), key("eyJ", 30), key("", 30))),
    ];
    for (rule, secret) in cases {
        let text = format!("use {secret} here");
        assert_eq!(found(&text), [(rule, secret.as_str())], "{text}");
    }
}

#[test]
fn named_secrets_are_found() {
    let cases = [
        ("password", "password = \"Tr0ub4dor&3\"", "Tr0ub4dor&3"),
        ("password", "my password is hunter2!x", "hunter2!x"),
        ("password", "DB_PASSWORD: s3cr3t-pw9", "s3cr3t-pw9"),
        ("api_key", "api_key: a8F3kL09zQ7bVn2X", "a8F3kL09zQ7bVn2X"),
        ("api_key", r#"{"client_secret": "Zk29-aBq8_Lw01xYt7"}"#, "Zk29-aBq8_Lw01xYt7"),
        ("bearer_token", "Authorization: Bearer aZ9k3LqP0xW7vT2b", "aZ9k3LqP0xW7vT2b"),
        ("basic_auth_url", "postgres://app:s3cretpw@db.internal/x", "s3cretpw"),
    ];
    for (rule, text, secret) in cases {
        assert_eq!(found(text), [(rule, secret)], "{text}");
    }
}

#[test]
fn a_private_key_is_found_whole() {
    let body = key("MIIE", 400);
    let text = format!("key:\n-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\nbye");
    let hits = found(&text);
    assert_eq!(hits.len(), 1);
    assert!(hits[0].1.starts_with("-----BEGIN") && hits[0].1.ends_with("KEY-----"));
}

#[test]
fn placeholders_words_and_public_things_are_left_alone() {
    let cases = [
        "password = \"your_password_here\"",
        "password: required",
        "The password is wrong.",
        "password = os.environ[\"DB_PASSWORD\"]",
        "api_key = \"xxxxxxxxxxxxxxxxxxxx\"",
        "api_key = ${API_KEY}",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
        "the token is invalid or has expired",
        "How do I reset my password?",
        "secret: the recipe of the sauce",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBg\n-----END PUBLIC KEY-----",
        "https://example.com/a:b@c",
        "a basic understanding of bearer responsibilities",
        "credentialsId: '29f63271-dc2f-4734-8221-5b31b5169bac'",
        "risk-averse ask-me-anything-about-databases",
        "task-force-one-hundred-and-twenty",
    ];
    for text in cases {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn beginnings_of_a_token_that_never_comes_cost_no_more_than_their_length() {
    for unit in ["eyJ-", "eyJabcdefgh-", "eyJabcdefgh.", "sk-", "-----BEGIN PRIVATE KEY-----", "_key", "://"] {
        let mut findings = Vec::new();
        super::find(&unit.repeat(200_000 / unit.len()), &mut findings);
        assert!(findings.iter().all(|found| found.start < found.end), "{unit}");
    }
    // What follows such beginnings is still found.
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    let mut findings = Vec::new();
    super::find(&format!("{} {token}", "eyJ-".repeat(10_000)), &mut findings);
    assert_eq!(resolve_overlaps(findings).len(), 1);
}

/// A value in a template's form.
fn made(template: &Template, random: &mut Random) -> String {
    let mut value = String::new();
    let anchor = std::iter::once(Piece::Text(template.anchor));
    for piece in template.before.iter().cloned().chain(anchor).chain(template.after.iter().cloned()) {
        match piece {
            Piece::Text(plain) => value.push_str(plain),
            Piece::Run { class, least, most } => {
                let fits = |byte: &u8| belongs(class, *byte) && (class != b'x' || byte.is_ascii_alphanumeric());
                let alphabet: Vec<u8> = (b'!'..=b'~').filter(fits).collect();
                let length = least + random.below((most - least).min(3) + 1);
                for at in 0..length {
                    let byte = alphabet[random.below(alphabet.len())];
                    // Ends are letters or digits, so that no surroundings are drawn into the value.
                    let edge = at == 0 || at + 1 == length;
                    value.push(char::from(if edge && !byte.is_ascii_alphanumeric() { b'7' } else { byte }));
                }
            }
        }
    }
    value
}

const SURROUNDINGS: &[(&str, &str)] =
    &[("it is ", " now"), ("{\"k\": \"", "\"}"), ("NAME=", "\n"), ("https://h.test/?q=", "&n=1"), ("", "")];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_form_of_every_provider_is_found_in_any_surroundings(seed in any::<u64>(), shift in 0_usize..9) {
        let mut random = Random::new(seed);
        let tables = providers::TABLES.iter().copied().flatten().chain(providers::RESOURCES);
        for (rule, form) in tables.flat_map(|(rule, _, forms)| forms.iter().map(move |form| (rule, form))) {
            let template = Template::read(form);
            let mut secret = made(&template, &mut random);
            // A mark of one or two letters says too little alone, and a drawn value may happen to lack digits.
            if template.anchor.len() <= 2 && !is_key(&secret, Level::Loose) {
                continue;
            }
            if *rule == "anthropic_key" {
                secret.push_str("AA");
            }
            let shift = "\u{e9} ".repeat(shift);
            for (before, after) in SURROUNDINGS {
                let text = format!("{shift}{before}{secret}{after}");
                let start = shift.len() + before.len();
                let mut findings = Vec::new();
                find(&text, &mut findings);
                let over = findings.iter().any(|found| found.start < start + secret.len() && found.end > start);
                prop_assert!(over, "{} {} {}", rule, form, text);
            }
        }
    }

    #[test]
    fn any_text_gives_ranges_within_it(
        before in "\\PC{0,40}",
        word in "(key|token|password|://|://a:| -u |curl -u |basic |psexec|secret|_user=|8Q~|networkcredential\\()[:= \"'\n]{0,3}",
        after in "\\PC{0,60}",
    ) {
        let text = format!("{before}{word}{after}");
        let mut findings = Vec::new();
        find(&text, &mut findings);
        for found in findings {
            prop_assert!(text.get(found.start..found.end).is_some_and(|secret| !secret.is_empty()));
        }
    }
}

#[test]
fn every_rule_is_listed_once_with_words() {
    let listed = rules();
    assert!(listed.len() > 100);
    assert!(listed.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(listed.iter().all(|(rule, about)| !rule.contains(' ') && about.len() > 5));
}

#[test]
fn floods_cost_no_more_than_their_length() {
    let units = [
        "key=",
        "token ",
        "secret_",
        "password:",
        "github ",
        "eyJ",
        "sk-",
        "://",
        "://a:",
        " -u ",
        "basic ",
        "psexec",
        "_pass=",
        "a1b2c3d4",
        "key=a1b2c3d4/",
        "8Q~",
        ":AA",
        ".s3.amazonaws.com",
        "xox",
        "|",
        "a",
        "\u{e9}",
    ];
    for unit in units {
        let mut findings = Vec::new();
        find(&unit.repeat(1_000_000 / unit.len()), &mut findings);
        assert!(findings.iter().all(|found| found.start < found.end), "{unit}");
    }
}
