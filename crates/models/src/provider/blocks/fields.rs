//! The fields of a request beside its messages, each to be accounted for: taken by the translation, passed on where both
//! sides speak one dialect, refused where the answer would be another one without it, else left out and named.

use super::warnings::Warnings;
use serde_json::{Map, Value};
use usecase::{ChatRequest, Dialect};

/// Fields that are set anew for each provider, whatever the app put there.
const OURS: &[&str] = &["model", "messages", "stream", "stream_options"];

pub(in crate::provider) struct Fields<'a> {
    rest: &'a Map<String, Value>,
    taken: Vec<&'static str>,
    pub(in crate::provider) warnings: Warnings,
    /// The request came in Anthropic's dialect.
    pub(in crate::provider) is_anthropics: bool,
    /// It goes out in the same, so that fields unknown here are known there.
    pub(in crate::provider) same_dialect: bool,
}

impl<'a> Fields<'a> {
    /// The fields of a request to Anthropic's own API, or to another one.
    pub(in crate::provider) fn of(request: &'a ChatRequest, to_anthropic: bool) -> Self {
        let is_anthropics = request.dialect == Dialect::Messages;
        let same_dialect = is_anthropics && to_anthropic;
        Self { rest: &request.rest, taken: OURS.to_vec(), warnings: Warnings::default(), is_anthropics, same_dialect }
    }

    /// The field, unless it is absent or null; from now on it counts as accounted for.
    pub(in crate::provider) fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        self.taken.push(name);
        self.rest.get(name).filter(|value| !value.is_null())
    }

    pub(in crate::provider) fn take_number(&mut self, name: &'static str) -> Option<u64> {
        self.take(name).and_then(Value::as_u64)
    }

    pub(in crate::provider) fn take_text(&mut self, name: &'static str) -> Option<&'a str> {
        self.take(name).and_then(Value::as_str)
    }

    /// The most tokens that the answer may have, under either of its names.
    pub(in crate::provider) fn take_limit(&mut self) -> Option<u64> {
        let old = self.take_number("max_tokens");
        self.take_number("max_completion_tokens").or(old)
    }

    /// `stop`, which is a text or a list of them.
    pub(in crate::provider) fn take_stop(&mut self) -> Option<Value> {
        match self.take("stop")? {
            Value::String(stop) => Some(vec![Value::from(stop.as_str())].into()),
            Value::Array(stops) if stops.is_empty() => None,
            stops => Some(stops.clone()),
        }
    }

    /// Anthropic's features in beta that the app asks for: `anthropic_beta` stands for the header of that name.
    pub(in crate::provider) fn take_betas(&mut self) -> Vec<&'a str> {
        let names: Vec<&str> = match self.take("anthropic_beta") {
            Some(Value::String(names)) => names.split(',').collect(),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        names.into_iter().map(str::trim).filter(|name| !name.is_empty()).collect()
    }

    /// The schema that the answer has to fit. An answer that only has to be some JSON cannot be had.
    pub(in crate::provider) fn take_schema(&mut self) -> Result<Option<&'a Map<String, Value>>, String> {
        let Some(format) = self.take("response_format") else { return Ok(None) };
        let schema = format.get("json_schema").and_then(Value::as_object);
        match (format.get("type").and_then(Value::as_str), schema) {
            (Some("text"), _) => Ok(None),
            (Some("json_schema"), Some(schema)) if schema.get("schema").is_some_and(Value::is_object) => {
                Ok(Some(schema))
            }
            (Some("json_object"), _) => Err("`response_format` without a schema".to_owned()),
            _ => Err("this kind of `response_format`".to_owned()),
        }
    }

    pub(in crate::provider) fn left_out(&mut self, name: &str, why: &str) {
        self.warnings.add(format!("`{name}` was left out: {why}"));
    }

    /// Refuses the fields without which the answer would be another one, and that neither provider has.
    pub(in crate::provider) fn refuse_what_changes_the_answer(&mut self) -> Result<(), String> {
        if self.take_number("n").is_some_and(|n| n > 1) {
            return Err("more than one answer (`n`)".to_owned());
        }
        self.refuse(&["logprobs", "top_logprobs"])?;
        self.refuse_what_is_not_text()
    }

    /// Refuses what asks for anything but an answer of text and calls of declared functions.
    pub(in crate::provider) fn refuse_what_is_not_text(&mut self) -> Result<(), String> {
        let is_text = |modality: &Value| modality.as_str() == Some("text");
        if self.take("modalities").and_then(Value::as_array).is_some_and(|list| !list.iter().all(is_text)) {
            return Err("an answer that is not text (`modalities`)".to_owned());
        }
        self.expect_the_tool_chosen()?;
        if !self.same_dialect {
            self.refuse(&["mcp_servers", "container"])?;
        }
        self.refuse(&["audio", "web_search_options", "functions", "function_call"])
    }

    /// A tool that has to be called must be there.
    fn expect_the_tool_chosen(&self) -> Result<(), String> {
        let tools = self.rest.get("tools").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
        let choice = self.rest.get("tool_choice").filter(|choice| *choice == "required" || choice.is_object());
        let Some(choice) = choice else { return Ok(()) };
        let named = choice.pointer("/function/name");
        let is_it =
            |tool: &Value| named.is_none_or(|name| tool.pointer("/function/name").or(tool.get("name")) == Some(name));
        match tools.iter().any(is_it) {
            true => Ok(()),
            false => Err("`tool_choice` of a tool that is not among the `tools`".to_owned()),
        }
    }

    /// Refuses fields that say something.
    pub(in crate::provider) fn refuse(&mut self, names: &[&'static str]) -> Result<(), String> {
        match names.iter().find(|name| self.take(name).is_some_and(|value| !is_void(value))) {
            Some(name) => Err(format!("`{name}`")),
            None => Ok(()),
        }
    }

    /// Accounts for what nobody took: into `passed` where both sides speak one dialect, else by name into the warnings.
    pub(in crate::provider) fn finish(mut self, passed: &mut Map<String, Value>) -> Vec<String> {
        for (name, value) in self.rest.iter().filter(|(name, _)| !self.taken.contains(&name.as_str())) {
            if self.same_dialect {
                passed.insert(name.clone(), value.clone());
            } else if !is_void(value) {
                self.warnings.add(format!("`{}` was left out", super::read::shown(name)));
            }
        }
        self.warnings.into_vec()
    }
}

/// A value that says what is so anyway.
fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(set) => !set,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty() || text == "auto" || text == "none",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}
