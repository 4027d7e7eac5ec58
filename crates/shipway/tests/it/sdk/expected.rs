//! What every SDK must make of the answers: one table for all of them.

use super::upstream::HELLO;
use serde_json::{Value, json};

/// What a use case says when its guard refuses.
const REFUSAL: &str = "I can't help with that here.";

/// What a check must get: named as the script names it, then the way and the model where it has them.
pub(super) fn of(script: &str, check: &str) -> Value {
    let name = check.split(' ').next().unwrap_or_default();
    let cited =
        json!(["Returns", "shipway://shop/pages/returns", "You can return any lamp within 45 days of delivery."]);
    let calls = json!([["call_1", "weather", { "city": "Oslo" }], ["call_2", "weather", { "city": "Rome" }]]);
    let results = "call_1=4 call_2=21";
    // Vercel's has one class for all refusals.
    let refused = |class: &str, status: u16, retry_after: Option<&str>, traced: bool| {
        let class = if script.starts_with("vercel") { "APICallError" } else { class };
        json!([class, status, retry_after, traced])
    };
    match name {
        "chat" | "stream" | "stream_helper" | "response" | "response_stream" | "response_stream_helper" => {
            json!([HELLO.concat(), "stop", 20, 5])
        }
        "tools" | "tools_streamed" => json!(["tool_calls", calls, results]),
        "tools_run" => json!(results),
        "response_tools" => json!([calls, results]),
        "object" | "object_streamed" | "response_object" => json!({ "city": "Oslo", "days": 45 }),
        "picture" | "response_picture" => json!("I see data:image/png;base64,PNG"),
        "thoughts" => {
            // Only Anthropic's models sign what they think.
            let signature = if check.ends_with("scripted/m") { "" } else { "c2lnbmVk" };
            let said = json!([format!("Which greeting? Hello. {signature}"), HELLO.concat()]);
            json!([said, said])
        }
        "response_thoughts" => json!([["reasoning", "message"], "Which greeting? Hello."]),
        "reasoning" => json!(["Which greeting? Hello."]),
        "count" if script.starts_with("langchain") => json!(31),
        "count" => json!([31, true]),
        "embeddings" => json!([[4.25, -0.5], [6.25, -0.5]]),
        "models" => json!([true, "shop"]),
        "citations" | "citations_streamed" | "response_citations" | "response_citations_streamed" => cited,
        "sources" => json!(["Returns shipway://shop/pages/returns"]),
        "refusal" | "refusal_streamed" | "response_refusal" | "response_refusal_streamed" => {
            json!([REFUSAL, "content_filter"])
        }
        "refusals" => {
            let once = json!([REFUSAL, "content_filter", REFUSAL, "content_filter"]);
            // Vercel's chat completions join `content` and `refusal`; Shipway says it in both, for apps that read one.
            let twice = REFUSAL.repeat(2);
            let joined = json!([twice, "content_filter", twice, "content_filter"]);
            json!({ "chat": joined, "responses": once, "compatible": once, "messages": once })
        }
        // The id is the trace, the SDK's request id too, and the bundle is named.
        "headers" => json!([true, true, "b-"]),
        "wrong_key" => refused("AuthenticationError", 401, None, false),
        "wrong_model" => refused("NotFoundError", 404, None, false),
        "wrong_request" => refused("BadRequestError", 400, None, false),
        "refused" => refused("BadRequestError", 400, Some("7"), true),
        "busy" => refused("RateLimitError", 429, Some("7"), true),
        "cut" => json!([HELLO[0], "an error"]),
        "response_cut" => json!([HELLO[0], "response.failed"]),
        "leave" | "response_leave" => json!("and so on "),
        "batches" => {
            let answers: Vec<Value> = ["r-0", "r-1", "r-2"].iter().map(|line| json!([line, cited[2]])).collect();
            json!([answers, "ConflictError", "NotFoundError"])
        }
        _ => json!("nobody said what this check must get"),
    }
}

/// A finding with the dialects' own words for why an answer ended put into one.
pub(super) fn in_one_language(found: &Value) -> Value {
    match found {
        Value::Array(list) => list.iter().map(in_one_language).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), in_one_language(value))).collect(),
        Value::String(word) => match word.as_str() {
            "end_turn" | "completed" => json!("stop"),
            "refusal" | "content-filter" => json!("content_filter"),
            "tool_use" | "tool-calls" => json!("tool_calls"),
            _ => found.clone(),
        },
        _ => found.clone(),
    }
}
