//! Feeds from web sites, APIs and repositories, and those that are pushed.

use super::{Judgement, written};
use crate::declared::{ApiSource, FeedSource, GitSource, HeaderValue, HttpSource, Paging, WebhookSource};
use crate::reading::escape;
use std::collections::BTreeMap;
use std::time::Duration;

/// A header that is called so holds a secret.
const SECRET_WORDS: &[&str] = &["auth", "cookie", "key", "secret", "session", "token"];

/// A message that may be this old could be sent once more long after its sender forgot it.
const LONGEST_TOLERANCE: Duration = Duration::from_secs(24 * 60 * 60);

/// The first parameter of an address's query that is called like a secret.
fn secret_parameter(address: &str) -> Option<&str> {
    let query = address.split('#').next()?.split_once('?')?.1;
    let mut names = query.split(['&', ';']).filter_map(|pair| Some(pair.split_once('=')?.0));
    names.find(|name| {
        let lower = name.to_ascii_lowercase();
        ["token", "secret", "passw", "signature"].iter().any(|word| lower.contains(word))
            // Only at the end: `keyword`, `author` and `signal` are harmless.
            || ["key", "sig", "auth"].iter().any(|word| lower.ends_with(word))
    })
}

impl Judgement<'_> {
    /// `pointer` is the feed's. Sources of other kinds are passed over.
    pub(super) fn web_source(&mut self, pointer: &str, source: FeedSource<'_>) {
        let pointer = format!("{pointer}/{}", source.kind());
        match source {
            FeedSource::Files(files) => self.glob_inside(&pointer, files),
            FeedSource::Http(http) => self.http_source(&pointer, http),
            FeedSource::Api(api) => self.api_source(&pointer, api),
            FeedSource::Webhook(webhook) => self.webhook_source(&pointer, webhook),
            FeedSource::Git(git) => self.git_source(&pointer, git),
            _ => {}
        }
    }

    fn http_source(&mut self, pointer: &str, http: &HttpSource) {
        if http.urls.is_empty() && http.sitemaps.is_empty() {
            let wrong = self.source.at_key(pointer, "there is no page to begin with");
            self.found.push(wrong.expected("`urls`, `sitemaps` or both"));
        }
        for (key, addresses) in [("urls", &http.urls), ("sitemaps", &http.sitemaps), ("within", &http.within)] {
            for (index, address) in addresses.iter().enumerate() {
                self.address(&format!("{pointer}/{key}/{index}"), address);
            }
        }
        self.headers(pointer, &http.headers);
        self.private_hosts(pointer, &http.allow_private);
    }

    fn api_source(&mut self, pointer: &str, api: &ApiSource) {
        self.address(&format!("{pointer}/url"), &api.url);
        self.headers(pointer, &api.headers);
        self.private_hosts(pointer, &api.allow_private);
        if !api.items.is_empty() {
            self.json_pointer(&format!("{pointer}/items"), &api.items);
        }
        let keys = [("id", Some(&api.id)), ("text", Some(&api.text)), ("title", Some(&api.title))];
        let optional = [("since", &api.since), ("since_key", &api.since_key), ("deleted", &api.deleted)];
        let optional = optional.into_iter().map(|(key, name)| (key, name.as_ref()));
        for (key, _) in
            keys.into_iter().chain(optional).filter(|(_, name)| name.is_some_and(|name| name.trim().is_empty()))
        {
            let wrong = self.source.at_value(&format!("{pointer}/{key}"), "this names nothing");
            self.found.push(wrong.help("leave it out, or name a key of a document"));
        }
        if api.since.is_some() != api.since_key.is_some() {
            let (there, missing) = if api.since.is_some() { ("since", "since_key") } else { ("since_key", "since") };
            let wrong = self
                .source
                .at_key(&format!("{pointer}/{there}"), format!("`{there}` does nothing without `{missing}`"));
            let help = "give both: the parameter that asks for what changed, and the key that says when a document did";
            self.found.push(wrong.help(help));
        }
        if let Some(paging) = &api.paging {
            self.paging(&format!("{pointer}/paging"), paging);
        }
    }

    fn paging(&mut self, pointer: &str, paging: &Paging) {
        let parameter = match paging {
            Paging::NextUrl(next) => return self.json_pointer(&format!("{pointer}/next_url"), next),
            Paging::LinkHeader(true) => return,
            Paging::LinkHeader(false) => {
                let wrong =
                    self.source.at_value(&format!("{pointer}/link_header"), "this says how pages are not found");
                self.found.push(wrong.expected("`true`; leave `paging` out when there is one page"));
                return;
            }
            Paging::Cursor { pointer: token, parameter } => {
                self.json_pointer(&format!("{pointer}/cursor/pointer"), token);
                ("cursor", parameter)
            }
            Paging::Page { parameter, .. } => ("page", parameter),
            Paging::Offset { parameter } => ("offset", parameter),
        };
        if let (kind, "") = (parameter.0, parameter.1.trim()) {
            let wrong = self.source.at_value(&format!("{pointer}/{kind}/parameter"), "this names no parameter");
            self.found.push(wrong.expected("a parameter of the query, like \"page\""));
        }
    }

    fn webhook_source(&mut self, pointer: &str, webhook: &WebhookSource) {
        let tolerance = webhook.tolerance.as_duration();
        let message = if tolerance.is_zero() {
            "every message would be too old"
        } else if tolerance > LONGEST_TOLERANCE {
            "a message that was overheard could be sent again for too long"
        } else {
            return;
        };
        let wrong = self.source.at_value(&format!("{pointer}/tolerance"), message);
        self.found.push(wrong.expected("a few minutes, like \"5m\", and at most \"1d\""));
    }

    fn git_source(&mut self, pointer: &str, git: &GitSource) {
        let address = format!("{pointer}/url");
        let scheme = git.url.split_once("://").map(|(scheme, _)| scheme);
        let authority = git.url.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
        if authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) {
            let mut wrong = self.source.at_value(&address, "a secret does not belong into an address");
            wrong.excerpt = None;
            self.found.push(wrong.help("give it by reference as `token`, like \"env:DOCS_TOKEN\""));
        } else if git.url.trim().is_empty()
            || git.url.starts_with('-')
            || git.url.contains("::")
            || !matches!(scheme, None | Some("https" | "ssh" | "file"))
        {
            let wrong = self.source.at_value(&address, "no repository is fetched from this address");
            self.found.push(wrong.expected("\"https://…\", \"ssh://…\", \"git@host:owner/name\", or a path"));
        } else if git.token.is_some() && scheme != Some("https") {
            let wrong = self.source.at_key(&format!("{pointer}/token"), "only `https` takes a token");
            self.found.push(wrong.help("leave it out; ssh uses the keys of whoever runs the server"));
        }
        if git.branch.as_deref().is_some_and(|branch| branch.trim().is_empty() || branch.starts_with('-')) {
            let wrong = self.source.at_value(&format!("{pointer}/branch"), "no branch or tag is called so");
            self.found.push(wrong.help("leave it out for the repository's default branch"));
        }
        if let Err(message) = written::glob(&git.files) {
            let wrong = self.source.at_value(&format!("{pointer}/files"), message);
            self.found.push(wrong.expected("a pattern for paths in the repository, like \"docs/**/*.md\""));
        }
    }

    fn address(&mut self, pointer: &str, address: &str) {
        if written::has_credentials(address) {
            let mut wrong = self.source.at_value(pointer, "a secret does not belong into an address");
            wrong.excerpt = None;
            self.found.push(wrong.help("send it by reference under `headers`"));
        } else if let Some(name) = secret_parameter(address) {
            // Pages are named by their address in citations, reports and the chain.
            let message = format!("the parameter `{name}` puts a secret into an address");
            let mut wrong = self.source.at_value(pointer, message);
            wrong.excerpt = None;
            self.found.push(wrong.help("send it by reference under `headers`"));
        } else if !written::is_web_address(address) {
            let wrong = self.source.at_value(pointer, "this is no web address");
            self.found.push(wrong.expected("an address like \"https://docs.example.com/\""));
        }
    }

    fn headers(&mut self, pointer: &str, headers: &BTreeMap<String, HeaderValue>) {
        for (name, value) in headers {
            let pointer = format!("{pointer}/headers/{}", escape(name));
            // RFC 9110 §5.6.2
            let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(allowed) {
                let wrong = self.source.at_key(&pointer, "no header can be called so");
                self.found.push(wrong.expected("a name like \"Authorization\""));
            }
            let lower = name.to_ascii_lowercase();
            let secret = SECRET_WORDS.iter().any(|word| lower.contains(word));
            match value {
                HeaderValue::Plain(_) if secret => {
                    let mut wrong =
                        self.source.at_key(&pointer, format!("the header `{name}` holds a secret in plain text"));
                    wrong.excerpt = None;
                    let help = "give it by reference, like { secret = \"env:DOCS_TOKEN\", prefix = \"Bearer \" }";
                    self.found.push(wrong.help(help));
                }
                HeaderValue::Plain(text) if text.contains(char::is_control) => {
                    self.found.push(self.source.at_value(&pointer, "a header is one line of text"));
                }
                HeaderValue::Plain(_) | HeaderValue::Secret { .. } => {}
            }
        }
    }

    fn private_hosts(&mut self, pointer: &str, hosts: &[String]) {
        for (index, host) in hosts.iter().enumerate() {
            // A colon is part of an IPv6 address, but alone it begins a port.
            let has_port = host.matches(':').count() == 1;
            if host.trim().is_empty() || host.contains(['/', '*', '?', '@']) || has_port {
                let wrong = self.source.at_value(&format!("{pointer}/allow_private/{index}"), "this is no host");
                self.found.push(wrong.expected("the bare name or address of one host, like \"intranet.example\""));
            }
        }
    }

    fn json_pointer(&mut self, pointer: &str, value: &str) {
        if !value.starts_with('/') {
            let wrong = self.source.at_value(pointer, "this is no JSON pointer");
            self.found.push(wrong.expected("a path that begins with a slash, like \"/data/items\""));
        }
    }
}
