//! Tools and how they are to be used, on the way in.

use crate::fields::{self, need_text, wrong};
use crate::problem::Problem;
use serde_json::{Map, Value, json};

/// A tool of the app's own becomes a function. One that Anthropic runs itself stays as it came: its provider can pass it
/// on, every other refuses it.
pub(super) fn tool(place: &str, value: Value) -> Result<Value, Problem> {
    let mut tool = fields::object(place, value)?;
    if tool.get("type").is_some_and(|kind| !kind.is_null() && kind != "custom") {
        return Ok(Value::Object(tool));
    }
    let name = need_text(place, &mut tool, "name")?;
    let Some(Value::Object(schema)) = tool.shift_remove("input_schema") else {
        return Err(wrong(&format!("{place}.input_schema"), "must be a JSON schema object"));
    };
    let mut function = Map::from_iter([("name".to_owned(), json!(name))]);
    function.extend(tool.shift_remove_entry("description"));
    function.insert("parameters".to_owned(), Value::Object(schema));
    function.extend(tool.shift_remove_entry("strict"));
    let mut translated =
        Map::from_iter([("type".to_owned(), json!("function")), ("function".to_owned(), Value::Object(function))]);
    tool.shift_remove("type");
    // `cache_control`, and what is new tomorrow.
    translated.extend(tool);
    Ok(Value::Object(translated))
}

/// `tool_choice` and `parallel_tool_calls` of the inner form.
pub(super) fn choice(mut choice: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let wanted = match need_text("tool_choice", &mut choice, "type")?.as_str() {
        "auto" => json!("auto"),
        "any" => json!("required"),
        "none" => json!("none"),
        "tool" => {
            let name = need_text("tool_choice", &mut choice, "name")?;
            json!({ "type": "function", "function": { "name": name } })
        }
        _ => return Err(wrong("tool_choice.type", "must be one of auto, any, tool, none")),
    };
    let mut put = Map::from_iter([("tool_choice".to_owned(), wanted)]);
    if choice.get("disable_parallel_tool_use") == Some(&Value::Bool(true)) {
        put.insert("parallel_tool_calls".to_owned(), json!(false));
    }
    Ok(put)
}
