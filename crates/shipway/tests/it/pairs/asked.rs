//! The features of a request, each written in every dialect that has a word for it.

use super::{Dialect, Said};
use serde_json::{Value, json};

/// One feature. A dialect that has no word for it has `null`.
pub(super) struct Feature {
    pub(super) name: &'static str,
    /// How the docs call it.
    pub(super) title: &'static str,
    chat: Value,
    messages: Value,
    responses: Value,
    /// What the provider answers.
    pub(super) said: Said,
    pub(super) streamed: bool,
}

impl Feature {
    fn new(name: &'static str, title: &'static str, [chat, messages, responses]: [Value; 3]) -> Self {
        Self { name, title, chat, messages, responses, said: Said::text(), streamed: false }
    }

    fn answered(self, said: Said) -> Self {
        Self { said, ..self }
    }

    fn streamed(self) -> Self {
        Self { streamed: true, ..self }
    }

    /// The request to a model; `None` where the dialect has no word for the feature.
    pub(super) fn request(&self, dialect: Dialect, model: &str) -> Option<Value> {
        let hi = json!([{"role": "user", "content": "Hi"}]);
        let (mut body, fields) = match dialect {
            Dialect::Chat => (json!({"messages": hi}), &self.chat),
            Dialect::Messages => (json!({"messages": hi, "max_tokens": 4000}), &self.messages),
            Dialect::Responses => (json!({"input": "Hi"}), &self.responses),
        };
        body["model"] = model.into();
        for (name, value) in fields.as_object()? {
            body[name] = value.clone();
        }
        if self.streamed {
            body["stream"] = true.into();
            if dialect == Dialect::Chat {
                body["stream_options"] = json!({"include_usage": true});
            }
        }
        Some(body)
    }
}

const PIXEL: &str = "iVBORw0KGgo=";

/// A tool in each dialect.
fn tools() -> [Value; 3] {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    [
        json!([{"type": "function", "function": {"name": "weather", "description": "d", "parameters": schema}}]),
        json!([{"name": "weather", "description": "d", "input_schema": schema}]),
        json!([{"type": "function", "name": "weather", "description": "d", "parameters": schema}]),
    ]
}

/// The tool and more fields.
fn with_tools(more: [Value; 3]) -> [Value; 3] {
    let mut all = tools().into_iter().zip(more).map(|(tools, mut more)| {
        if !more.is_null() {
            more["tools"] = tools;
        }
        more
    });
    [(); 3].map(|()| all.next().unwrap_or_default())
}

/// A conversation in which the tool was called twice and gave its results.
fn conversation() -> [Value; 3] {
    let call = |id: &str, city: &str| {
        json!({"id": id, "type": "function",
            "function": {"name": "weather", "arguments": json!({"city": city}).to_string()}})
    };
    let used = |id: &str, city: &str| json!({"type": "tool_use", "id": id, "name": "weather", "input": {"city": city}});
    let item = |id: &str, city: &str| json!({"type": "function_call", "call_id": id, "name": "weather", "arguments": json!({"city": city}).to_string()});
    let output = |id: &str, text: &str| json!({"type": "function_call_output", "call_id": id, "output": text});
    [
        json!([
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": null, "tool_calls": [call("call_1", "Oslo"), call("call_2", "Rome")]},
            {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
            {"role": "tool", "tool_call_id": "call_2", "content": "sun"},
        ]),
        json!([
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [used("call_1", "Oslo"), used("call_2", "Rome")]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": "rain"},
                {"type": "tool_result", "tool_use_id": "call_2", "content": [{"type": "text", "text": "sun"}]},
            ]},
        ]),
        json!([
            {"role": "user", "content": "Hi"}, item("call_1", "Oslo"), item("call_2", "Rome"),
            output("call_1", "rain"), output("call_2", "sun"),
        ]),
    ]
}

fn every(fields: &Value) -> [Value; 3] {
    [fields.clone(), fields.clone(), fields.clone()]
}

fn nothing() -> [Value; 3] {
    every(&json!({}))
}

/// What a user says in parts.
fn user([chat, messages, responses]: [Value; 3]) -> [Value; 3] {
    let content = |part: Value| json!([{"role": "user", "content": [part]}]);
    [json!({"messages": content(chat)}), json!({"messages": content(messages)}), json!({"input": content(responses)})]
}

/// All features, in the order of the docs.
pub(super) fn features() -> Vec<Feature> {
    [said(), called(), formed(), set()].into_iter().flatten().collect()
}

/// What is said, and how it is answered.
fn said() -> Vec<Feature> {
    let new = Feature::new;
    let image = format!("data:image/png;base64,{PIXEL}");
    let pdf = "data:application/pdf;base64,JVBERi0=";
    let far = "https://pictures.example/cat.png";
    vec![
        new("text", "Text", nothing()),
        new("text streamed", "Text, streamed", nothing()).streamed(),
        new(
            "system",
            "Instructions",
            [
                json!({"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]}),
                json!({"system": "Be brief."}),
                json!({"instructions": "Be brief."}),
            ],
        ),
        new(
            "picture",
            "Picture in the message",
            user([
                json!({"type": "image_url", "image_url": {"url": image}}),
                json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}),
                json!({"type": "input_image", "image_url": image}),
            ]),
        ),
        new(
            "picture by address",
            "Picture by address",
            user([
                json!({"type": "image_url", "image_url": {"url": far}}),
                json!({"type": "image", "source": {"type": "url", "url": far}}),
                json!({"type": "input_image", "image_url": far}),
            ]),
        ),
        new(
            "document",
            "PDF in the message",
            user([
                json!({"type": "file", "file": {"filename": "a.pdf", "file_data": pdf}}),
                json!({"type": "document", "title": "a.pdf",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}}),
                json!({"type": "input_file", "filename": "a.pdf", "file_data": pdf}),
            ]),
        ),
    ]
}

/// Tools.
fn called() -> Vec<Feature> {
    let new = Feature::new;
    let [chat, messages, responses] = conversation();
    let results = [json!({"messages": chat}), json!({"messages": messages}), json!({"input": responses})];
    vec![
        new("tool called", "Tools, one called", with_tools(nothing())).answered(Said::calls(1)),
        new("tools called", "Tools, two called at once", with_tools(nothing())).answered(Said::calls(2)),
        new("tools streamed", "Tools called, streamed", with_tools(nothing())).answered(Said::calls(2)).streamed(),
        new("results", "Results of tools", with_tools(results)),
        new(
            "forced",
            "A tool that has to be called",
            with_tools([
                json!({"tool_choice": "required"}),
                json!({"tool_choice": {"type": "any"}}),
                json!({"tool_choice": "required"}),
            ]),
        )
        .answered(Said::calls(1)),
        new(
            "named",
            "A certain tool",
            with_tools([
                json!({"tool_choice": {"type": "function", "function": {"name": "weather"}}}),
                json!({"tool_choice": {"type": "tool", "name": "weather"}}),
                json!({"tool_choice": {"type": "function", "name": "weather"}}),
            ]),
        )
        .answered(Said::calls(1)),
        new(
            "one at a time",
            "One tool at a time",
            with_tools([
                json!({"parallel_tool_calls": false}),
                json!({"tool_choice": {"type": "auto", "disable_parallel_tool_use": true}}),
                json!({"parallel_tool_calls": false}),
            ]),
        )
        .answered(Said::calls(1)),
    ]
}

/// The form of the answer, and the thoughts before it.
fn formed() -> Vec<Feature> {
    let new = Feature::new;
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false});
    let marked = json!({"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}});
    vec![
        new(
            "schema",
            "Answer by a JSON schema",
            [
                json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": true}}}),
                json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}}),
                json!({"text": {"format": {"type": "json_schema", "name": "n", "schema": schema, "strict": true}}}),
            ],
        ),
        new(
            "json",
            "Answer in any JSON",
            [
                json!({"response_format": {"type": "json_object"}}),
                Value::Null,
                json!({"text": {"format": {"type": "json_object"}}}),
            ],
        ),
        new(
            "reasoning",
            "Reasoning asked for",
            [
                json!({"reasoning_effort": "low"}),
                json!({"thinking": {"type": "enabled", "budget_tokens": 2048}}),
                json!({"reasoning": {"effort": "low"}}),
            ],
        )
        .answered(Said::thoughts()),
        new("reasoning streamed", "Reasoning given, streamed", nothing()).answered(Said::thoughts()).streamed(),
        new(
            "cache",
            "Marks for the prompt cache",
            [
                json!({"messages": [{"role": "user", "content": [marked]}]}),
                json!({"messages": [{"role": "user", "content": [marked]}]}),
                Value::Null,
            ],
        ),
    ]
}

/// Single settings.
fn set() -> Vec<Feature> {
    let new = Feature::new;
    vec![
        new("stop", "Stop sequences", [json!({"stop": "END"}), json!({"stop_sequences": ["END"]}), Value::Null]),
        new(
            "limit",
            "Limit of the answer, and cut by it",
            [json!({"max_tokens": 9}), json!({"max_tokens": 9}), json!({"max_output_tokens": 9})],
        )
        .answered(Said::cut()),
        new(
            "limit new",
            "The limit under its newer name",
            [json!({"max_completion_tokens": 9}), Value::Null, Value::Null],
        ),
        new("temperature", "`temperature`", every(&json!({"temperature": 0.5}))),
        new("top_k", "`top_k`", [Value::Null, json!({"top_k": 5}), Value::Null]),
        new("seed", "`seed`", [json!({"seed": 7}), Value::Null, Value::Null]),
        new(
            "user",
            "The user's name",
            [json!({"user": "u-1"}), json!({"metadata": {"user_id": "u-1"}}), json!({"user": "u-1"})],
        ),
        new(
            "logprobs",
            "Log probabilities",
            [json!({"logprobs": true}), Value::Null, json!({"include": ["message.output_text.logprobs"]})],
        ),
        new("n", "Several answers", [json!({"n": 2}), Value::Null, Value::Null]),
        new(
            "own tool",
            "Tools that a provider runs itself",
            [
                Value::Null,
                json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
                json!({"tools": [{"type": "web_search"}]}),
            ],
        ),
        new("unknown", "A field of tomorrow", every(&json!({"a_field_of_tomorrow": 1}))),
    ]
}
