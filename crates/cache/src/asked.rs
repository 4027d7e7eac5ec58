//! A request as the cache sees it: the last question's own words, and the partition, a digest of all the rest that can change
//! an answer.

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use usecase::{BundleId, ChatRequest, Content, Jurisdiction, Message, Role};

/// Fields of a request that name who asks or how it is billed, and leave the answer as it is. All others count.
const WITHOUT_EFFECT: &[&str] =
    &["user", "safety_identifier", "prompt_cache_key", "store", "service_tier", "stream_options", "metadata"];

/// What decides about an answer beside the request itself. All of it is compared to the letter.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The use case, or the bare model.
    pub served_by: &'a str,
    pub bundle: Option<&'a BundleId>,
    /// The caller's access groups, in any order.
    pub groups: &'a [String],
    /// Where the data may go, in any order.
    pub jurisdictions: &'a [Jurisdiction],
    /// Each collection that is searched, with a number that is another one whenever what can be found in it is, in any order.
    pub snapshots: &'a [(String, u64)],
    /// What the search and the prompt use of the request's metadata: the filter, facts of context blocks.
    pub used: &'a Map<String, Value>,
    pub request: &'a ChatRequest,
    /// Whether the answer depends on one person: something was masked, a context block used whom the request is about.
    pub personal: bool,
}

/// Everything that must be equal for an answer to be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Partition([u8; 32]);

/// A question within its partition.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub(crate) partition: Partition,
    /// Of partition and question.
    pub(crate) exact: [u8; 32],
    pub(crate) question: String,
    pub(crate) personal: bool,
    pub(crate) sampled: bool,
}

impl Asked {
    /// `None` when the request does not end with a question in plain text (a tool's result, a picture), or wants more than
    /// one answer: such requests are neither served nor kept.
    pub fn of(parts: &Parts<'_>) -> Option<Self> {
        let (last, before) = parts.request.messages.split_last()?;
        let question = plain_question(last)?;
        let rest = &parts.request.rest;
        if rest.get("n").is_some_and(|n| n.as_u64() != Some(1)) {
            return None;
        }
        let partition = partition(parts, before, last);
        let mut exact = Sha256::new();
        exact.update(partition.0);
        exact.update(question.as_bytes());
        let sampled = rest.get("temperature").is_some_and(|heat| heat.as_f64() != Some(0.0));
        Some(Self { partition, exact: exact.finalize().into(), question, personal: parts.personal, sampled })
    }

    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The last question, trimmed: what is to be embedded for [`crate::Cache::near`].
    pub fn question(&self) -> &str {
        &self.question
    }
}

fn plain_question(last: &Message) -> Option<String> {
    let is_text = |part: &Value| part.get("type").and_then(Value::as_str) == Some("text");
    let plain = match &last.content {
        Content::Text(_) => true,
        Content::Parts(parts) => parts.iter().all(is_text),
        Content::Absent => false,
    };
    let question = last.content.text().trim().to_owned();
    (plain && last.role == Role::User && !question.is_empty()).then_some(question)
}

fn partition(parts: &Parts<'_>, before: &[Message], last: &Message) -> Partition {
    let sorted = |mut texts: Vec<String>| {
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    let snapshots = parts.snapshots.iter().map(|(name, number)| format!("{number} {name}")).collect();
    let rest: Vec<(&String, &Value)> =
        parts.request.rest.iter().filter(|(name, _)| !WITHOUT_EFFECT.contains(&name.as_str())).collect();
    let mut digest = Sha256::new();
    add(&mut digest, &parts.served_by);
    add(&mut digest, &parts.bundle);
    add(&mut digest, &sorted(parts.groups.to_vec()));
    add(&mut digest, &sorted(parts.jurisdictions.iter().map(|place| place.0.clone()).collect()));
    add(&mut digest, &sorted(snapshots));
    add(&mut digest, &parts.used);
    add(&mut digest, &parts.request.model);
    add(&mut digest, &parts.request.dialect);
    add(&mut digest, &rest);
    add(&mut digest, &before);
    // How the question's parts are cut and what rides beside them; its text is what is looked up.
    add(&mut digest, &beside_text(&last.content));
    add(&mut digest, &last.rest);
    Partition(digest.finalize().into())
}

/// The fields of each part but its text, and the mark for a provider's own cache; `None` for plain text.
fn beside_text(content: &Content) -> Option<Vec<Vec<(&String, &Value)>>> {
    let Content::Parts(parts) = content else { return None };
    let beside = parts.iter().map(|part| {
        let fields = part.as_object().into_iter().flatten();
        fields.filter(|(name, _)| !matches!(name.as_str(), "text" | "cache_control")).collect()
    });
    Some(beside.collect())
}

/// Adds a value and its length, so that no two lists of values run together to the same bytes.
fn add(digest: &mut Sha256, value: &impl Serialize) {
    // Strings, numbers and maps with text keys: JSON can say them all.
    let written = serde_json::to_vec(value).unwrap_or_default();
    digest.update((written.len() as u64).to_le_bytes());
    digest.update(written);
}
