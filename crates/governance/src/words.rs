//! Question and answer out of a payload, as the path of a request writes it: the request as it came (`messages`,
//! `metadata`, `rest`), the answer as its messages or, when it was streamed, as its text.

use ledger::RequestDetail;
use serde_json::Value;
use usecase::{Message, Role};

/// The text of the last user message.
pub(crate) fn question(request: &Value) -> Option<String> {
    let messages = messages(request);
    let asked = messages.iter().rev().find(|message| message.role == Role::User)?;
    Some(asked.content.text()).filter(|text| !text.is_empty())
}

/// The text of the first answer.
pub(crate) fn answer(answer: &Value) -> Option<String> {
    let streamed = answer.get("text").and_then(Value::as_str).map(str::to_owned);
    let text = streamed.or_else(|| messages(answer).first().map(|message| message.content.text()));
    text.filter(|text| !text.is_empty())
}

fn messages(of: &Value) -> Vec<Message> {
    let messages = of.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    messages.iter().filter_map(|message| serde_json::from_value(message.clone()).ok()).collect()
}

/// Under whose key a reviewer's texts about this request are sealed: the person whom the app named, so that erasing
/// the person erases them too. Of a request that named nobody it is `review:<trace>`, a key of its own; whoever erases
/// a conversation or a trace has to erase that one as well.
pub(crate) fn owner(detail: &RequestDetail) -> String {
    let named = detail.payload.as_ref().and_then(|payload| subject(&payload.request));
    named.unwrap_or_else(|| format!("review:{}", detail.row.trace))
}

/// The places where an app may name the person, in the order in which the wire reads them.
fn subject(request: &Value) -> Option<String> {
    let places = ["/metadata/subject", "/rest/user", "/rest/safety_identifier"];
    places.into_iter().find_map(|place| request.pointer(place)?.as_str()).map(str::to_owned)
}
