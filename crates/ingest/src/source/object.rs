//! Rows and messages as items: one JSON object each, in which the keys that were declared bear the names that the parser
//! looks for (`id`, `title`, `text`). Every other key stays what it is; one that only happens to be called `id`, `title`
//! or `text` makes way for the declared one.

use super::Content;
use super::reach::MAX_BODY_BYTES;
use serde_json::{Map, Value};

/// Where an object has what makes it a document.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) title: String,
    /// The key that says that the document is gone.
    pub(crate) deleted: Option<String>,
}

impl Keys {
    /// The object as the parser wants it, under this id.
    pub(crate) fn content(&self, id: &str, mut object: Map<String, Value>) -> Content {
        if self.deleted.as_ref().and_then(|key| object.shift_remove(key)).is_some_and(|value| says_yes(&value)) {
            return Content::Deleted;
        }
        object.shift_remove(&self.id);
        let (text, title) = (object.shift_remove(&self.text), object.shift_remove(&self.title));
        let Some(text) = text.filter(|text| !text.is_null()) else {
            return Content::Refused(format!("it has no text: `{}` is missing or empty", self.text));
        };
        let mut renamed = Map::new();
        renamed.insert("id".to_owned(), Value::String(id.to_owned()));
        renamed.extend(title.filter(|title| !title.is_null()).map(|title| ("title".to_owned(), title)));
        renamed.insert("text".to_owned(), text);
        renamed.extend(object.into_iter().filter(|(key, _)| !matches!(key.as_str(), "id" | "title" | "text")));
        let bytes = Value::Object(renamed).to_string().into_bytes();
        if bytes.len() > MAX_BODY_BYTES {
            let limit = MAX_BODY_BYTES / 1024 / 1024;
            return Content::Refused(format!("it is larger than {limit} MiB; split it into several documents"));
        }
        Content::Bytes { bytes, media: Some("application/json".to_owned()), url: None }
    }
}

/// Whether a mark is set: `true`, a number but zero, a text (a time of deletion, say) but what people write for no.
fn says_yes(mark: &Value) -> bool {
    match mark {
        Value::Null => false,
        Value::Bool(mark) => *mark,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => {
            !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "0" | "f" | "false" | "n" | "no")
        }
        Value::Array(_) | Value::Object(_) => true,
    }
}

#[cfg(test)]
mod tests;
