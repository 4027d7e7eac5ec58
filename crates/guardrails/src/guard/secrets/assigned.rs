//! Secrets that are known only by what they are called: `password = …`, `"api_key": "…"`, `Authorization: Bearer …`,
//! `https://user:password@host`.

use super::{Form, entropy};

const fn form(
    rule: &'static str,
    anchors: &'static [&'static str],
    pattern: &'static str,
    check: fn(&str) -> bool,
) -> Form {
    Form { rule, anchors, pattern, begins_word: false, check, fails_for: |_| 0 }
}

pub(super) const FORMS: &[Form] = &[
    form(
        "password",
        &["password", "passwd", "passphrase", "passwort", "contraseña", "mot de passe", "pwd", "db_pass"],
        r#"^(?i:password|passwd|passphrase|passwort|contraseña|mot de passe|pwd|db_pass)[A-Za-z_]{0,16}["'\]]{0,2}[ \t]{0,4}(?::=|=>|==|[:=]|\bis\b:?)[ \t]{0,4}(?:["'`]([^"'`\s]{4,128})["'`]|([^\s"'`,;<>()]{6,128}))"#,
        is_password,
    ),
    form(
        "api_key",
        &[
            "api_key",
            "api-key",
            "apikey",
            "api key",
            "secret",
            "token",
            "access_key",
            "accesskey",
            "auth_key",
            "authkey",
            "private_key",
            "credential",
            "client_key",
            "encryption_key",
            "signing_key",
            "account_key",
            "_key",
            "access-key",
            "license_key",
            "app_key",
            "service_key",
            "api_pass",
        ],
        r#"^(?i:api[_ -]?key|secret|token|access[_-]?key|auth_?key|private_key|credential|(?:client|encryption|signing|account|license|app|service)?_key|api_pass)[A-Za-z0-9_-]{0,24}["'\]\\]{0,3}[ \t]{0,12}(?::=|=>|==|[:=,]|\bis\b:?)[ \t]{0,4}["'`\\]{0,2}(?:Bearer |Token |Basic )?([A-Za-z0-9+/=_.~$!@#%^&*(-]{12,512})"#,
        is_key,
    ),
    // Command lines and notes leave the sign out: `scrapfly TOKEN 03b9…`. Then the value must be longer.
    form(
        "api_key",
        &["key ", "token ", "secret ", "-key-", "-token-", "-secret-"],
        r#"^(?i:key|token|secret)[ -]["'`]?([A-Za-z0-9_]{20,256})"#,
        |secret| is_key(secret) && secret.bytes().filter(u8::is_ascii_digit).count() >= 4,
    ),
    form("bearer_token", &["bearer ", "basic "], r"^(?i:bearer|basic) ([A-Za-z0-9+/=_.~-]{12,2048})", is_credential),
    form(
        "password_hash",
        &["$2a$", "$2b$", "$2y$", "$5$", "$6$", "$argon2"],
        r"^\$(?:2[aby]\$\d\d\$[A-Za-z0-9./]{53}|[56]\$[^\s$]{1,32}\$[A-Za-z0-9./]{43,86}|argon2[id]{1,2}\$\S{40,})",
        |_| true,
    ),
    form("basic_auth_url", &["://"], r#"^://[^\s/:@"'<>]{0,64}:([^\s/@"'<>]{3,128})@[A-Za-z0-9\[]"#, |secret| {
        !is_placeholder(secret)
    }),
];

/// What documentation writes where a secret would stand.
fn is_placeholder(secret: &str) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "your",
        "xxxx",
        "****",
        "....",
        "placeholder",
        "changeme",
        "change_me",
        "insert",
        "<",
        "${",
        "{{",
        "env.",
        "process.",
        "os.environ",
        "dummy",
        "redacted",
        "getenv",
        "config.",
        "secrets.",
        "todo",
        "sample",
        "none",
        "null",
        "undefined",
        "true",
        "false",
        "required",
        "string",
        "$(",
        "%s",
    ];
    let lower = secret.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word)) || secret.starts_with(['$', '<', '[', '{', '%'])
}

/// A password has a digit or sign among letters, or is in quotes and long; `password: required` has not.
fn is_password(secret: &str) -> bool {
    let classes = [
        secret.bytes().any(|byte| byte.is_ascii_lowercase()),
        secret.bytes().any(|byte| byte.is_ascii_uppercase()),
        secret.bytes().any(|byte| byte.is_ascii_digit()),
        secret.bytes().any(|byte| {
            byte.is_ascii_punctuation() && !matches!(byte, b'.' | b'-' | b'_' | b'/' | b'(' | b')' | b'[' | b']')
        }),
    ];
    let mixed = classes.iter().filter(|present| **present).count() >= 2;
    let core = secret.trim_end_matches(['.', '!', '?', ':']);
    mixed && core.len() >= 5 && has_sign_inside(core) && !is_placeholder(secret)
}

fn has_sign_inside(core: &str) -> bool {
    core.bytes().any(|byte| {
        byte.is_ascii_digit() || (byte.is_ascii_punctuation() && !matches!(byte, b'.' | b'-' | b'_' | b'/'))
    })
}

/// What follows `Bearer` or `Basic`: letters of both cases, with a digit or padding among them. `basic understanding` has none.
fn is_credential(secret: &str) -> bool {
    let upper = secret.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = secret.bytes().any(|byte| byte.is_ascii_lowercase());
    let digit = secret.bytes().any(|byte| byte.is_ascii_digit()) || secret.ends_with('=');
    digit && lower && (upper || secret.len() >= 24) && entropy(secret) >= 3.0 && !is_placeholder(secret)
}

/// A key is random: letters and digits mixed and at least three bits in each character. Words joined by points,
/// hyphens or underscores are names.
fn is_key(secret: &str) -> bool {
    let digits = secret.bytes().filter(u8::is_ascii_digit).count();
    let letters = secret.bytes().filter(u8::is_ascii_alphabetic).count();
    let hex = secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    let enough = if hex && secret.len() >= 24 { 2.8 } else { 3.0 };
    digits >= 2 && letters >= 2 && entropy(secret) >= enough && !is_placeholder(secret) && !is_uuid(secret)
}

/// Identifiers are written as UUIDs far more often than keys are.
fn is_uuid(secret: &str) -> bool {
    let groups: Vec<usize> = secret.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12]
}
