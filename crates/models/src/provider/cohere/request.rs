//! The body of a chat request out of our nouns. Cohere's messages are OpenAI's with other names around them.

use crate::provider::blocks::ToolChoice;
use crate::provider::blocks::fields::Fields;
use crate::provider::blocks::read::{self, shown};
use crate::provider::blocks::warnings::Warnings;
use serde_json::{Map, Value, json};
use usecase::{ChatRequest, Content, Message, Role};

/// Fields with the same meaning: ours, and Cohere's name.
const SAME: &[(&str, &str)] = &[
    ("temperature", "temperature"),
    ("top_p", "p"),
    ("top_k", "k"),
    ("seed", "seed"),
    ("presence_penalty", "presence_penalty"),
    ("frequency_penalty", "frequency_penalty"),
    ("documents", "documents"),
    ("citation_options", "citation_options"),
    ("safety_mode", "safety_mode"),
    ("priority", "priority"),
];

/// The body and what was left out of the request, or the feature that cannot be had.
pub(super) fn body(model: &str, request: &ChatRequest) -> Result<(Value, Vec<String>), String> {
    let mut fields = Fields::of(request, false);
    fields.refuse_what_changes_the_answer()?;
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert("stream".to_owned(), request.stream.into());
    let messages = request.messages.iter().map(|written| message(written, &mut fields.warnings));
    body.insert("messages".to_owned(), messages.collect::<Result<Vec<_>, String>>()?.into());
    for (name, theirs) in SAME {
        body.extend(fields.take(name).map(|value| ((*theirs).to_owned(), value.clone())));
    }
    body.extend(fields.take_limit().map(|limit| ("max_tokens".to_owned(), limit.into())));
    body.extend(fields.take_stop().map(|stop| ("stop_sequences".to_owned(), stop)));
    tools(&mut fields, &mut body)?;
    if let Some(format) = fields.take("response_format") {
        body.extend(response_format(format)?.map(|format| ("response_format".to_owned(), format)));
    }
    body.extend(thinking(&mut fields).map(|thinking| ("thinking".to_owned(), thinking)));
    let warnings = fields.finish(&mut Map::new());
    Ok((body.into(), warnings))
}

fn message(message: &Message, warnings: &mut Warnings) -> Result<Value, String> {
    let role = match message.role {
        Role::System | Role::Developer => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
        Role::Function => return Err("messages of the deprecated role `function`".to_owned()),
    };
    let mut written = json!({"role": role});
    match &message.content {
        Content::Absent => {}
        Content::Text(text) => written["content"] = text.as_str().into(),
        Content::Parts(parts) => {
            let parts = parts.iter().map(|written| part(written, &message.role, warnings));
            written["content"] = parts.collect::<Result<Vec<_>, String>>()?.into();
        }
    }
    for (name, value) in message.rest.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "tool_calls" | "tool_call_id" => written[name] = without_extras(value),
            // What it thought before its calls is what Cohere calls its plan.
            "reasoning_content" if message.rest.contains_key("tool_calls") => written["tool_plan"] = value.clone(),
            "refusal" if message.content == Content::Absent => written["content"] = value.clone(),
            "annotations" | "citations" => {}
            _ => warnings.add(format!("`{}` of a message was left out", shown(name))),
        }
    }
    Ok(written)
}

/// Calls with the fields that Cohere knows.
fn without_extras(value: &Value) -> Value {
    let Some(calls) = value.as_array() else { return value.clone() };
    let call = |call: &Value| json!({"id": call["id"], "type": "function", "function": call["function"]});
    calls.iter().map(call).collect()
}

fn part(part: &Value, role: &Role, warnings: &mut Warnings) -> Result<Value, String> {
    if part.get("cache_control").is_some() {
        warnings.add("`cache_control` was left out".to_owned());
    }
    match part["type"].as_str().unwrap_or_default() {
        "text" | "refusal" => Ok(json!({"type": "text", "text": part.get("text").unwrap_or(&part["refusal"])})),
        "image_url" if *role == Role::User => Ok(json!({"type": "image_url", "image_url": part["image_url"]})),
        "image_url" => Err("a picture that is not the user's".to_owned()),
        kind => Err(format!("a message's part of type `{}`", shown(kind))),
    }
}

/// Cohere can be made to call a tool, but not a certain one: then it is shown no other.
fn tools(fields: &mut Fields<'_>, body: &mut Map<String, Value>) -> Result<(), String> {
    let given = fields.take("tools");
    read::tools(given, false, &mut fields.warnings)?;
    let mut tools: Vec<Value> = given.and_then(Value::as_array).cloned().unwrap_or_default();
    let choice = read::tool_choice(fields.take("tool_choice"))?;
    if fields.take("parallel_tool_calls") == Some(&Value::Bool(false)) {
        fields.left_out("parallel_tool_calls", "Cohere decides how many tools it calls at once");
    }
    let is_strict = tools.iter().any(|tool| tool["function"]["strict"] == true);
    for tool in &mut tools {
        if tool.get("cache_control").is_some() {
            fields.left_out("cache_control", "Cohere caches by itself");
        }
        let mut function = tool["function"].take();
        function.as_object_mut().map(|function| function.remove("strict"));
        *tool = json!({"type": "function", "function": function});
    }
    let choice = match choice {
        Some(ToolChoice::Any) => Some("REQUIRED"),
        Some(ToolChoice::None) => Some("NONE"),
        Some(ToolChoice::Named(name)) => {
            tools.retain(|tool| tool["function"]["name"] == name.as_str());
            Some("REQUIRED")
        }
        Some(ToolChoice::Auto) | None => None,
    };
    if tools.is_empty() {
        return Ok(());
    }
    body.insert("tools".to_owned(), tools.into());
    body.extend(choice.map(|choice| ("tool_choice".to_owned(), choice.into())));
    if is_strict {
        body.insert("strict_tools".to_owned(), true.into());
    }
    Ok(())
}

fn response_format(format: &Value) -> Result<Option<Value>, String> {
    Ok(match format["type"].as_str() {
        Some("text") => None,
        Some("json_object") => Some(json!({"type": "json_object"})),
        Some("json_schema") => Some(json!({"type": "json_object", "json_schema": format["json_schema"]["schema"]})),
        _ => return Err("this kind of `response_format`".to_owned()),
    })
}

/// Cohere thinks or does not, with a budget of tokens at most.
fn thinking(fields: &mut Fields<'_>) -> Option<Value> {
    let effort = fields.take_text("reasoning_effort");
    if let Some(exact) = fields.take("thinking") {
        if exact["type"] == "disabled" {
            return Some(json!({"type": "disabled"}));
        }
        return Some(match exact.get("budget_tokens") {
            Some(budget) => json!({"type": "enabled", "token_budget": budget}),
            None => json!({"type": "enabled"}),
        });
    }
    Some(match effort? {
        "none" | "minimal" => json!({"type": "disabled"}),
        _ => json!({"type": "enabled"}),
    })
}
