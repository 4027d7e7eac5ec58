//! What a pushed message holds: one document, a list of them, or `{"upsert": [documents], "delete": [ids]}`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The most documents and deletions of one message.
const MAX_ITEMS: usize = 10_000;

/// Longer ids are refused, in characters: they are keys.
const MAX_ID_CHARS: usize = 500;

/// One document that is to be put in place of the one with its id, or to be deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PushedItem {
    pub id: String,
    /// `id`, `title`, `text`, `url` and whatever other fields it has; `None` when the document is gone.
    pub document: Option<Map<String, Value>>,
}

/// What is wrong with a message, in words for its sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

/// # Errors
/// It is not one of the three forms, a document has no id, or there are too many.
pub(super) fn read(body: &[u8]) -> Result<Vec<PushedItem>, Refused> {
    let value: Value = serde_json::from_slice(body).map_err(|error| Refused(format!("it is no JSON ({error})")))?;
    let (upsert, delete) = match value {
        Value::Array(documents) => (documents, Vec::new()),
        Value::Object(mut object) if is_changes(&object) => {
            (list(&mut object, "upsert")?, list(&mut object, "delete")?)
        }
        document @ Value::Object(_) => (vec![document], Vec::new()),
        _ => return Err(Refused("expected a document, a list of them, or `upsert` and `delete`".to_owned())),
    };
    if upsert.len() + delete.len() > MAX_ITEMS {
        return Err(Refused(format!("it holds more than {MAX_ITEMS} documents; send several messages")));
    }
    let put = upsert.into_iter().enumerate().map(|(index, document)| document_at(index, document));
    let gone = delete.iter().enumerate().map(|(index, id)| {
        let id = id_of(id).ok_or_else(|| Refused(format!("the id at /delete/{index} is neither text nor a number")))?;
        Ok(PushedItem { id, document: None })
    });
    put.chain(gone).collect()
}

/// Whether it is a list of changes, not a document that has such a field.
fn is_changes(object: &Map<String, Value>) -> bool {
    !object.is_empty() && object.keys().all(|key| key == "upsert" || key == "delete")
}

fn list(object: &mut Map<String, Value>, key: &str) -> Result<Vec<Value>, Refused> {
    match object.get_mut(key).map(Value::take) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(all)) => Ok(all),
        Some(_) => Err(Refused(format!("`{key}` is no list"))),
    }
}

fn document_at(index: usize, document: Value) -> Result<PushedItem, Refused> {
    let Value::Object(document) = document else {
        return Err(Refused(format!("document {index} is no object")));
    };
    let id = document.get("id").and_then(id_of);
    let id = id.ok_or_else(|| {
        Refused(format!("document {index} has no `id` (text of at most {MAX_ID_CHARS} characters, or a number)"))
    })?;
    Ok(PushedItem { id, document: Some(document) })
}

fn id_of(value: &Value) -> Option<String> {
    let id = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!id.is_empty() && id.chars().count() <= MAX_ID_CHARS).then_some(id)
}
