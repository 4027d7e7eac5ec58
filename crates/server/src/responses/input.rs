//! The conversation, on the way in: input items become messages. A model's reasoning, its words and its calls are items
//! of their own here and one message there.

use super::sealed;
use crate::fields::{self, need_text, take, wrong};
use crate::problem::Problem;
use serde_json::{Map, Value, json};
use usecase::{Content, Lost, Message, Role};

/// What has been read so far.
#[derive(Default)]
pub(super) struct Conversation {
    pub(super) messages: Vec<Message>,
    pub(super) lost: Lost,
    /// The last message is the model's and is still being put together.
    open: bool,
}

impl Conversation {
    pub(super) fn read(&mut self, place: &str, value: Value) -> Result<(), Problem> {
        let mut item = fields::object(place, value)?;
        let kind = take(&mut item, "type");
        match kind.as_ref().map(|kind| kind.as_str().unwrap_or_default()) {
            None | Some("message") => self.message(place, item),
            Some("function_call") => self.function_call(place, item),
            Some("function_call_output") => self.function_output(place, item),
            Some("reasoning") => {
                self.reasoning(item);
                Ok(())
            }
            Some(kind) => {
                let stored = if kind == "item_reference" { ": nothing is stored here to refer to" } else { "" };
                self.lost.refused.push(format!("an input item of the type `{}`{stored}", fields::shown(kind)));
                item.insert("type".to_owned(), json!(kind));
                self.as_it_came(item);
                Ok(())
            }
        }
    }

    /// An item that only OpenAI's own service knows. Guards read it as what a tool gave back.
    fn as_it_came(&mut self, item: Map<String, Value>) {
        self.open = false;
        let content = Content::Parts(vec![Value::Object(item)]);
        self.messages.push(Message { role: Role::Tool, content, rest: Map::new() });
    }

    fn message(&mut self, place: &str, mut item: Map<String, Value>) -> Result<(), Problem> {
        let role = match need_text(place, &mut item, "role")?.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            "developer" => Role::Developer,
            _ => return Err(wrong(&format!("{place}.role"), "must be one of user, assistant, system, developer")),
        };
        let content = content(&format!("{place}.content"), item.shift_remove("content"), &mut self.lost)?;
        if role == Role::Assistant {
            // Reasoning stands before the words that it led to.
            let begun = self.open.then(|| self.messages.last_mut()).flatten();
            if let Some(message) = begun.filter(|message| message.content == Content::Absent && !calls(message)) {
                message.content = content;
                return Ok(());
            }
        }
        self.open = role == Role::Assistant;
        self.messages.push(Message { role, content, rest: Map::new() });
        Ok(())
    }

    fn function_call(&mut self, place: &str, mut item: Map<String, Value>) -> Result<(), Problem> {
        let (id, name) = (need_text(place, &mut item, "call_id")?, need_text(place, &mut item, "name")?);
        let arguments = need_text(place, &mut item, "arguments")?;
        let call = json!({ "id": id, "type": "function", "function": { "name": name, "arguments": arguments } });
        self.add("tool_calls", vec![call]);
        Ok(())
    }

    fn function_output(&mut self, place: &str, mut item: Map<String, Value>) -> Result<(), Problem> {
        let id = need_text(place, &mut item, "call_id")?;
        let content = content(&format!("{place}.output"), item.shift_remove("output"), &mut self.lost)?;
        self.open = false;
        let rest = Map::from_iter([("tool_call_id".to_owned(), json!(id))]);
        self.messages.push(Message { role: Role::Tool, content, rest });
        Ok(())
    }

    /// Thoughts begin a message of the model. Those that only another service can read are left out.
    fn reasoning(&mut self, mut item: Map<String, Value>) {
        if self.messages.last().is_some_and(|message| message.content != Content::Absent || calls(message)) {
            self.open = false;
        }
        let sealed = take(&mut item, "encrypted_content");
        if let Some(blocks) = sealed.as_ref().and_then(Value::as_str).and_then(sealed::open) {
            return self.add("thinking_blocks", blocks);
        }
        if sealed.is_some() {
            self.lost.named.push("reasoning that another service sealed was left out".to_owned());
        }
        let texts = |name: &str| item.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let parts = [texts("summary"), texts("content")].concat();
        let thoughts: Vec<&str> = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
        if !thoughts.is_empty() {
            self.model_message().rest.insert("reasoning_content".to_owned(), json!(thoughts.join("\n")));
        }
    }

    fn add(&mut self, name: &str, items: Vec<Value>) {
        let list = self.model_message().rest.entry(name).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.extend(items);
        }
    }

    /// The model's message that is being put together.
    fn model_message(&mut self) -> &mut Message {
        if !std::mem::replace(&mut self.open, true) || self.messages.is_empty() {
            self.messages.push(Message { role: Role::Assistant, content: Content::Absent, rest: Map::new() });
        }
        let last = self.messages.len() - 1;
        &mut self.messages[last]
    }
}

fn calls(message: &Message) -> bool {
    message.rest.contains_key("tool_calls")
}

/// A text or a list of parts.
fn content(place: &str, value: Option<Value>, lost: &mut Lost) -> Result<Content, Problem> {
    match value {
        Some(Value::String(text)) => Ok(Content::Text(text)),
        Some(Value::Array(parts)) => {
            let parts = parts.into_iter().enumerate().map(|(at, part)| {
                let place = format!("{place}[{at}]");
                content_part(&place, fields::object(&place, part)?, lost)
            });
            Ok(Content::Parts(parts.collect::<Result<_, _>>()?))
        }
        _ => Err(wrong(place, "must be a string or an array of content parts")),
    }
}

fn content_part(place: &str, mut part: Map<String, Value>, lost: &mut Lost) -> Result<Value, Problem> {
    let kind = part.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    match kind.as_str() {
        "" => Err(wrong(&format!("{place}.type"), "is missing or not a string")),
        "input_text" | "output_text" | "text" => {
            Ok(json!({ "type": "text", "text": need_text(place, &mut part, "text")? }))
        }
        "refusal" => Ok(json!({ "type": "refusal", "refusal": need_text(place, &mut part, "refusal")? })),
        "input_image" => match (take(&mut part, "image_url"), part.contains_key("file_id")) {
            (Some(url), _) => {
                let mut image = Map::from_iter([("url".to_owned(), url)]);
                image.extend(take(&mut part, "detail").map(|detail| ("detail".to_owned(), detail)));
                Ok(json!({ "type": "image_url", "image_url": image }))
            }
            (None, true) => {
                lost.refused.push("an image by the id of a file stored elsewhere".to_owned());
                Ok(Value::Object(part))
            }
            (None, false) => Err(wrong(&format!("{place}.image_url"), "is missing")),
        },
        // `file_data`, `file_id`, `file_url` and `filename` bear the same names inside.
        "input_file" => {
            part.shift_remove("type");
            part.retain(|_, value| !value.is_null());
            Ok(json!({ "type": "file", "file": part }))
        }
        "input_audio" => {
            let audio =
                take(&mut part, "input_audio").ok_or_else(|| wrong(&format!("{place}.input_audio"), "is missing"))?;
            Ok(json!({ "type": "input_audio", "input_audio": audio }))
        }
        other => {
            lost.refused.push(format!("a content part of the type `{}`", fields::shown(other)));
            Ok(Value::Object(part))
        }
    }
}
