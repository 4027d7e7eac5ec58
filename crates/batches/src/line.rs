//! One line of a batch: a request with the name that the app gave it. Only the envelope is read here; whether the body is a
//! request is for the route to say that answers it.

use crate::batch::Endpoint;
use crate::lines::RawLine;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// The longest `custom_id`, in characters.
const LONGEST_CUSTOM_ID: usize = 512;

/// A request of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number in the file, from 1 on.
    pub(crate) number: u64,
    pub(crate) custom_id: String,
    pub(crate) model: String,
    /// To the letter as it stood in the line.
    pub(crate) body: Bytes,
}

/// Why a line cannot be asked, in OpenAI's shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineProblem {
    pub code: String,
    pub line: Option<u64>,
    pub message: String,
    pub param: Option<String>,
}

impl LineProblem {
    pub(crate) fn new(code: &str, line: u64, param: Option<&str>, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), line: Some(line), message: message.into(), param: param.map(str::to_owned) }
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    custom_id: Option<Value>,
    method: Option<Value>,
    url: Option<Value>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

/// What of a body matters to us.
#[derive(Deserialize)]
struct Body {
    model: Option<Value>,
    stream: Option<Value>,
}

/// Reads a line, or says what is wrong with it.
pub(crate) fn read(raw: &RawLine, endpoint: Endpoint) -> Result<Line, LineProblem> {
    let number = raw.number;
    let wrong = |code: &str, param: &str, message: String| LineProblem::new(code, number, Some(param), message);
    let unreadable = |why: &str| LineProblem::new("invalid_json_line", number, None, why);
    let Some(bytes) = &raw.bytes else {
        return Err(unreadable("This line is longer than `server.max_body_bytes` allows."));
    };
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable("This line is not UTF-8."))?;
    let envelope: Envelope<'_> =
        object(text).ok_or_else(|| unreadable("This line is not parseable as a valid JSON object."))?;
    let custom_id = match envelope.custom_id {
        Some(Value::String(id)) if !id.is_empty() && id.chars().count() <= LONGEST_CUSTOM_ID => id,
        None => return Err(missing(number, "custom_id")),
        Some(_) => {
            let message = format!("`custom_id` must be a text of 1 to {LONGEST_CUSTOM_ID} characters.");
            return Err(wrong("invalid_custom_id", "custom_id", message));
        }
    };
    match envelope.method {
        Some(Value::String(method)) if method == "POST" => {}
        None => return Err(missing(number, "method")),
        Some(_) => return Err(wrong("invalid_method", "method", "`method` must be \"POST\".".to_owned())),
    }
    match envelope.url {
        Some(Value::String(url)) if url == endpoint.path() => {}
        None => return Err(missing(number, "url")),
        Some(_) => {
            let message = format!("`url` must be the batch's endpoint, {}.", endpoint.path());
            return Err(wrong("invalid_url", "url", message));
        }
    }
    let Some(raw_body) = envelope.body else { return Err(missing(number, "body")) };
    let body: Body = object(raw_body.get())
        .ok_or_else(|| wrong("invalid_request", "body", "`body` must be an object.".to_owned()))?;
    let model = match body.model {
        Some(Value::String(model)) if !model.trim().is_empty() => model,
        _ => return Err(missing(number, "body.model")),
    };
    if !matches!(body.stream, None | Some(Value::Null | Value::Bool(false))) {
        let message = "A line of a batch cannot be streamed: leave `stream` out.".to_owned();
        return Err(wrong("invalid_request", "body.stream", message));
    }
    Ok(Line { number, custom_id, model, body: Bytes::copy_from_slice(raw_body.get().as_bytes()) })
}

/// Reads an object. (A list of the values in the right order would do for serde, but not for a route.)
fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Option<T> {
    serde_json::from_str(json).ok().filter(|_| json.trim_start().starts_with('{'))
}

fn missing(line: u64, param: &str) -> LineProblem {
    LineProblem::new("missing_required_parameter", line, Some(param), format!("Missing required parameter: '{param}'."))
}
