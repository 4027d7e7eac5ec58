//! A message as an item. Its name is its key, so that a tombstone and a later message mean the same item; a message that
//! cannot be taken is refused and the feed goes on.

use crate::source::object::Keys;
use crate::source::{Content, Item};
use rskafka::record::Record;
use serde_json::{Map, Value};

/// What serialisers of a schema registry put before their JSON: a zero and the schema's number in four bytes.
const REGISTRY_PREFIX: usize = 5;

pub(super) struct Message {
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) record: Record,
}

impl Message {
    pub(super) fn into_item(self, keys: &Keys) -> Item {
        let place = format!("partition {}, offset {}", self.partition, self.offset);
        let key = match self.record.key.map(String::from_utf8) {
            None => None,
            Some(Ok(key)) => Some(key).filter(|key| !key.is_empty()),
            Some(Err(_)) => return refused(place, "its key is not UTF-8".to_owned()),
        };
        let Some(value) = self.record.value else {
            return match key {
                Some(key) => Item { name: key, version: None, content: Content::Deleted },
                None => refused(place, "it has neither key nor value".to_owned()),
            };
        };
        match read(&value) {
            Err(reason) => {
                let reason = format!("{place}: {reason}");
                refused(key.unwrap_or(place), reason)
            }
            Ok(object) => {
                let own = object.get(&keys.id).and_then(as_id);
                let Some(id) = own.or_else(|| key.clone()) else {
                    return refused(place, format!("it has no key, and no `{}` in its value", keys.id));
                };
                let content = keys.content(&id, object);
                Item { name: key.unwrap_or(id), version: None, content }
            }
        }
    }
}

fn refused(name: String, reason: String) -> Item {
    Item { name, version: None, content: Content::Refused(reason) }
}

fn read(value: &[u8]) -> Result<Map<String, Value>, String> {
    let registered = value.first() == Some(&0) && value.get(REGISTRY_PREFIX) == Some(&b'{');
    let json = if registered { &value[REGISTRY_PREFIX..] } else { value };
    serde_json::from_slice(json).map_err(|error| format!("its value is not a JSON object ({error})"))
}

fn as_id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
