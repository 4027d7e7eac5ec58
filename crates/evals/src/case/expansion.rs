//! From a test as written to cases that can be run: lists of variables become one case each, templates are filled in,
//! checks are compiled, and every case gets the key by which the next run finds it again.

use super::reading::{WrittenAssertion, WrittenTest};
use super::render::{self, Missing, Unrendered};
use super::{Asking, Case};
use crate::check::{Assertion, Rejected, Written, did_you_mean};
use crate::yaml::Place;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use usecase::{Diagnostic, Diagnostics, Message, Role};

/// More cases than this from one test is a slip, not a test set.
const MOST_COMBINATIONS: usize = 10_000;

const ASKS_NOTHING: &str = "the test asks nothing";
const CHECKS_NOTHING: &str = "the test checks nothing and would always pass";

pub(super) fn expand(file: &str, text: &str, test: &WrittenTest) -> Result<Vec<Case>, Diagnostics> {
    let at = test.at.unwrap_or(Place::START);
    let place = TestPlace { file, text, at };
    let combinations = match combinations(&test.vars, test.keep_lists) {
        Some(combinations) => combinations,
        None => {
            let message = format!("the lists in `vars` make more than {MOST_COMBINATIONS} cases");
            return Err(place.wrong(at, message, Some("shorter lists, or separate tests"), None));
        }
    };
    let (mut cases, mut wrong) = (Vec::new(), Diagnostics::default());
    for vars in combinations {
        match place.case(test, vars) {
            Ok(case) => cases.push(case),
            Err(found) => wrong.extend(found),
        }
    }
    // What could not be read was said already; that it is missing would be said twice.
    let follows = [(test.flawed_vars, ASKS_NOTHING), (test.flawed_checks, CHECKS_NOTHING)];
    wrong.0.retain(|wrong| !follows.contains(&(true, wrong.message.as_str())));
    if wrong.is_empty() { Ok(cases) } else { Err(wrong) }
}

/// Every combination of the listed values; as in promptfoo only a list that begins with a text is a list of values.
/// `None` when there are too many.
fn combinations(vars: &Map<String, Value>, keep_lists: bool) -> Option<Vec<Map<String, Value>>> {
    let mut combinations = vec![Map::new()];
    for (name, value) in vars {
        let values: &[Value] = match value {
            Value::Array(values) if !keep_lists && values.first().is_some_and(Value::is_string) => values,
            one => std::slice::from_ref(one),
        };
        if combinations.len().saturating_mul(values.len()) > MOST_COMBINATIONS {
            return None;
        }
        let with = |vars: &Map<String, Value>, value: &Value| {
            let mut vars = vars.clone();
            vars.insert(name.clone(), value.clone());
            vars
        };
        combinations = combinations.iter().flat_map(|vars| values.iter().map(move |value| with(vars, value))).collect();
    }
    Some(combinations)
}

struct TestPlace<'a> {
    file: &'a str,
    text: &'a str,
    at: Place,
}

impl TestPlace<'_> {
    fn wrong(
        &self,
        at: Place,
        message: impl Into<String>,
        expected: Option<&str>,
        help: Option<String>,
    ) -> Diagnostics {
        let mut wrong = Diagnostic::at_line(self.file, self.text, at.line, at.column, message).maybe_help(help);
        wrong.expected = expected.map(str::to_owned);
        wrong.into()
    }

    fn case(&self, test: &WrittenTest, written_vars: Map<String, Value>) -> Result<Case, Diagnostics> {
        let vars = fill_in(&written_vars);
        let mut wrong = Diagnostics::default();
        let asking = self.asking(test, &vars).map_err(|found| wrong.extend(found)).ok();
        let must_pass = self.must_pass(test).map_err(|found| wrong.extend(found)).unwrap_or_default();
        let (assertions, hashed) = self.assertions(test, &vars, &mut wrong);
        if let Some(asking) = asking
            && wrong.is_empty()
        {
            let question = asking.messages.last().map(|message| message.content.text()).unwrap_or_default();
            let description = test.description.clone().unwrap_or_else(|| cut(&question));
            let identity = json!([self.file, test.description, Value::Object(written_vars)]);
            return Ok(Case {
                key: digest(&identity),
                checks_hash: digest(&json!([hashed, test.threshold])),
                description: cut(&render_description(&description, &vars)),
                file: self.file.to_owned(),
                line: self.at.line,
                must_pass,
                threshold: test.threshold,
                assertions,
                asking,
            });
        }
        Err(wrong)
    }

    fn must_pass(&self, test: &WrittenTest) -> Result<bool, Diagnostics> {
        match test.metadata.get("must_pass") {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => {
                Err(self.wrong(self.at, "`metadata.must_pass` is neither true nor false", Some("true or false"), None))
            }
        }
    }

    /// What is asked and by whom: the metadata goes with the request, except what speaks of the test itself.
    fn asking(&self, test: &WrittenTest, vars: &Map<String, Value>) -> Result<Asking, Diagnostics> {
        let mut metadata = match render::value(&Value::Object(test.metadata.clone()), vars, Missing::Keep) {
            Ok(Value::Object(metadata)) => metadata,
            _ => test.metadata.clone(),
        };
        metadata.shift_remove("must_pass");
        let groups = match metadata.shift_remove("groups") {
            None => Vec::new(),
            Some(written) => texts(&written).ok_or_else(|| {
                let message = "`metadata.groups` is not a list of texts";
                self.wrong(self.at, message, Some("a list such as [\"staff\"]"), None)
            })?,
        };
        let text = |name: &str| metadata.get(name).and_then(Value::as_str).map(str::to_owned);
        let (conversation, subject) = (text("conversation"), text("subject"));
        let messages = self.messages(vars)?;
        Ok(Asking { messages, metadata, groups, conversation, subject })
    }

    fn messages(&self, vars: &Map<String, Value>) -> Result<Vec<Message>, Diagnostics> {
        if let Some(messages) = vars.get("messages") {
            let read: Result<Vec<Message>, _> = serde_json::from_value(messages.clone());
            return match read {
                Ok(messages) if messages.iter().any(|message| message.role == Role::User) => Ok(messages),
                Ok(_) => Err(self.wrong(self.at, "`vars.messages` has no message of a user", Some(MESSAGES), None)),
                Err(reason) => {
                    let message = format!("`vars.messages` cannot be read: {reason}");
                    Err(self.wrong(self.at, message, Some(MESSAGES), None))
                }
            };
        }
        let question = vars.get("question").map(render::shown).unwrap_or_default();
        if question.trim().is_empty() {
            let near = did_you_mean_question(vars);
            return Err(self.wrong(self.at, ASKS_NOTHING, Some("`vars.question`, or `vars.messages`"), near));
        }
        Ok(vec![Message::new(Role::User, question)])
    }

    /// The compiled checks, and what their hash is made of.
    fn assertions(
        &self,
        test: &WrittenTest,
        vars: &Map<String, Value>,
        wrong: &mut Diagnostics,
    ) -> (Vec<Assertion>, Vec<Value>) {
        let (mut assertions, mut hashed) = (Vec::new(), Vec::new());
        for written in &test.assertions {
            match self.assertion(written, vars) {
                Ok((assertion, identity)) => {
                    assertions.push(assertion);
                    hashed.push(identity);
                }
                Err(found) => wrong.extend(found),
            }
        }
        for reason in &test.unsupported {
            assertions.push(Assertion::unsupported("test", reason.clone(), 1.0, self.at.line));
        }
        let deciding = |assertion: &Assertion| assertion.weight() > 0.0;
        if wrong.is_empty() && !assertions.iter().any(deciding) {
            let expected = "at least one check under `assert` with a weight above 0";
            wrong.extend(self.wrong(self.at, CHECKS_NOTHING, Some(expected), None));
        }
        (assertions, hashed)
    }

    fn assertion(
        &self,
        written: &WrittenAssertion,
        vars: &Map<String, Value>,
    ) -> Result<(Assertion, Value), Diagnostics> {
        let rendered = written.value.as_ref().map(|value| render::value(value, vars, Missing::Reject)).transpose();
        let (value, unsupported) = match rendered {
            Ok(value) => (value.filter(|value| !value.is_null()), written.unsupported.clone()),
            Err(Unrendered::Unsupported(braces)) => (None, Some(format!("the template {braces} is more than a name"))),
            Err(Unrendered::Unknown(name)) => {
                let help = did_you_mean(&name, vars.keys().map(String::as_str));
                let message = format!("no variable is called `{name}`");
                return Err(self.wrong(written.value_at, message, Some("a name under `vars`"), help));
            }
        };
        let (kind, inverse) = match written.kind.strip_prefix("not-") {
            Some(kind) => (kind, true),
            None => (written.kind.as_str(), false),
        };
        let figure = matches!(kind, "latency" | "cost") && written.threshold.is_none();
        let recorded_only =
            written.weight == 0.0 || written.metric_only || (figure && !inverse && written.metric.is_some());
        let weight = if recorded_only { 0.0 } else { written.weight };
        let identity = json!([written.kind, value, written.threshold, weight]);
        let check = Written { kind: kind.to_owned(), inverse, value, threshold: written.threshold, recorded_only };
        let line = written.at.line;
        if let Some(reason) = unsupported {
            return Ok((Assertion::unsupported(&written.kind, reason, weight, line), identity));
        }
        Assertion::parse(&check, weight, written.metric.clone(), line)
            .map(|assertion| (assertion, identity))
            .map_err(|rejected| self.rejected(written, rejected))
    }

    fn rejected(&self, written: &WrittenAssertion, rejected: Rejected) -> Diagnostics {
        match rejected {
            Rejected::Type { message, expected, help } => self.wrong(written.kind_at, message, Some(&expected), help),
            Rejected::Value { message, expected } => self.wrong(written.value_at, message, Some(&expected), None),
            Rejected::Threshold { message, expected } => {
                self.wrong(written.threshold_at, message, Some(&expected), None)
            }
            Rejected::Unsupported(reason) => self.wrong(written.at, reason, None, None),
        }
    }
}

const MESSAGES: &str = "a list of { role: user, content: … }";

/// Variables may name other variables; one round, so that no circle can run.
fn fill_in(vars: &Map<String, Value>) -> Map<String, Value> {
    let fill = |value: &Value| render::value(value, vars, Missing::Keep).unwrap_or_else(|_| value.clone());
    vars.iter().map(|(name, value)| (name.clone(), fill(value))).collect()
}

fn render_description(description: &str, vars: &Map<String, Value>) -> String {
    let text = Value::String(description.to_owned());
    render::value(&text, vars, Missing::Keep).map_or_else(|_| description.to_owned(), |value| render::shown(&value))
}

/// A hint when the question was given another name, as promptfoo's prompts allow.
fn did_you_mean_question(vars: &Map<String, Value>) -> Option<String> {
    let single = vars.keys().next().filter(|_| vars.len() == 1)?;
    Some(format!("rename `{single}` to `question`: it is sent as the user's message"))
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The first 80 code points of the first line.
fn cut(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut shown: String = line.chars().take(80).collect();
    if line.chars().nth(80).is_some() {
        shown.push('…');
    }
    shown
}

/// 16 hex digits of the SHA-256 of the canonical JSON.
fn digest(value: &Value) -> String {
    let hash = Sha256::digest(canonical(value).to_string());
    usecase::ids::hex(&hash[..8])
}

/// The same value with its keys in order, so that reordering a table changes no key.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().map(|(name, field)| (name.clone(), canonical(field))).collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(sorted.into_iter().collect())
        }
        other => other.clone(),
    }
}
