//! Vectors for texts in OpenAI's form (`POST /v1/embeddings`), both ways.

#[cfg(test)]
mod tests;

use crate::fields::{self, take, take_model, take_object, take_text, wrong};
use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use usecase::{ChatRequest, Embeddings, Message, Role};

/// Texts of one request, OpenAI's own limit.
const MOST_TEXTS: usize = 2_048;

/// A request as it was read.
#[derive(Debug)]
pub(crate) struct Asked {
    /// A user's message for each text: the form that guards, budgets and records know.
    pub(crate) request: ChatRequest,
    /// The vectors are wanted as text: OpenAI's SDKs ask for that unsaid, because it is a quarter of the size.
    pub(crate) base64: bool,
}

pub(crate) fn read(body: &[u8]) -> Result<Asked, Problem> {
    let mut fields = fields::object("body", fields::parse(body)?)?;
    fields::check_counts(&fields, &["dimensions"])?;
    let model = take_model(&mut fields)?;
    let texts = texts(take(&mut fields, "input"))?;
    let base64 = match take_text(&mut fields, "encoding_format")?.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(wrong("encoding_format", "must be float or base64")),
    };
    let user = fields.get("user").and_then(Value::as_str).map(str::to_owned);
    let messages = texts.into_iter().map(|text| Message::new(Role::User, text));
    let mut request = ChatRequest::new(model, messages.collect());
    fields::describe(&mut request, take_object(&mut fields, "metadata")?.unwrap_or_default(), user.as_deref());
    request.rest = fields;
    Ok(Asked { request, base64 })
}

fn texts(input: Option<Value>) -> Result<Vec<String>, Problem> {
    let items = match input {
        Some(Value::Array(items)) => items,
        Some(text @ Value::String(_)) => vec![text],
        Some(_) => return Err(wrong("input", "must be a string or an array of strings")),
        None => return Err(wrong("input", "is missing")),
    };
    if items.is_empty() || items.len() > MOST_TEXTS {
        return Err(wrong("input", &format!("must hold 1 to {MOST_TEXTS} texts")));
    }
    let text = |item: Value| match item {
        Value::String(text) if !text.is_empty() => Ok(text),
        Value::String(_) => Err(wrong("input", "holds an empty text")),
        Value::Number(_) | Value::Array(_) => {
            Err(wrong("input", "holds tokens, which only their own model can read and no guard can: send texts"))
        }
        _ => Err(wrong("input", "must be a string or an array of strings")),
    };
    items.into_iter().map(text).collect()
}

pub(crate) fn body(model: &str, embeddings: &Embeddings, base64: bool) -> Value {
    let vectors = embeddings.vectors.iter().enumerate().map(|(index, vector)| {
        let numbers = if base64 { json!(packed(vector)) } else { json!(vector) };
        json!({ "object": "embedding", "index": index, "embedding": numbers })
    });
    let tokens = embeddings.usage.unwrap_or_default().input_tokens;
    json!({
        "object": "list",
        "data": vectors.collect::<Vec<_>>(),
        "model": model,
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
    })
}

/// The numbers in four bytes each, the lowest first, as base64.
fn packed(vector: &[f32]) -> String {
    STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}
