//! Reads recorded requests with their texts, for commands that learn from a use case's own log.

use crate::house::House;
use insight::Recorded;
use ledger::{RequestFilter, RequestRow, Source};
use serde_json::Value;
use usecase::{Message, Timestamp};

/// One live request with its payload opened.
pub(crate) struct Opened {
    pub(crate) recorded: Recorded,
    /// The documents that the answer cites.
    pub(crate) cited: Vec<String>,
    /// The request was one question and nothing before it.
    pub(crate) alone: bool,
}

/// The rows of a use case's live requests since a moment, the newest first.
pub(crate) fn rows(house: &House, name: &str, since: Timestamp, most: usize) -> anyhow::Result<Vec<RequestRow>> {
    let filter = RequestFilter {
        use_case: Some(name.to_owned()),
        source: Some(Source::Live),
        since: Some(since),
        limit: Some(most),
        ..RequestFilter::default()
    };
    Ok(house.parts.ledger.requests(&filter)?)
}

/// Opens requests, in their order. A request whose person was erased has no text any more and is left out.
pub(crate) fn open(house: &House, rows: impl Iterator<Item = RequestRow>) -> anyhow::Result<Vec<Opened>> {
    let mut opened = Vec::new();
    for row in rows {
        let Some(detail) = house.parts.ledger.request(&row.trace)? else { continue };
        let Some(payload) = detail.payload else { continue };
        let recorded = Recorded {
            row,
            attempts: detail.attempts,
            question: governance::question(&payload.request).unwrap_or_default(),
            answer: governance::answer(&payload.answer).unwrap_or_default(),
            finish_reason: payload.answer.pointer("/finish_reasons/0").and_then(Value::as_str).map(str::to_owned),
        };
        let cited = detail.citations.into_iter().map(|citation| citation.source.document).collect();
        opened.push(Opened { recorded, cited, alone: is_alone(&payload.request) });
    }
    Ok(opened)
}

fn is_alone(request: &Value) -> bool {
    let messages = request.get("messages").cloned().unwrap_or_default();
    serde_json::from_value::<Vec<Message>>(messages).is_ok_and(|messages| messages.len() == 1)
}
