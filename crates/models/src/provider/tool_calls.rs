//! Tool calls in a stream, put into the one form that clients rely on: the first delta of a call carries its index, id
//! and name, later ones only the index and a piece of the arguments; indices count from 0 in the order of creation.
//!
//! Upstreams stray from it in every way: no index, the same index for every call, an index that shifts, an id repeated
//! on every delta, left blank, or shared by two calls, a name repeated on every delta. So each delta is matched to a
//! call by what it can be trusted for: first a known id, then an upstream index seen before, then the order of
//! creation.

use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// Tool calls of one answer; more is an attack.
const MOST_CALLS: usize = 1_024;

/// The calls of one choice, in the order of creation.
#[derive(Debug, Default)]
pub(crate) struct ToolCalls {
    calls: Vec<ToolCall>,
    /// The latest call of each id that the upstream gave, and of each index.
    by_id: HashMap<String, usize>,
    by_index: HashMap<u64, usize>,
}

#[derive(Debug, Default)]
struct ToolCall {
    /// The id as the upstream gives it; empty while it gave none.
    upstream_id: String,
    /// The id that the app was given; empty until the call was announced.
    id: String,
    name: String,
    /// The arguments so far: to tell a complete call from one that goes on, and to hold them until the name comes.
    arguments: String,
}

/// One delta, taken apart.
struct Delta {
    index: Option<u64>,
    id: String,
    kind: Kind,
    name: String,
    arguments: String,
    rest: Map<String, Value>,
}

/// The field that holds the call, and the field in it that holds the arguments.
type Kind = (&'static str, &'static str);

const FUNCTION: Kind = ("function", "arguments");
const CUSTOM: Kind = ("custom", "input");

impl ToolCalls {
    /// Rewrites the `tool_calls` of one delta; `None` when nothing of it is left to say. `salt` makes the ids of calls
    /// whose upstream gives none, and is unique to the stream.
    pub(crate) fn rewrite(&mut self, deltas: Vec<Value>, salt: &str) -> Result<Option<Value>, String> {
        let mut written = Vec::with_capacity(deltas.len());
        for delta in deltas {
            let delta = Delta::read(delta)?;
            let at = self.find(&delta)?;
            written.extend(self.write(at, delta, salt));
        }
        Ok((!written.is_empty()).then_some(Value::Array(written)))
    }

    /// Whether every call has been announced: one whose name never came cannot be made by the app.
    pub(crate) fn all_announced(&self) -> bool {
        self.calls.iter().all(ToolCall::is_announced)
    }

    /// The call that a delta belongs to, a new one if need be.
    fn find(&mut self, delta: &Delta) -> Result<usize, String> {
        if let Some(known) = self.known(delta).filter(|at| !self.calls[*at].is_followed_by(delta)) {
            return Ok(known);
        }
        let at = self.calls.len();
        expect_calls(at + 1)?;
        self.calls.push(ToolCall { upstream_id: delta.id.clone(), ..ToolCall::default() });
        self.note_id(at);
        if let Some(index) = delta.index {
            self.by_index.insert(index, at);
        }
        Ok(at)
    }

    /// Where two calls share an id, it means the one that was created last.
    fn note_id(&mut self, at: usize) {
        let id = &self.calls[at].upstream_id;
        if !id.is_empty() {
            let latest = self.by_id.entry(id.clone()).or_insert(at);
            *latest = at.max(*latest);
        }
    }

    fn known(&self, delta: &Delta) -> Option<usize> {
        // No call is noted under an empty id.
        if let Some(by_id) = self.by_id.get(&delta.id) {
            return Some(*by_id);
        }
        if let Some(by_index) = delta.index.and_then(|index| self.by_index.get(&index)).copied() {
            // A new id with a name is a new call, also under an old index; a new id alone comes from an upstream that
            // makes one up for every delta.
            let is_new = !delta.id.is_empty() && !delta.name.is_empty() && !self.calls[by_index].is_nameless();
            return (!is_new).then_some(by_index);
        }
        let last = self.calls.last()?;
        let goes_on = match (delta.id.is_empty(), delta.name.is_empty()) {
            (true, true) => true,
            (true, false) => delta.index.is_none() && last.name == delta.name && !last.is_complete(),
            (false, true) => delta.index.is_none() && last.is_announced() && !last.is_complete(),
            (false, false) => false,
        };
        goes_on.then(|| self.calls.len() - 1)
    }

    fn write(&mut self, at: usize, delta: Delta, salt: &str) -> Option<Value> {
        let (kind, arguments) = delta.kind;
        let mut written = delta.rest;
        written.insert("index".to_owned(), at.into());
        if self.calls[at].is_announced() {
            let says_something = !delta.arguments.is_empty() || written.len() > 1;
            self.calls[at].arguments.push_str(&delta.arguments);
            written.insert(kind.to_owned(), json!({ arguments: delta.arguments }));
            return says_something.then_some(Value::Object(written));
        }
        let call = &mut self.calls[at];
        call.arguments.push_str(&delta.arguments);
        if call.upstream_id.is_empty() {
            call.upstream_id = delta.id;
            self.note_id(at);
        }
        let call = &mut self.calls[at];
        if delta.name.is_empty() {
            return None;
        }
        let upstream_id = call.upstream_id.clone();
        let taken = upstream_id.is_empty() || self.calls.iter().any(|other| other.id == upstream_id);
        let call = &mut self.calls[at];
        call.id = if taken { format!("call_{salt}_{at}") } else { upstream_id };
        call.name = delta.name;
        written.insert("id".to_owned(), call.id.as_str().into());
        written.insert("type".to_owned(), kind.into());
        written.insert(kind.to_owned(), json!({ "name": call.name, arguments: call.arguments }));
        Some(Value::Object(written))
    }
}

impl ToolCall {
    fn is_announced(&self) -> bool {
        !self.id.is_empty()
    }

    /// Nothing but an index is known of it yet.
    fn is_nameless(&self) -> bool {
        self.name.is_empty() && self.upstream_id.is_empty()
    }

    fn is_complete(&self) -> bool {
        serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments).is_ok()
    }

    /// Whether a delta that seems to belong to this call begins another one: it names another tool, or names the same
    /// one again with arguments when those of this call are complete.
    fn is_followed_by(&self, delta: &Delta) -> bool {
        let renamed = !delta.name.is_empty() && delta.name != self.name;
        let repeated = !delta.name.is_empty() && !delta.arguments.is_empty() && self.is_complete();
        self.is_announced() && (renamed || repeated)
    }
}

impl Delta {
    fn read(value: Value) -> Result<Self, String> {
        let Value::Object(mut rest) = value else { return Err("a tool call is not an object".to_owned()) };
        let index = rest.remove("index").as_ref().and_then(Value::as_u64);
        let id = text(rest.remove("id"));
        rest.remove("type");
        let kind = if rest.contains_key(CUSTOM.0) { CUSTOM } else { FUNCTION };
        let mut call = match rest.remove(kind.0) {
            Some(Value::Object(call)) => call,
            None | Some(Value::Null) => Map::new(),
            Some(_) => return Err(format!("a tool call's `{}` is not an object", kind.0)),
        };
        let name = text(call.remove("name"));
        let arguments = match call.remove(kind.1) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(piece)) => piece,
            // Arguments as an object instead of its text.
            Some(whole) => whole.to_string(),
        };
        Ok(Self { index, id, kind, name, arguments, rest })
    }
}

/// Refuses answers of more tool calls than any app can answer.
pub(crate) fn expect_calls(count: usize) -> Result<(), String> {
    match count > MOST_CALLS {
        true => Err(format!("it holds more than {MOST_CALLS} tool calls")),
        false => Ok(()),
    }
}

/// Puts the tool calls of a whole message into the same form: an id on each, and arguments as text. Returns whether it
/// had to change anything.
pub(crate) fn complete(message: &mut Map<String, Value>, salt: &str) -> Result<bool, String> {
    let Some(Value::Array(calls)) = message.get_mut("tool_calls") else { return Ok(false) };
    let mut changed = false;
    expect_calls(calls.len())?;
    let mut ids: HashSet<String> = HashSet::with_capacity(calls.len());
    for (at, call) in calls.iter_mut().enumerate() {
        let fields = call.as_object_mut().ok_or("a tool call is not an object")?;
        let given = fields.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let lacks_id = given.is_empty() || ids.contains(&given);
        let id = if lacks_id { format!("call_{salt}_{at}") } else { given };
        if lacks_id {
            fields.insert("id".to_owned(), id.as_str().into());
            changed = true;
        }
        ids.insert(id);
        for (kind, arguments) in [FUNCTION, CUSTOM] {
            if let Some(value) = fields.get_mut(kind).and_then(|call| call.get_mut(arguments))
                && !value.is_string()
            {
                *value = if value.is_null() { Value::String("{}".to_owned()) } else { value.to_string().into() };
                changed = true;
            }
        }
    }
    Ok(changed)
}

fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}
