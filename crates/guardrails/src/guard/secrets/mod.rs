//! Keys, tokens and passwords, in what people paste and in what models answer.
//!
//! One pass over the text finds the letters by which providers mark their keys, the words by which people name a secret,
//! and the names of services. Only at such a place anything else is tried: a provider's form (`template.rs`), the first
//! random value behind a name (`named.rs`), or what stands where a password stands (`passwords.rs`). What a name speaks of
//! must itself look like a secret (`shape.rs`): random enough, and no placeholder, word, path or version.
//!
//! A finding's range is the secret alone, so that what is masked can still be read: `password = [SECRET_1]`.

use crate::guard::Finding;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;
use template::Template;

mod named;
mod passwords;
mod providers;
mod services;
mod shape;
mod template;

pub(crate) const GUARD: &str = "secrets";
const SECRET: &str = "SECRET";
const PRIVATE_KEY: &str = "PRIVATE_KEY";
/// Names of hosts, buckets and accounts: no secrets, but a stranger's map. A policy may let this kind pass.
const RESOURCE: &str = "RESOURCE";

/// Rules without a table of forms: name, and what they find.
#[allow(dead_code, reason = "as the list that it is part of")]
const OTHER_RULES: &[(&str, &str)] = &[
    ("bearer_token", "a token behind `Bearer`"),
    ("api_key", "a random value behind a name such as `api_key`, `token` or `secret`"),
    ("service_key", "a random value behind the name of a service that hands out keys"),
    ("user_name", "the name of an account in the settings of an environment"),
    ("password", "a password behind its name, in a call or in the settings of a connection"),
    ("basic_auth_url", "the password in an address"),
    ("basic_auth", "name and password in a `Basic` header or behind `curl -u`"),
    ("private_key", "a private key in PEM, PGP or PuTTY form"),
];

/// Every rule by name with what it finds, each once, for the docs and for `guard test`.
#[allow(dead_code, reason = "what lists them is built apart from this crate's own checks")]
pub(crate) fn rules() -> Vec<(&'static str, &'static str)> {
    let tables = providers::TABLES.iter().copied().flatten().chain(providers::RESOURCES);
    let mut rules: Vec<_> = tables.map(|(rule, about, _)| (*rule, *about)).chain(OTHER_RULES.iter().copied()).collect();
    rules.sort_unstable();
    rules.dedup_by_key(|(rule, _)| *rule);
    rules
}

/// What an anchor begins.
#[derive(Clone, Copy, Debug)]
enum Begins {
    Form(usize),
    KeyName,
    Service,
    Password,
    Address,
    Curl,
    Call,
    Program,
    UserName,
    Basic,
    PrivateKey,
}

struct Compiled {
    anchors: AhoCorasick,
    begins: Vec<Begins>,
    forms: Vec<Marked>,
}

/// A provider's form with its rule.
struct Marked {
    rule: &'static str,
    kind: &'static str,
    template: Template,
}

impl Marked {
    /// What the form's letters alone do not say.
    fn is_real(&self, text: &str, found: &Range<usize>) -> bool {
        let value = &text[found.clone()];
        let (before, after) = (text[..found.start].bytes().next_back(), text[found.end..].bytes().next());
        match self.rule {
            // An object's public address is no name of a bucket; a host begins where its name does.
            _ if self.kind == RESOURCE => {
                !(matches!(before, Some(b'.' | b'-')) || value.ends_with(".com") && after == Some(b'/'))
            }
            "anthropic_key" => value.ends_with("AA") && shape::is_random(value),
            "octopus_key" => before != Some(b'/') && shape::is_random(value),
            // One letter stands in them many times.
            "azure_devops_token" | "twitter_token" => true,
            _ if self.template.anchor.len() <= 2 => shape::is_key(value, shape::Level::Loose),
            _ => shape::is_random(value),
        }
    }
}

/// Words that begin the rest, in lower case.
const WORDS: &[(Begins, &[&str])] = &[
    (Begins::KeyName, named::KEY_WORDS),
    (Begins::Password, passwords::PASSWORD_WORDS),
    (Begins::Address, &["://"]),
    (Begins::Curl, &[" -u ", " --user ", " --user=", " -u\"", " -u'"]),
    (
        Begins::Call,
        &[
            "networkcredential(",
            "directoryentry(",
            "convertto-securestring ",
            "passwordauthentication(",
            "getconnection(",
        ],
    ),
    (Begins::Program, &["psexec", "sshpass", "docker login"]),
    (Begins::UserName, &["_user=", "_username="]),
    (Begins::Basic, &["basic "]),
    (Begins::PrivateKey, &["-----begin", "---- begin ssh2 enc", "putty-user-key-file-"]),
];

static COMPILED: LazyLock<Compiled> = LazyLock::new(compile);

fn compile() -> Compiled {
    let secret = providers::TABLES.iter().copied().flatten().map(|provider| (provider, SECRET));
    let tables = secret.chain(providers::RESOURCES.iter().map(|provider| (provider, RESOURCE)));
    let forms: Vec<Marked> = tables
        .flat_map(|((rule, _, forms), kind)| {
            forms.iter().map(move |form| Marked { rule, kind, template: Template::read(form) })
        })
        .collect();
    let marks = forms.iter().enumerate().map(|(number, form)| (form.template.anchor, Begins::Form(number)));
    let words = WORDS.iter().flat_map(|(begins, words)| words.iter().map(|word| (*word, *begins)));
    let services = services::NAMES.split_whitespace().map(|name| (name, Begins::Service));
    let (anchors, begins): (Vec<&str>, Vec<Begins>) = marks.chain(words).chain(services).unzip();
    let anchors = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .dense_depth(3)
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .build(anchors);
    Compiled { anchors: anchors.expect("a fixed list of short words builds"), begins, forms }
}

static PEM: LazyLock<Regex> = LazyLock::new(|| {
    // What stands between is base64, with the quotes, signs and written-out line ends of source code.
    Regex::new(r#"^(?:-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----|---- BEGIN SSH2 ENC[^\n]{0,60}|PuTTY-User-Key-File-\d: [^\n]{0,60}\n)([A-Za-z0-9+/=\s\\:,.()'"-]*?)(?:-----END[ A-Z0-9_-]{0,60}-----|\z)"#)
        .expect("a fixed pattern")
});

/// The longest stretch that a private key may take, in bytes: one of 16,384 bits is shorter.
const LONGEST_PRIVATE_KEY: usize = 16_384;

pub(crate) fn find(text: &str, findings: &mut Vec<Finding>) {
    let mut search = Search { text, findings, settled: 0..0, formed: 0..0, refused: Vec::new(), names_refused: 0 };
    for hit in COMPILED.anchors.find_overlapping_iter(text) {
        search.anchor(COMPILED.begins[hit.pattern().as_usize()], hit.start()..hit.end());
    }
}

struct Search<'a> {
    text: &'a str,
    findings: &'a mut Vec<Finding>,
    /// From the last finding's anchor to the finding's end: there is nothing more for names and words to find in it.
    settled: Range<usize>,
    /// The last finding of a provider's form, in which no other form begins.
    formed: Range<usize>,
    /// Up to where each form has seen that it cannot match; made when the first one does. From every anchor inside of that
    /// stretch it would read to the same end again, in quadratic time.
    refused: Vec<usize>,
    names_refused: usize,
}

impl Search<'_> {
    fn anchor(&mut self, begins: Begins, at: Range<usize>) {
        let form = matches!(begins, Begins::Form(_) | Begins::PrivateKey);
        let settled = if form { &self.formed } else { &self.settled };
        if settled.contains(&at.start) && at.start != settled.start {
            return;
        }
        match begins {
            Begins::Form(number) => self.form(number, at),
            Begins::KeyName | Begins::Service if at.start < self.names_refused => {}
            Begins::KeyName => self.key(at),
            Begins::Service => self.value(named::key_of_service(self.text, at.clone()), "service_key", at),
            Begins::Password => {
                let found = passwords::password_after(self.text, at.clone());
                let found = found.map_or_else(|| named::key_after(self.text, at.clone()), Ok);
                self.value(found, "password", at);
            }
            Begins::Address => self.one(passwords::password_in_address(self.text, at.start), "basic_auth_url", at),
            Begins::Curl => self.one(passwords::password_of_curl(self.text, at.clone()), "basic_auth", at),
            Begins::Call => self.one(passwords::password_of_call(self.text, at.clone()), "password", at),
            Begins::Program => self.one(passwords::password_of_option(self.text, at.clone()), "password", at),
            Begins::UserName => {
                if let Some(found) = passwords::user_after(self.text, at.clone()) {
                    self.push(found, "user_name", RESOURCE, 1, at.start);
                }
            }
            Begins::Basic => self.one(passwords::basic_credentials(self.text, at.clone()), "basic_auth", at),
            Begins::PrivateKey => self.private_key(at.start),
        }
    }

    fn key(&mut self, at: Range<usize>) {
        let word = &self.text[at.clone()];
        let found = named::key_after(self.text, at.clone());
        let way = found.as_ref().ok().and_then(|found| self.text.get(at.start..found.start)).unwrap_or_default();
        let rule = if way.to_ascii_lowercase().contains("bearer") { "bearer_token" } else { "api_key" };
        // Some write a phrase for a signing secret.
        let phrase = found.is_err() && word.eq_ignore_ascii_case("secret");
        match phrase.then(|| passwords::phrase_after(self.text, at.clone())).flatten() {
            Some(found) => self.push(found, "password", SECRET, 1, at.start),
            None => self.value(found, rule, at),
        }
    }

    fn form(&mut self, number: usize, at: Range<usize>) {
        if self.refused.get(number).is_some_and(|until| at.start < *until) {
            return;
        }
        let form = &COMPILED.forms[number];
        match form.template.matches(self.text.as_bytes(), at.start) {
            Ok(found) if form.is_real(self.text, &found) => {
                // Of two forms of one length the one with the longer mark says more (`sk-ant-` against `sk-`).
                self.push(found, form.rule, form.kind, 10 + form.template.anchor.len().min(100) as u8, at.start);
            }
            Ok(found) => self.refuse(number, found.end),
            Err(0) => {}
            Err(until) => self.refuse(number, until),
        }
    }

    fn refuse(&mut self, number: usize, until: usize) {
        if self.refused.is_empty() {
            self.refused = vec![0; COMPILED.forms.len()];
        }
        self.refused[number] = until;
    }

    fn value(&mut self, found: Result<Range<usize>, usize>, rule: &'static str, at: Range<usize>) {
        match found {
            Ok(found) => self.push(found, rule, SECRET, 1, at.start),
            Err(until) => self.names_refused = self.names_refused.max(until),
        }
    }

    fn one(&mut self, found: Option<Range<usize>>, rule: &'static str, at: Range<usize>) {
        if let Some(found) = found {
            self.push(found, rule, SECRET, 2, at.start);
        }
    }

    fn private_key(&mut self, start: usize) {
        let mut end = self.text.len().min(start + LONGEST_PRIVATE_KEY);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let Some(found) = PEM.captures(&self.text[start..end]) else { return };
        let body = found.get(1).map_or("", |body| body.as_str());
        if body.bytes().filter(u8::is_ascii_alphanumeric).count() >= 40 {
            let length = found.get(0).map_or(0, |whole| whole.end());
            self.push(start..start + length, "private_key", PRIVATE_KEY, 200, start);
        }
    }

    fn push(&mut self, found: Range<usize>, rule: &'static str, kind: &'static str, rank: u8, anchor: usize) {
        if kind != RESOURCE {
            self.settled = anchor.min(found.start)..found.end;
            if rank >= 10 {
                self.formed = self.settled.clone();
            }
        }
        self.findings.push(Finding { start: found.start, end: found.end, guard: GUARD, rule, kind, rank });
    }
}

#[cfg(test)]
mod tests;
