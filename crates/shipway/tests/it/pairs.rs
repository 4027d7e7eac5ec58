//! Every dialect in, every provider out: what the provider is sent, what the app reads, and whether what has no counterpart
//! was named or refused. The expectations are data (`table`), and the docs' own table is made of the same.

mod asked;
mod letter;
mod seen;
mod table;
mod upstream;

use crate::SHIPWAY;
use asked::Feature;
use seen::Seen;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use testkit::{Client, Provider, Script, Server, TestProject};
use upstream::Wire;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Chat,
    Messages,
    Responses,
}

impl Dialect {
    const ALL: [Self; 3] = [Self::Chat, Self::Messages, Self::Responses];

    fn path(self) -> &'static str {
        match self {
            Self::Chat => "/v1/chat/completions",
            Self::Messages => "/v1/messages",
            Self::Responses => "/v1/responses",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Openai,
    Azure,
    Anthropic,
    Bedrock,
    Sagemaker,
    Gemini,
    Cohere,
    Mistral,
    Ollama,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Openai,
        Self::Azure,
        Self::Anthropic,
        Self::Bedrock,
        Self::Sagemaker,
        Self::Gemini,
        Self::Cohere,
        Self::Mistral,
        Self::Ollama,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Azure => "azure",
            Self::Anthropic => "anthropic",
            Self::Bedrock => "bedrock",
            Self::Sagemaker => "sagemaker",
            Self::Gemini => "gemini",
            Self::Cohere => "cohere",
            Self::Mistral => "mistral",
            Self::Ollama => "ollama",
        }
    }

    fn wire(self) -> Wire {
        match self {
            Self::Anthropic => Wire::Anthropic,
            Self::Bedrock => Wire::Bedrock,
            Self::Gemini => Wire::Gemini,
            Self::Cohere => Wire::Cohere,
            _ => Wire::Chat,
        }
    }

    /// A model that can do all that its provider can.
    fn model(self) -> &'static str {
        match self {
            Self::Anthropic => "claude-sonnet-4-5",
            Self::Bedrock => "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            Self::Gemini => "gemini-2.5-flash",
            _ => "m",
        }
    }

    fn declared(self, provider: &Provider, key: &Path) -> String {
        let base = provider.base_url();
        let base = match self {
            Self::Openai | Self::Mistral | Self::Ollama => &base,
            _ => base.trim_end_matches("/v1"),
        };
        let region = if matches!(self, Self::Bedrock | Self::Sagemaker) { "region = \"eu-central-1\"\n" } else { "" };
        let (name, key) = (self.name(), key.display());
        format!("[providers.x{name}]\nkind = \"{name}\"\nbase_url = \"{base}\"\napi_key = \"file:{key}\"\n{region}\n")
    }
}

/// What a provider answers, in no wire format.
#[derive(Clone, Debug, Default)]
struct Said {
    text: Option<&'static str>,
    thoughts: Option<&'static str>,
    calls: Vec<(&'static str, &'static str, Value)>,
    is_cut: bool,
}

impl Said {
    fn text() -> Self {
        Self { text: Some("It rains."), ..Self::default() }
    }

    fn thoughts() -> Self {
        Self { thoughts: Some("Clouds, so"), ..Self::text() }
    }

    fn cut() -> Self {
        Self { is_cut: true, ..Self::text() }
    }

    fn calls(count: usize) -> Self {
        let all = [("call_1", "weather", json!({"city": "Oslo"})), ("call_2", "weather", json!({"city": "Rome"}))];
        Self { calls: all.into_iter().take(count).collect(), ..Self::default() }
    }

    /// What an app should read of it.
    fn seen(&self) -> Seen {
        let stop = match (self.calls.is_empty(), self.is_cut) {
            (false, _) => "calls",
            (true, true) => "cut",
            (true, false) => "end",
        };
        Seen {
            text: self.text.unwrap_or_default().to_owned(),
            thoughts: self.thoughts.unwrap_or_default().to_owned(),
            calls: self.calls.iter().map(|(_, name, input)| ((*name).to_owned(), input.clone())).collect(),
            stop,
            usage: [20, 8, 5],
        }
    }
}

/// A server with a scripted provider of every kind. What is to be answered next is put down before it is asked for: a
/// request that is refused takes nothing away.
struct Pairs {
    providers: Vec<Provider>,
    script: Arc<Mutex<Script>>,
    _project: TestProject,
    _server: Server,
    client: Client,
}

impl Pairs {
    fn start() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let answering = || {
            let script = Arc::clone(&script);
            Provider::choosing(move |_| script.lock().expect("the script").clone())
        };
        let providers: Vec<Provider> = Kind::ALL.iter().map(|_| answering()).collect();
        let project = TestProject::empty(SHIPWAY);
        project.write("key", "sk-secret");
        let declared: String = Kind::ALL
            .iter()
            .zip(&providers)
            .map(|(kind, provider)| kind.declared(provider, &project.path("key")))
            .collect();
        let project = project.append("shipway.toml", &declared);
        let server = project.serve();
        let client = server.client();
        Self { providers, script, _project: project, _server: server, client }
    }

    fn answers(&self, script: Script) {
        *self.script.lock().expect("the script") = script;
    }

    fn provider(&self, kind: Kind) -> &Provider {
        let place = Kind::ALL.iter().position(|known| *known == kind);
        &self.providers[place.expect("a kind of the list")]
    }

    /// How a cell went: `●` done, `n` done and something named, `x` refused, `-` no word for it.
    fn check(&self, feature: &Feature, dialect: Dialect, kind: Kind) -> char {
        let cell = format!("{} / {dialect:?} / {}", feature.name, kind.name());
        let Some(asked) = feature.request(dialect, &format!("x{}/{}", kind.name(), kind.model())) else { return '-' };
        let provider = self.provider(kind);
        let before = provider.requests().len();
        let script = if feature.streamed {
            upstream::streamed(kind, &feature.said)
        } else {
            upstream::whole(kind, &feature.said)
        };
        self.answers(script);
        let reply = self.client.post(dialect.path(), &asked);
        let sent = provider.requests().get(before).cloned();
        if reply.status == 400 {
            let message = reply.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
            assert!(message.contains("cannot be asked for this: "), "{cell}: {message}");
            assert!(message.contains(table::word(feature.name)), "{cell}: {message}");
            assert_eq!(sent, None, "{cell}: nothing is sent");
            return 'x';
        }
        assert_eq!(reply.status, 200, "{cell}: {}", reply.text());
        let sent = sent.unwrap_or_else(|| panic!("{cell}: nothing was sent"));
        table::check_sent(&cell, feature.name, kind, dialect, &asked, &sent);
        let seen = if feature.streamed { seen::streamed(dialect, &reply) } else { seen::whole(dialect, &reply.json()) };
        assert_eq!(seen, feature.said.seen(), "{cell}: {}", reply.text());
        let Some(warning) = reply.header("x-shipway-warning") else { return '●' };
        assert!(warning.contains(table::word(feature.name)) && !warning.contains(';'), "{cell}: {warning}");
        'n'
    }
}

#[test]
fn every_feature_in_every_dialect_at_every_provider() {
    let pairs = Pairs::start();
    let mut found = Vec::new();
    for feature in asked::features() {
        let cells =
            Kind::ALL.map(|kind| Dialect::ALL.map(|dialect| pairs.check(&feature, dialect, kind)).iter().collect());
        found.push(table::Row { name: feature.name, title: feature.title, cells });
    }
    table::check(&found);
}

#[test]
fn every_error_of_every_provider_in_every_dialect() {
    let pairs = Pairs::start();
    for kind in Kind::ALL {
        for (at, (status, expected)) in
            [(400, 400), (401, 502), (404, 502), (429, 429), (500, 502), (529, 502)].into_iter().enumerate()
        {
            for dialect in Dialect::ALL {
                // Each call has a model of its own: one that fails is left alone.
                let model = format!("x{}/{}-{at}{dialect:?}", kind.name(), kind.model());
                let asked = Feature::request(&asked::features()[0], dialect, &model).expect("text is in every dialect");
                pairs.answers(upstream::refuses(kind, status));
                let reply = pairs.client.post(dialect.path(), &asked);
                let cell = format!("{status} / {dialect:?} / {}: {}", kind.name(), reply.text());
                assert_eq!(reply.status, expected, "{cell}");
                assert!(status != 429 || reply.header("retry-after") == Some("7"), "{cell}");
                assert!(reply.header("x-shipway-trace").is_some(), "{cell}");
                let body = reply.json();
                let error = &body["error"];
                assert!(error["message"].as_str().is_some_and(|message| !message.contains("sk-secret")), "{cell}");
                assert!(error["type"].is_string(), "{cell}");
                assert_eq!(body["type"] == "error", dialect == Dialect::Messages, "{cell}");
            }
        }
    }
}
