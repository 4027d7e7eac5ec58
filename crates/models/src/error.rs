//! What can go wrong on the way to a model, whose fault it is, and what may be tried next.
//!
//! The text of an error never holds the payload, a key or an upstream's own words: it goes into records that more
//! people read than the conversation. The upstream's words are kept apart in [`Upstream`], for the body that the app
//! gets.

use std::time::Duration;
use usecase::declared::ModelRef;
use usecase::{Fault, Jurisdiction, Remedy};

/// The longest wait that an upstream may ask for and still be tried again instead of passed over.
pub(crate) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "there is no provider named `{provider}`: declare [providers.{provider}], or use openai, local or simulated"
    )]
    UnknownProvider { provider: String },
    #[error("there is no model `{model}`: {expected}")]
    UnknownModel { model: ModelRef, expected: String },
    #[error("[providers.{provider}] cannot be used: {what}")]
    BadProvider { provider: String, what: String },
    #[error("[prices.\"{key}\"] cannot be used: {what}")]
    BadPrice { key: String, what: String },
    #[error("no model was named to call")]
    NoModel,
    #[error("{model} may not see this data: it {}, and the use case allows {}", runs_in(.jurisdiction.as_ref()), names(.allowed))]
    Residency { model: ModelRef, jurisdiction: Option<Jurisdiction>, allowed: Vec<Jurisdiction> },
    /// The request asks for what this provider has no word for, and without it the answer would be another one.
    #[error("{model} cannot be asked for this: {feature}")]
    Unsupported { model: ModelRef, feature: String },
    #[error("{model} needs an API key, and `{reference}` gives none that can be sent")]
    MissingKey { model: ModelRef, reference: String },
    /// Nobody was asked: every model of the chain is left alone for a while.
    #[error("{model} is not asked for now: {why}; try again in {} s", .retry_after.as_secs().max(1))]
    PassedOver { model: ModelRef, why: Closed, retry_after: Duration },
    #[error("{model} could not be reached: {reason}")]
    Connect { model: ModelRef, reason: String },
    #[error("{model} was given up after {limit:?} of waiting for {wait}")]
    Timeout { model: ModelRef, wait: Wait, limit: Duration },
    #[error("{0}")]
    Status(Box<Upstream>),
    /// An error where an answer should be: in a body with status 200, or in the middle of a stream.
    #[error("{0}")]
    ErrorInBody(Box<Upstream>),
    #[error("{model} answered something that cannot be read: {what}")]
    Garbage { model: ModelRef, what: String },
    #[error("{model} broke off: {what}")]
    CutOff { model: ModelRef, what: String },
    #[error("{model} sent more than {limit_bytes} bytes {place}")]
    TooLarge { model: ModelRef, limit_bytes: usize, place: &'static str },
}

/// Why a target is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Its breaker is open.
    Failing,
    /// It answered 429, or said until when it wants to be left alone.
    AskedToWait,
    /// It does not accept our key, or there is none.
    KeyRefused,
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Failing => "its last calls failed",
            Self::AskedToWait => "it asked for a pause",
            Self::KeyRefused => "it did not accept the key",
        })
    }
}

/// Which wait ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    Connect,
    FirstToken,
    Idle,
    Total,
    /// The use case's own `deadline`.
    Deadline,
}

impl std::fmt::Display for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "a connection",
            Self::FirstToken => "the first byte of the answer",
            Self::Idle => "the next piece of the answer",
            Self::Total => "the whole answer",
            Self::Deadline => "an answer, as the use case's deadline says",
        })
    }
}

/// An error that an upstream reported in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub model: ModelRef,
    /// HTTP status: of the response, or for an error inside a body the one that its `code` names.
    pub status: Option<u16>,
    /// The upstream's message, for the app only; empty where it could hold a piece of our key.
    pub message: String,
    /// OpenAI's `code`, such as `context_length_exceeded`.
    pub code: Option<String>,
    /// OpenAI's `type`, such as `invalid_request_error`.
    pub kind: Option<String>,
    /// OpenAI's `param`: which field of the request is meant.
    pub param: Option<String>,
    /// How long the upstream asks to wait.
    pub retry_after: Option<Duration>,
}

impl std::fmt::Display for Upstream {
    /// Status and code only: the message may quote the conversation.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.status {
            Some(status) => write!(f, "{} answered with status {status}", self.model)?,
            None => write!(f, "{} reported an error in place of an answer", self.model)?,
        }
        let named =
            |name: &&String| name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        match self.code.as_ref().or(self.kind.as_ref()).filter(named) {
            Some(name) => write!(f, " ({name})"),
            None => Ok(()),
        }
    }
}

impl Upstream {
    /// The account is out of money: waiting does not help, paying does.
    pub(crate) fn is_out_of_credit(&self) -> bool {
        let quota = |name: &Option<String>| name.as_deref() == Some("insufficient_quota");
        self.status == Some(402) || quota(&self.code) || quota(&self.kind)
    }

    /// OpenAI's answer where the tier for those who can wait is full.
    pub(crate) fn is_without_resources(&self) -> bool {
        let named = |name: &Option<String>| name.as_deref() == Some("resource_unavailable");
        self.status == Some(429) && (named(&self.code) || named(&self.kind))
    }

    fn fault(&self) -> Fault {
        match self.status {
            _ if self.is_out_of_credit() => Fault::Operator,
            // The app's own request cannot be served by any model: its body is wrong, too large, or forbidden.
            Some(400 | 413 | 422) => Fault::Caller,
            Some(408 | 409 | 425 | 429) => Fault::Provider,
            // A wrong key, a model that the account lacks, a wrong base URL: only who declared the provider can mend
            // it.
            Some(300..=499) => Fault::Operator,
            _ => Fault::Provider,
        }
    }

    fn remedy(&self) -> Remedy {
        let short = self.retry_after.is_some_and(|wait| wait <= LONGEST_RETRY_AFTER);
        match self.status {
            Some(400 | 413 | 422) => Remedy::Fail,
            // Nothing was done by a call that was turned away.
            Some(429 | 503) if short && !self.is_out_of_credit() => Remedy::RetrySame,
            // 404 is here on purpose: a model that this account lacks may exist at the next provider of the chain.
            _ => Remedy::TryNext,
        }
    }
}

impl Error {
    pub fn fault(&self) -> Fault {
        match self {
            Self::UnknownModel { .. } | Self::Unsupported { .. } => Fault::Caller,
            Self::UnknownProvider { .. }
            | Self::BadProvider { .. }
            | Self::BadPrice { .. }
            | Self::NoModel
            | Self::Residency { .. }
            | Self::MissingKey { .. } => Fault::Operator,
            Self::PassedOver { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Garbage { .. }
            | Self::CutOff { .. }
            | Self::TooLarge { .. } => Fault::Provider,
            Self::Status(upstream) | Self::ErrorInBody(upstream) => upstream.fault(),
        }
    }

    /// What may be done when it happened before the app saw any of the answer. Once a piece of the answer is out,
    /// nothing may be tried again: the routing never does.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::UnknownProvider { .. }
            | Self::UnknownModel { .. }
            | Self::BadProvider { .. }
            | Self::BadPrice { .. }
            | Self::NoModel
            | Self::Residency { .. } => Remedy::Fail,
            // No byte of the request left, so sending it again repeats nothing.
            Self::Connect { .. } => Remedy::RetrySame,
            Self::MissingKey { .. }
            | Self::PassedOver { .. }
            | Self::Unsupported { .. }
            | Self::Timeout { .. }
            | Self::Garbage { .. }
            | Self::CutOff { .. }
            | Self::TooLarge { .. } => Remedy::TryNext,
            Self::Status(upstream) | Self::ErrorInBody(upstream) => upstream.remedy(),
        }
    }

    /// The upstream's own report, where the error is one.
    pub fn upstream(&self) -> Option<&Upstream> {
        match self {
            Self::Status(upstream) | Self::ErrorInBody(upstream) => Some(upstream),
            _ => None,
        }
    }

    /// Whether the provider may have begun to generate, and so to charge, before it failed.
    pub(crate) fn may_be_charged(&self) -> bool {
        match self {
            Self::Timeout { wait, .. } => *wait != Wait::Connect,
            Self::Garbage { .. } | Self::CutOff { .. } | Self::TooLarge { .. } => true,
            _ => false,
        }
    }
}

fn runs_in(jurisdiction: Option<&Jurisdiction>) -> String {
    match jurisdiction {
        Some(jurisdiction) => format!("runs under the law of {jurisdiction}"),
        None => "does not say where it runs (set `jurisdiction` of its provider)".to_owned(),
    }
}

fn names(jurisdictions: &[Jurisdiction]) -> String {
    let names: Vec<&str> = jurisdictions.iter().map(|jurisdiction| jurisdiction.0.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
