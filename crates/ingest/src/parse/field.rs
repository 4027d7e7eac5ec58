//! Reading the few fields that every format knows: `id`, `title`, `url`.

use super::{MAX_ID_CHARS, ParsedDocument, line};
use serde_json::{Map, Value};

/// A longer title is cut (code points). It is indexed with every passage of its document, so that a page whose title is as
/// long as its text would need memory by the square of its length.
const MAX_TITLE_CHARS: usize = 300;

/// A field as the text that a person would call its value; `None` for nothing (absent, null, blank).
pub(crate) fn as_text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::Null => return None,
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

/// The `id` field: text or a number.
///
/// # Errors
/// It is there and is something else, or too long.
pub(super) fn id(fields: &Map<String, Value>) -> Result<Option<String>, String> {
    match fields.get("id") {
        None | Some(Value::Null) => Ok(None),
        Some(value @ (Value::String(_) | Value::Number(_))) => match as_text(Some(value)) {
            Some(id) if id.chars().count() > MAX_ID_CHARS => {
                Err(format!("its id has more than {MAX_ID_CHARS} characters"))
            }
            id => Ok(id),
        },
        Some(_) => Err("its id is neither text nor a number".to_owned()),
    }
}

/// What a format found beside the fields.
pub(super) struct Found<'a> {
    /// Where the document stands: its id when it names none.
    pub(super) place: &'a str,
    /// A title in the document itself, such as its first heading, for when no field `title` is there.
    pub(super) title: Option<String>,
    /// The title of last resort.
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

/// Puts a document together.
///
/// # Errors
/// Its `id` is unusable.
pub(super) fn document(fields: Map<String, Value>, found: Found<'_>) -> Result<ParsedDocument, String> {
    let id = id(&fields)?.unwrap_or_else(|| found.place.to_owned());
    // It would read as another id, end a line of a list, or be cut by a store (NUL).
    if id.contains(line::is_hidden) {
        return Err(
            "its id (its item's name, where it has no field `id`) holds control or invisible characters".to_owned()
        );
    }
    let named = as_text(fields.get("title")).or(found.title);
    let titled = named.is_some();
    let title = shortened(line::plain(&named.unwrap_or_else(|| found.name.to_owned())));
    let url = as_text(fields.get("url"));
    Ok(ParsedDocument { id, title, titled, url, text: tidy(found.text), fields, pages: Vec::new() })
}

/// Cut between words where there are some, so that no half of an address or of a number is left that a mask would not know.
fn shortened(title: String) -> String {
    let Some((room, next)) = title.char_indices().nth(MAX_TITLE_CHARS) else { return title };
    let kept = &title[..room];
    let end = if next.is_whitespace() { room } else { kept.rfind(char::is_whitespace).unwrap_or(room) };
    kept[..end].trim_end().to_owned()
}

/// One kind of line break on every system, so that equal documents have equal hashes and offsets.
fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}
