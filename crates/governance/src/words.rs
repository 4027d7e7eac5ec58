//! Question and answer out of a payload, as the path of a request writes it: the request as it came (`messages`,
//! `metadata`, `rest`), the answer as its messages or, when it was streamed, as its text.

use ledger::{Owner, RequestDetail};
use serde_json::Value;
use usecase::{Message, Role};

/// The text of the last user message.
pub fn question(request: &Value) -> Option<String> {
    let messages = messages(request);
    let asked = messages.iter().rev().find(|message| message.role == Role::User)?;
    Some(asked.content.text()).filter(|text| !text.is_empty())
}

/// The text of the first answer.
pub fn answer(answer: &Value) -> Option<String> {
    let streamed = answer.get("text").and_then(Value::as_str).map(str::to_owned);
    let text = streamed.or_else(|| messages(answer).first().map(|message| message.content.text()));
    text.filter(|text| !text.is_empty())
}

fn messages(of: &Value) -> Vec<Message> {
    let messages = of.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    messages.iter().filter_map(|message| serde_json::from_value(message.clone()).ok()).collect()
}

/// Under whose key a reviewer's texts about this request are sealed: the very key of the request's own payload, so
/// that erasing the person, the conversation or the trace erases them too.
pub(crate) fn owner(detail: &RequestDetail) -> Owner {
    let said = |name: &str| detail.payload.as_ref()?.request.get(name)?.as_str().map(str::to_owned);
    match (said("subject"), said("conversation")) {
        (Some(subject), _) => Owner::Subject(subject),
        (None, Some(conversation)) => Owner::Conversation(conversation),
        (None, None) => Owner::Trace(detail.row.trace),
    }
}
