//! What is a secret, and what only looks like one.

use super::{COMPILED, find};
use crate::guard::resolve_overlaps;

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
        ("anthropic_key", key("sk-ant-api03-", 40)),
        ("openai_key", key("sk-proj-", 48)),
        ("aws_access_key", "AKIAQ4ZXW7RTB6YHN2MK".to_owned()),
        ("github_token", key("ghp_", 36)),
        ("github_token", key("github_pat_", 40)),
        ("gitlab_token", key("glpat-", 20)),
        ("slack_token", key("xoxb-123456789012-", 24)),
        ("google_key", key("AIza", 35)),
        ("google_key", key("ya29.", 40)),
        ("stripe_key", key("sk_live_", 24)),
        ("npm_token", key("npm_", 36)),
        ("hugging_face_token", key("hf_", 34)),
        ("json_web_token", format!("{}.{}.{}", key("eyJ", 20), key("eyJ", 30), key("", 30))),
    ];
    for (rule, secret) in cases {
        let text = format!("use {secret} here");
        assert_eq!(found(&text), [(rule, secret.as_str())], "{rule}");
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
fn every_pattern_compiles() {
    for (form, _) in &COMPILED.forms {
        assert!(regex::Regex::new(form.pattern).is_ok(), "{}", form.rule);
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
    assert_eq!(findings.len(), 1);
}
