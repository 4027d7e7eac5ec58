//! What makes no sense in `[guard]`.

use super::Judgement;
use super::model::KnownProviders;
use super::written::relative_path;
use crate::declared::{Action, Allowed, PiiAction, Policy, SubjectAction, Tier, UnsureAction, WhileStreaming};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::reading::did_you_mean;

/// The guards that a policy may speak of.
const GUARDS: &[&str] =
    &["pii", "secrets", "injection", "leak", "topics", "sensitive", "advice", "unanswerable", "grounding", "output"];
/// The guards that know when they are unsure.
const TIERED: &[&str] = &["injection", "sensitive", "advice", "grounding"];
/// The guards whose rules fire from a score on.
const SCORED: &[&str] = &["injection", "sensitive", "advice", "unanswerable"];
/// The guards that let words or values pass by exception.
const EXCEPTED: &[&str] = &["pii", "secrets", "injection", "sensitive", "advice"];
/// The guards that put something in the place of what they find.
const MASKING: &[&str] = &["pii", "secrets"];

/// The rule that a person's life may hang on.
const SELF_HARM: &str = "sensitive.self_harm";

/// The largest compiled form of a pattern, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

impl Judgement<'_> {
    pub(super) fn guard(&mut self, providers: &KnownProviders) {
        let guard = &self.declared.guard;
        if let Some(topics) = &guard.topics {
            self.path_inside("/guard/topics/allow", &topics.allow);
        }
        if let Some(schema) = &guard.output.schema {
            self.path_inside("/guard/output/schema", schema);
        }
        self.grounded();
        self.types();
        for (name, policy) in &guard.policy {
            self.policy(name, policy);
        }
        for (name, tier) in &guard.tier {
            self.guard_tier(name, tier, providers);
        }
        let says = guard.policy.get(SELF_HARM).is_some_and(|policy| policy.say.is_some());
        if guard.sensitive != SubjectAction::Off && !says {
            let wrong = self.source.at_key("/guard/sensitive", "nothing says what a person in danger is to read");
            self.found.push(
                wrong.help(
                    "add `[guard.policy.\"sensitive.self_harm\"]` with `say = \"…\"`: whom to call, where you are",
                ),
            );
        }
        for (index, words) in guard.output.forbidden.iter().enumerate() {
            if words.trim().is_empty() {
                let pointer = format!("/guard/output/forbidden/{index}");
                self.found.push(self.source.at_value(&pointer, "these words are empty, and stand in every answer"));
            }
        }
    }

    fn grounded(&mut self) {
        let guard = &self.declared.guard;
        let Some(grounding) = &guard.grounding else { return };
        if self.declared.retrieval.is_none() {
            let wrong = self.source.at_key("/guard/grounding", "without passages no answer can be grounded");
            self.found.push(wrong.help("add `[retrieval]`, or leave `grounding` out"));
        }
        let steps = [grounding.answer_below, grounding.caveat_below, grounding.abstain_from];
        let declared: Vec<f64> = steps.into_iter().flatten().collect();
        if !declared.is_sorted() {
            let wrong = self.source.at_key("/guard/grounding", "these risks are out of order");
            self.found.push(wrong.expected("`answer_below` up to `caveat_below` up to `abstain_from`"));
        }
        if grounding.answer_below.is_none() && !declared.is_empty() {
            let wrong = self.source.at_key("/guard/grounding", "no answer would go out as it is");
            self.found.push(wrong.help("add `answer_below`; `shipway guard calibrate` prints all three"));
        }
        let caveats = grounding.otherwise == UnsureAction::Caveat || grounding.caveat_below.is_some();
        let says = guard.policy.get("grounding").is_some_and(|policy| policy.say.is_some());
        if caveats && !says {
            let wrong = self.source.at_key("/guard/grounding", "nothing says what the caveat is");
            self.found.push(wrong.help("add `[guard.policy.grounding]` with `say = \"…\"`"));
        }
    }

    fn types(&mut self) {
        let guard = &self.declared.guard;
        for name in guard.types.keys() {
            let pointer = format!("/guard/types/{name}");
            if guard.pii == PiiAction::Off {
                self.found.push(self.source.at_key(&pointer, "with `guard.pii` off no type is looked for"));
            }
            if !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
                let wrong = self.source.at_key(&pointer, "this is no type of personal data");
                self.found.push(wrong.expected("a type in capitals, like `EMAIL`; `shipway guard types` lists them"));
            }
        }
        for (index, code) in guard.jurisdictions.iter().enumerate() {
            if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                let wrong = self.source.at_value(&format!("/guard/jurisdictions/{index}"), "this is no country");
                self.found.push(wrong.expected("two capitals, like \"US\", \"GB\" or \"EU\""));
            }
        }
    }

    fn policy(&mut self, name: &str, policy: &Policy) {
        let pointer = format!("/guard/policy/{name}");
        let guard = name.split('.').next().unwrap_or(name);
        if !GUARDS.contains(&guard) {
            let wrong = self.source.at_key(&pointer, format!("there is no guard `{guard}`"));
            let help = did_you_mean(guard, GUARDS.iter().copied());
            self.found.push(match help {
                Some(help) => wrong.help(help),
                None => wrong.expected(format!("one of {}", GUARDS.join(", "))),
            });
            return;
        }
        let masks = matches!(policy.action, Some(Action::Mask | Action::Replace | Action::Hash));
        if masks && !MASKING.contains(&guard) {
            let wrong =
                self.source.at_value(&format!("{pointer}/action"), format!("`{guard}` finds no values to mask"));
            self.found.push(wrong.expected("`allow`, `review` or `refuse`"));
        }
        if masks && policy.stream == Some(WhileStreaming::Cut) {
            let wrong = self.source.at_value(&format!("{pointer}/stream"), "what went out already cannot be masked");
            self.found.push(wrong.help("set `stream = \"hold\"`, or `action = \"refuse\"`"));
        }
        if policy.threshold.is_some() && !SCORED.contains(&guard) {
            let wrong = self
                .source
                .at_value(&format!("{pointer}/threshold"), format!("`{guard}` has no threshold of this kind"));
            self.found.push(wrong.expected(format!("a rule of {}", SCORED.join(", "))));
        }
        if !policy.allow.is_empty() && !EXCEPTED.contains(&guard) {
            let wrong = self.source.at_value(&format!("{pointer}/allow"), format!("`{guard}` knows no exceptions"));
            self.found.push(wrong.expected(format!("a rule of {}", EXCEPTED.join(", "))));
        }
        for (index, allowed) in policy.allow.iter().enumerate() {
            self.allowed(&format!("{pointer}/allow/{index}"), allowed);
        }
    }

    fn allowed(&mut self, pointer: &str, allowed: &Allowed) {
        match (&allowed.text, &allowed.pattern) {
            (Some(text), None) if text.trim().is_empty() => {
                self.found.push(self.source.at_value(&format!("{pointer}/text"), "nothing is let pass by no words"));
            }
            (Some(_), None) => {}
            (None, Some(pattern)) => {
                let compiled = regex::RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build();
                match compiled {
                    Err(error) => {
                        let wrong = self.source.at_value(&format!("{pointer}/pattern"), plain(&error));
                        self.found.push(wrong.expected("a regular expression without look-around or back references"));
                    }
                    Ok(compiled) if compiled.is_match("") => {
                        let wrong = self.source.at_value(&format!("{pointer}/pattern"), "this matches no words at all");
                        self.found.push(wrong.expected("a pattern of the words that may pass"));
                    }
                    Ok(_) => {}
                }
            }
            _ => {
                let wrong = self.source.at_value(pointer, "an exception is either a `text` or a `pattern`");
                self.found.push(wrong);
            }
        }
        if allowed.owner.trim().is_empty() {
            self.found.push(self.source.at_value(&format!("{pointer}/owner"), "nobody answers for this exception"));
        }
    }

    fn guard_tier(&mut self, name: &str, tier: &Tier, providers: &KnownProviders) {
        let pointer = format!("/guard/tier/{name}");
        if !TIERED.contains(&name) {
            let wrong = self.source.at_key(&pointer, format!("no model is asked by a guard `{name}`"));
            self.found.push(wrong.expected(format!("one of {}", TIERED.join(", "))));
        }
        let named = [("model", &tier.model), ("moderation", &tier.moderation), ("bedrock", &tier.bedrock)];
        let count = named.iter().filter(|(_, model)| model.is_some()).count() + usize::from(tier.classifier.is_some());
        if count != 1 {
            let wrong = self.source.at_key(&pointer, "which model is asked?");
            self.found.push(wrong.expected("one of `model`, `moderation`, `bedrock`, `classifier`"));
        }
        if name == "grounding" && tier.model.is_none() && count == 1 {
            let wrong = self.source.at_key(&pointer, "only a language model is shown what an answer should rest on");
            self.found.push(wrong.expected("`model`"));
        }
        for (key, model) in named {
            if let Some(model) = model {
                self.tier(&format!("{pointer}/{key}"), model, providers);
            }
        }
        if let Some(folder) = &tier.classifier
            && let Err(message) = relative_path(folder)
        {
            self.found.push(self.source.at_value(&format!("{pointer}/classifier"), message));
        }
        let [low, high] = tier.between;
        if !(0.0..=1.0).contains(&low) || !(low..=1.0).contains(&high) {
            let wrong = self.source.at_value(&format!("{pointer}/between"), "no score lies between these");
            self.found.push(wrong.expected("two numbers from 0 to 1, the smaller first, like [0.2, 0.8]"));
        }
    }
}

/// The last line of a pattern's error says what is wrong; those before it draw the pattern.
fn plain(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    format!("this pattern cannot be used: {}", last.trim_start_matches("error: "))
}

/// Checks that a file is a JSON Schema. `file` is relative to the project's root, for the message.
///
/// # Errors
/// When it is no JSON, or no schema.
pub(crate) fn read_schema(file: &str, text: &str) -> Result<(), Diagnostics> {
    let wrong = |message: String| Diagnostics::from(Diagnostic::of_file(file, message).expected("a JSON Schema"));
    let schema: serde_json::Value =
        serde_json::from_str(text).map_err(|error| wrong(format!("this is no JSON: {error}")))?;
    jsonschema::validator_for(&schema).map_err(|error| wrong(format!("this is no schema: {error}")))?;
    Ok(())
}
