//! The signals that need no model: whether JSON is what was asked for, and how probable an answer was.

use super::{Measured, app_asked, schema, take_probability};
use serde_json::{Map, Value, json};
use usecase::{Choice, Completion, Message, Role};

fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn says(text: &str) -> Completion {
    let message = Message::new(Role::Assistant, text);
    let choice = Choice { index: 0, message, finish_reason: Some("stop".to_owned()), rest: Map::new() };
    Completion { choices: vec![choice], usage: None, rest: Map::new(), raw: None }
}

#[test]
fn json_is_measured_where_the_request_asks_for_it() {
    let check = |format: Value, answer: &str, expected: Option<f64>| {
        let found = match schema(&fields(&json!({ "response_format": format })), &says(answer)) {
            Measured::Score(score) => Some(score),
            Measured::Absent(_) | Measured::Beside => None,
        };
        assert_eq!(found, expected, "{format}: {answer}");
    };
    let days = json!({ "type": "json_schema", "json_schema": { "name": "d", "schema":
        { "type": "object", "required": ["days"], "properties": { "days": { "type": "integer" } } } } });
    check(days.clone(), r#"{"days": 45}"#, Some(1.0));
    check(days.clone(), r#"{"days": "45"}"#, Some(0.0));
    check(days.clone(), "45 days", Some(0.0));
    check(days, "```json\n{\"days\": 45}\n```", Some(0.0));
    check(json!({ "type": "json_object" }), " {} ", Some(1.0));
    check(json!({ "type": "json_object" }), "none", Some(0.0));
    check(json!({ "type": "text" }), "anything", None);
    check(json!({ "type": "json_schema", "json_schema": { "schema": { "type": "no type" } } }), "{}", None);
    check(
        json!({ "type": "json_schema", "json_schema": { "schema": { "$ref": "http://127.0.0.1:1/x" } } }),
        "{}",
        None,
    );
}

#[test]
fn the_mean_probability_is_taken_out_unless_the_app_asked() {
    let token = |log: f64| json!({ "token": "t", "logprob": log, "top_logprobs": [] });
    let given = json!({ "logprobs": { "content": [token(0.5_f64.ln()), token(0.125_f64.ln())] } });
    for asked in [false, true] {
        let mut rest = fields(&given);
        let found = take_probability(&mut rest, asked).expect("two tokens");
        assert!((found - 0.25).abs() < 1e-12, "the geometric mean: {found}");
        assert_eq!(Value::Object(rest), if asked { given.clone() } else { json!({ "logprobs": null }) });
    }
    for nothing in [json!({}), json!({ "logprobs": null }), json!({ "logprobs": { "content": [] } })] {
        assert_eq!(take_probability(&mut fields(&nothing), false), None, "{nothing}");
    }
    assert!(app_asked(&fields(&json!({ "logprobs": true }))));
    assert!(!app_asked(&fields(&json!({ "logprobs": false }))) && !app_asked(&Map::new()));
}
