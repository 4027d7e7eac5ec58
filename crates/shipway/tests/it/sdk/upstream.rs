//! The two models behind the SDKs: one speaks chat completions, one Anthropic's messages, and both answer the same
//! questions with the same words, so that one table of expectations holds for every SDK on either.

mod chat;
mod messages;

use serde_json::{Value, json};
use std::time::Duration;
use testkit::provider::Move;
use testkit::{Provider, Script};

/// What is said to "Say hello.", in the pieces of its stream.
pub(super) const HELLO: [&str; 3] = ["Hello, ", "wörld ", "🦀."];

/// The dialect of a model.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaks {
    Chat,
    Messages,
}

/// What a model does about a request.
enum Turn {
    Says(Vec<String>),
    /// Thinks, then says hello.
    Thinks,
    /// Calls tools: id, name, arguments.
    Calls(Vec<(&'static str, String, Value)>),
    /// Says the first piece and is gone.
    BreaksOff,
    /// Speaks until nobody listens.
    Endless,
}

/// Starts the model.
pub(super) fn start(speaks: Speaks) -> Provider {
    Provider::choosing(move |body| {
        if body.get("input").is_some() {
            return embeddings(body);
        }
        if speaks == Speaks::Messages && body.get("max_tokens").is_none() {
            return Script::json(200, &[], &json!({ "input_tokens": 31 }));
        }
        let streamed = body["stream"] == true;
        match (refused(body), speaks) {
            (Some(status), _) => refusal(speaks, status),
            (None, Speaks::Chat) => chat::script(turn(body), streamed),
            (None, Speaks::Messages) => messages::script(turn(body), streamed),
        }
    })
}

fn turn(body: &Value) -> Turn {
    let asked = body["messages"].to_string();
    let says = |text: String| Turn::Says(vec![text]);
    if asked.contains("Say hello") {
        return Turn::Says(HELLO.map(str::to_owned).to_vec());
    }
    if asked.contains("weather") {
        let results = tool_results(body);
        let call = |id, city: &str| (id, "weather".to_owned(), json!({ "city": city }));
        return match results.is_empty() {
            true => Turn::Calls(vec![call("call_1", "Oslo"), call("call_2", "Rome")]),
            false => says(results),
        };
    }
    if asked.contains("Which city") {
        let found = json!({ "city": "Oslo", "days": 45 });
        let schema = [&body["response_format"]["json_schema"]["schema"], &body["output_config"]["format"]["schema"]];
        let tool = [&body["tools"][0]["function"]["name"], &body["tools"][0]["name"]];
        return match (schema.iter().any(|schema| schema["properties"]["city"].is_object()), &body["tool_choice"]) {
            (true, _) => says(found.to_string()),
            // A tool that must be called is the other way to ask for an object.
            (false, Value::Null) => says("Nobody gave a schema.".to_owned()),
            (false, _) => Turn::Calls(vec![(
                "call_1",
                tool.iter().find_map(|name| name.as_str()).unwrap_or_default().to_owned(),
                found,
            )]),
        };
    }
    if asked.contains("picture") {
        return says(picture(body));
    }
    match () {
        () if asked.contains("Think") => Turn::Thinks,
        () if asked.contains("Break off") => Turn::BreaksOff,
        () if asked.contains("without end") => Turn::Endless,
        () => says(format!("Nobody told me what to say to {asked}")),
    }
}

/// The status that the model was asked to refuse with.
fn refused(body: &Value) -> Option<u16> {
    body["messages"].to_string().split("Refuse with ").nth(1)?.get(..3)?.parse().ok()
}

/// The blocks or parts of all messages.
fn parts(body: &Value) -> impl Iterator<Item = &Value> {
    let messages = body["messages"].as_array().into_iter().flatten();
    messages.flat_map(|message| message["content"].as_array().into_iter().flatten())
}

/// The tools' results as they arrived, each with the call that it answers: `call_1=4 call_2=21`.
fn tool_results(body: &Value) -> String {
    let text = |content: &Value| content.as_str().or(content[0]["text"].as_str()).unwrap_or("?").to_owned();
    let messages = body["messages"].as_array().into_iter().flatten();
    let of_chat = messages
        .filter(|message| message["role"] == "tool")
        .map(|message| (&message["tool_call_id"], text(&message["content"])));
    let of_messages = parts(body)
        .filter(|block| block["type"] == "tool_result")
        .map(|block| (&block["tool_use_id"], text(&block["content"])));
    let all = of_chat.chain(of_messages).map(|(id, text)| format!("{}={text}", id.as_str().unwrap_or("?")));
    all.collect::<Vec<_>>().join(" ")
}

/// What arrived of a picture.
fn picture(body: &Value) -> String {
    let seen = parts(body).find_map(|part| {
        let of_chat = part["image_url"]["url"].as_str().map(str::to_owned);
        let source = &part["source"];
        let inline = || Some(format!("data:{};base64,{}", source["media_type"].as_str()?, source["data"].as_str()?));
        of_chat.or_else(inline)
    });
    seen.map_or("I see nothing.".to_owned(), |url| format!("I see {url}"))
}

/// A vector for each text: how many characters it has (and a quarter), and minus a half.
fn embeddings(body: &Value) -> Script {
    let input = match &body["input"] {
        Value::Array(texts) => texts.clone(),
        text => vec![text.clone()],
    };
    let vector = |text: &Value| json!([text.as_str().map_or(0.0, |text| text.chars().count() as f64) + 0.25, -0.5]);
    let data: Vec<Value> = (0..)
        .zip(&input)
        .map(|(index, text): (usize, _)| json!({ "object": "embedding", "index": index, "embedding": vector(text) }))
        .collect();
    let usage = json!({ "prompt_tokens": 4, "total_tokens": 4 });
    Script::json(200, &[], &json!({ "object": "list", "model": "m", "data": data, "usage": usage }))
}

fn refusal(speaks: Speaks, status: u16) -> Script {
    let kind = if status == 429 { "rate_limit_error" } else { "invalid_request_error" };
    let error = json!({ "message": "The model will not.", "type": kind });
    let body = match speaks {
        Speaks::Chat => json!({ "error": error }),
        Speaks::Messages => json!({ "type": "error", "error": error }),
    };
    Script::json(status, &[("retry-after", "7")], &body)
}

/// Its stream, then a pause in which what was sent arrives, then the end that was not announced.
fn broken_off(begun: Script) -> Script {
    begun.then(Move::Pause(Duration::from_millis(50))).then(Move::Reset)
}

const GAP: Duration = Duration::from_millis(5);
