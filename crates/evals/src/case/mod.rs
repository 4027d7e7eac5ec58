//! The test set of a use case, in promptfoo's format: read once, with every mistake in every file found at once and
//! named by file, line and column.
//!
//! In reading order: `reading` (keys and types of a test) → `render` (`{{name}}`) → `expansion` (lists of variables,
//! templates, checks) → `Case`, ready to be asked and judged.

mod expansion;
mod reading;
mod render;

#[cfg(test)]
mod tests;

use crate::check::Assertion;
use serde_json::{Map, Value};
use std::collections::HashMap;
use usecase::{Diagnostic, Diagnostics};

use usecase::project::USE_CASES_FOLDER;
use usecase::{BundleId, ChatRequest, Message, Principal, PrincipalRole, UseCase};

/// Every case of a use case, with the settings of its gate.
#[derive(Debug)]
pub struct Suite {
    pub use_case: String,
    pub bundle: BundleId,
    pub settings: usecase::declared::Evals,
    /// In the order of the files and of the cases in them.
    pub cases: Vec<Case>,
}

/// One question with its checks.
#[derive(Debug)]
pub struct Case {
    /// The same across runs as long as the file, the description and the variables stay: 16 hex digits, and `-2`
    /// where two cases are equal.
    pub key: String,
    /// Changes when a check is edited.
    pub checks_hash: String,
    /// The author's description, else the question cut short.
    pub description: String,
    /// Relative to the project's root.
    pub file: String,
    /// Where the case begins, 1-based.
    pub line: usize,
    /// No statistics excuse its failure (`metadata.must_pass`).
    pub must_pass: bool,
    /// With a threshold the weighted share of passed checks must reach it; without, all must pass.
    pub threshold: Option<f64>,
    pub assertions: Vec<Assertion>,
    asking: Asking,
}

/// What is asked, by whom.
#[derive(Clone, Debug, PartialEq)]
struct Asking {
    messages: Vec<Message>,
    metadata: Map<String, Value>,
    groups: Vec<String>,
    conversation: Option<String>,
    subject: Option<String>,
}

impl Suite {
    /// Reads all case files of a use case. No file gives an empty suite, which no gate passes.
    ///
    /// # Errors
    /// Every mistake in every file.
    pub fn load(use_case: &UseCase) -> Result<Self, Diagnostics> {
        let files = use_case.cases.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        Self::of_files(&use_case.name, use_case.bundle.clone(), use_case.declared.evals.clone(), files)
    }

    /// Files are given by their path within the use case's folder.
    pub(crate) fn of_files<'a>(
        use_case: &str,
        bundle: BundleId,
        settings: usecase::declared::Evals,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Diagnostics> {
        let from_root = |(path, text)| (format!("{USE_CASES_FOLDER}/{use_case}/{path}"), text);
        let cases = read_files(files.into_iter().map(from_root))?;
        Ok(Self { use_case: use_case.to_owned(), bundle, settings, cases })
    }
}

fn read_files<'a>(files: impl Iterator<Item = (String, &'a str)>) -> Result<Vec<Case>, Diagnostics> {
    let (mut cases, mut wrong) = (Vec::new(), Diagnostics::default());
    for (file, text) in files {
        let (tests, found) = reading::read_file(&file, text);
        wrong.0.extend(found);
        for test in tests {
            match expansion::expand(&file, text, &test) {
                Ok(expanded) => cases.extend(expanded),
                Err(found) => wrong.extend(found),
            }
        }
    }
    tell_twins_apart(&mut cases);
    // One wrong check of a test with a list of variables is found once per value and said once.
    let place = |wrong: &Diagnostic| (wrong.file.clone(), wrong.line, wrong.column, wrong.message.clone());
    wrong.0.sort_by_cached_key(place);
    wrong.or_value(cases)
}

/// Two cases with equal file, description and variables get different keys, in the order they are written.
fn tell_twins_apart(cases: &mut [Case]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for case in cases {
        let count = seen.entry(case.key.clone()).or_default();
        *count += 1;
        if *count > 1 {
            case.key = format!("{}-{count}", case.key);
        }
    }
}

impl Case {
    /// The request that asks this case of `use_case`.
    pub fn request(&self, use_case: &str) -> ChatRequest {
        ChatRequest {
            metadata: self.asking.metadata.clone(),
            subject: self.asking.subject.clone(),
            conversation: self.asking.conversation.clone(),
            ..ChatRequest::new(use_case, self.asking.messages.clone())
        }
    }

    /// The caller that the case plays: it may ask this use case only, and holds the groups of `metadata.groups`.
    pub fn principal(&self, use_case: &str) -> Principal {
        Principal {
            key: "eval".to_owned(),
            name: "eval run".to_owned(),
            role: PrincipalRole::App,
            use_cases: Some(vec![use_case.to_owned()]),
            groups: self.asking.groups.clone(),
            budget_per_day: None,
        }
    }
}
