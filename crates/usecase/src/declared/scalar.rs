//! Small values with a written form of their own. Each gives its JSON Schema a pattern and, under `x-expected`, the
//! words for the error message.

use crate::time::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Gives a type that is read from and shown as a string its serde and schema implementations.
macro_rules! written_as {
    ($type:ty, $name:literal, $pattern:expr, $expected:literal) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(concat!("expected ", $expected)))
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "x-expected": $expected })
            }
        }
    };
}

/// What turns text into vectors: `auto`, `minilm`, `lexical`, `folder:<path>`, or `provider/model`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum EmbedderChoice {
    /// MiniLM when it was pulled, else the lexical one.
    #[default]
    Auto,
    Minilm,
    Lexical,
    /// A folder that holds a model of the BERT class, relative to the project's.
    Folder(String),
    Provider(ModelRef),
}

impl EmbedderChoice {
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "auto" => Some(Self::Auto),
            "minilm" => Some(Self::Minilm),
            "lexical" => Some(Self::Lexical),
            other => match other.strip_prefix("folder:") {
                Some(folder) => (!folder.trim().is_empty()).then(|| Self::Folder(folder.trim().to_owned())),
                None => ModelRef::parse(other).map(Self::Provider),
            },
        }
    }
}

impl fmt::Display for EmbedderChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Minilm => f.write_str("minilm"),
            Self::Lexical => f.write_str("lexical"),
            Self::Folder(folder) => write!(f, "folder:{folder}"),
            Self::Provider(model) => model.fmt(f),
        }
    }
}

written_as!(
    EmbedderChoice,
    "EmbedderChoice",
    r"^\s*(auto|minilm|lexical|folder:.+|[^/\s]+/\S+)\s*$",
    "\"auto\", \"minilm\", \"lexical\", \"folder:<path>\" or \"provider/model\""
);

/// A share of a whole, written `"2%"`; kept as a fraction from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(f64);

/// A share of traffic: the same writing, another meaning.
pub type Share = Percent;

impl Percent {
    pub fn of(percent: f64) -> Self {
        Self(percent / 100.0)
    }

    /// 0 to 1.
    pub fn fraction(self) -> f64 {
        self.0
    }

    pub fn parse(text: &str) -> Option<Self> {
        let number: f64 = text.trim().strip_suffix('%')?.trim().parse().ok()?;
        (0.0..=100.0).contains(&number).then(|| Self::of(number))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded to a millionth of a percent, so that 0.07 * 100 is shown as 7.
        write!(f, "{}%", (self.0 * 1e8).round() / 1e6)
    }
}

written_as!(Percent, "Percent", r"^\s*(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)\s*%\s*$", "a share from \"0%\" to \"100%\"");

/// One step of a release: `"shadow"` or a share of the traffic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// A copy of live traffic, unseen.
    Shadow,
    Share(Percent),
}

impl Step {
    pub fn share(percent: f64) -> Self {
        Self::Share(Percent::of(percent))
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "shadow" => Some(Self::Shadow),
            share => Percent::parse(share).map(Self::Share),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shadow => f.write_str("shadow"),
            Self::Share(share) => share.fmt(f),
        }
    }
}

written_as!(
    Step,
    "Step",
    r"^\s*(shadow|(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)\s*%)\s*$",
    "\"shadow\" or a share like \"5%\""
);

/// `provider/model`: the provider is a name under `[providers]` or built in (`openai`, `local`, `simulated`); the model
/// is whatever that provider calls it, and may hold further slashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelRef {
    pub provider: String,
    pub model: String,
}

impl ModelRef {
    pub fn parse(text: &str) -> Option<Self> {
        let (provider, model) = text.trim().split_once('/')?;
        let named = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
        (named(provider) && named(model)).then(|| Self { provider: provider.to_owned(), model: model.to_owned() })
    }

    /// The model that needs nothing: quotes the passages that answer, or abstains.
    pub fn local_extractive() -> Self {
        Self { provider: "local".to_owned(), model: "extractive".to_owned() }
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

written_as!(ModelRef, "ModelRef", r"^[^/\s]+/\S+$", "a model as \"provider/model\", like \"openai/gpt-5-mini\"");

/// Where a document's access groups are read: `front-matter:<field>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRule {
    /// The field of the document's front matter (or column, or JSON key) that lists the groups.
    pub field: String,
}

impl AccessRule {
    pub fn parse(text: &str) -> Option<Self> {
        let field = text.trim().strip_prefix("front-matter:")?.trim();
        (!field.is_empty()).then(|| Self { field: field.to_owned() })
    }
}

impl fmt::Display for AccessRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "front-matter:{}", self.field)
    }
}

written_as!(
    AccessRule,
    "AccessRule",
    r"^front-matter:\s*\S+$",
    "\"front-matter:<field>\", like \"front-matter:groups\""
);

/// A secret by reference, never by value: `env:OPENAI_API_KEY` or `file:/run/secrets/key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    Env(String),
    File(String),
}

impl SecretRef {
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, place) = text.trim().split_once(':')?;
        match (kind, place.trim()) {
            (_, "") => None,
            ("env", name) => Some(Self::Env(name.to_owned())),
            ("file", path) => Some(Self::File(path.to_owned())),
            _ => None,
        }
    }

    /// Reads the secret now; `None` when the variable is unset or the file cannot be read.
    pub fn resolve(&self) -> Option<String> {
        let text = match self {
            Self::Env(name) => std::env::var(name).ok()?,
            Self::File(path) => std::fs::read_to_string(path).ok()?,
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
        }
    }
}

written_as!(
    SecretRef,
    "SecretRef",
    r"^(env|file):\s*\S.*$",
    "a reference to a secret, like \"env:OPENAI_API_KEY\" or \"file:/run/secrets/key\""
);

/// A database: `sqlite:data/handbook.db`, a file below the use case's folder, or the reference to a secret that holds
/// `postgres://user:password@host/database`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseRef {
    /// A file below the use case's folder.
    Sqlite(String),
    Secret(SecretRef),
}

impl DatabaseRef {
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().strip_prefix("sqlite:") {
            Some(file) => (!file.trim().is_empty()).then(|| Self::Sqlite(file.trim().to_owned())),
            None => SecretRef::parse(text).map(Self::Secret),
        }
    }
}

impl fmt::Display for DatabaseRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{file}"),
            Self::Secret(secret) => secret.fmt(f),
        }
    }
}

written_as!(
    DatabaseRef,
    "DatabaseRef",
    r"^\s*(sqlite|env|file):\s*\S.*$",
    "\"sqlite:<file>\", or a reference to a secret that holds postgres://…, like \"env:HANDBOOK_DB\""
);

/// A day, UTC, written as RFC 3339's full-date: `2027-03-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(chrono::NaiveDate);

impl Day {
    pub fn parse(text: &str) -> Option<Self> {
        chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Self)
    }

    /// The first moment that is no longer of this day.
    pub fn end(self) -> Timestamp {
        let next = self.0.succ_opt().unwrap_or(self.0).and_time(chrono::NaiveTime::MIN);
        Timestamp(next.and_utc().timestamp_micros())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

written_as!(Day, "Day", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "a day, like \"2027-03-31\"");
