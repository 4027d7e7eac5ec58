//! Answers that must be JSON of a declared schema. What a model writes around or into its JSON without changing what it
//! says (a fence, a sentence before it, a comma too many) is taken away, and the result is judged again; nothing is
//! invented: an answer that broke off stays broken.

use super::GUARD;
use serde_json::Value;
use usecase::{Decision, Stage, Verdict};

/// A compiled JSON Schema.
#[derive(Debug)]
pub(crate) struct Shape(jsonschema::Validator);

/// What came of holding an answer against its schema.
#[derive(Debug)]
pub struct Shaped {
    /// The answer as it should go out, where it had to be repaired.
    pub repaired: Option<String>,
    pub verdict: Verdict,
}

/// Problems that one verdict tells of.
const TOLD: usize = 3;

impl Shape {
    /// `None` for what is no schema; the configuration's check refuses that.
    pub(crate) fn of(schema: &str) -> Option<Self> {
        jsonschema::validator_for(&serde_json::from_str(schema).ok()?).ok().map(Self)
    }

    pub(crate) fn judge(&self, answer: &str, otherwise: Decision) -> Shaped {
        let told = |decision, reason: String| Verdict::new(GUARD, "schema", Stage::Output, decision, reason);
        let as_said = serde_json::from_str::<Value>(answer);
        let (value, repaired) = match as_said {
            Ok(value) => (value, None),
            Err(error) => match repaired(answer) {
                Some((text, value)) => (value, Some(text)),
                None => {
                    let reason = format!("the answer is no JSON (line {}, column {})", error.line(), error.column());
                    return Shaped { repaired: None, verdict: told(otherwise, reason) };
                }
            },
        };
        let problems: Vec<String> = self.0.iter_errors(&value).take(TOLD).map(|error| place(&error)).collect();
        let verdict = match (problems.is_empty(), repaired.is_some()) {
            (true, false) => told(Decision::Allow, "the answer meets its schema".to_owned()),
            (true, true) => told(Decision::Mask, "the answer meets its schema after a repair of its form".to_owned()),
            (false, _) => told(otherwise, format!("the answer misses its schema: {}", problems.join("; "))),
        };
        Shaped { repaired: repaired.filter(|_| problems.is_empty()), verdict }
    }
}

/// Where a value misses the schema and which rule it misses; its content stays out of the record.
fn place(error: &jsonschema::ValidationError<'_>) -> String {
    let (at, rule) = (error.instance_path().to_string(), error.schema_path().to_string());
    let rule = rule.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or("schema").to_owned();
    format!("`{}` at {}", rule, if at.is_empty() { "the top" } else { at.as_str() })
}

/// The JSON in a text, and its value.
fn repaired(answer: &str) -> Option<(String, Value)> {
    let start = answer.find(['{', '['])?;
    let end = answer.rfind(['}', ']'])?;
    let inner = answer.get(start..=end)?;
    let tidy = without_extras(inner);
    let value = serde_json::from_str(&tidy).ok()?;
    Some((tidy, value))
}

/// JSON without comments and without commas before a closing bracket.
fn without_extras(json: &str) -> String {
    let mut tidy = String::with_capacity(json.len());
    let mut rest = json.chars().peekable();
    let (mut in_string, mut escaped) = (false, false);
    while let Some(character) = rest.next() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            tidy.push(character);
            continue;
        }
        match character {
            '"' => in_string = true,
            '/' if rest.peek() == Some(&'/') => {
                while rest.next_if(|next| *next != '\n').is_some() {}
                continue;
            }
            '}' | ']' => {
                let kept = tidy.trim_end().len();
                if tidy[..kept].ends_with(',') {
                    tidy.truncate(kept - 1);
                }
            }
            _ => {}
        }
        tidy.push(character);
    }
    tidy
}
