//! Who may see a document, as the document says it: a list of group names, or names separated by commas. No field means
//! everyone; an empty list means nobody. A field that is there and means neither is refused, never read as "everyone".

use super::Candidate;
use serde_json::Value;

/// `None`: everyone. Sorted and without duplicates.
pub(crate) type Groups = Option<Vec<String>>;

/// # Errors
/// One sentence: the field is there and lists no groups.
pub(super) fn groups(candidate: &Candidate, field: &str) -> Result<Groups, String> {
    let names: Option<Vec<String>> = match candidate.document.fields.get(field) {
        None => return Ok(None),
        Some(Value::Array(items)) => items.iter().map(name).collect(),
        Some(Value::String(text)) => {
            let names: Vec<String> = text.split(',').filter_map(trimmed).collect();
            (!names.is_empty()).then_some(names)
        }
        Some(_) => None,
    };
    let mut names = names.ok_or_else(|| {
        format!(
            "who may see it is not clear: `{field}` must be a list of group names, or names separated by commas \
             (leave it out for everyone)"
        )
    })?;
    names.sort_unstable();
    names.dedup();
    Ok(Some(names))
}

fn name(item: &Value) -> Option<String> {
    item.as_str().and_then(trimmed)
}

fn trimmed(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
