//! The keys of a case file and the types of their values: promptfoo's test, as it was written. A key that nobody knows
//! is a mistake; a key that promptfoo knows and that changes what a test means, but is not run here, makes the case
//! unsupported; a key that only concerns promptfoo's own runner is passed over.

use crate::check::did_you_mean;
use crate::yaml::{Key, Node, Place, Tree};
use serde_json::{Map, Value};
use usecase::Diagnostic;

/// A test as written, its defaults filled in.
#[derive(Clone, Default)]
pub(super) struct WrittenTest {
    pub(super) description: Option<String>,
    pub(super) vars: Map<String, Value>,
    pub(super) assertions: Vec<WrittenAssertion>,
    pub(super) threshold: Option<f64>,
    pub(super) metadata: Map<String, Value>,
    /// A list of texts as a variable is one value, not several cases.
    pub(super) keep_lists: bool,
    pub(super) no_default_assertions: bool,
    /// Why the case cannot be run as meant.
    pub(super) unsupported: Vec<String>,
    pub(super) at: Option<Place>,
    /// Its variables, or its checks, could not all be read: what seems to be missing may only be unreadable.
    pub(super) flawed_vars: bool,
    pub(super) flawed_checks: bool,
}

#[derive(Clone)]
pub(super) struct WrittenAssertion {
    pub(super) kind: String,
    pub(super) value: Option<Value>,
    pub(super) threshold: Option<f64>,
    pub(super) weight: f64,
    pub(super) metric: Option<String>,
    pub(super) metric_only: bool,
    pub(super) unsupported: Option<String>,
    pub(super) at: Place,
    pub(super) kind_at: Place,
    pub(super) value_at: Place,
    pub(super) threshold_at: Place,
}

/// Keys of a whole file that concern promptfoo's own runner: what is asked, where results go.
const FILE_PASSED_OVER: &[&str] = &[
    "commandLineOptions",
    "description",
    "env",
    "evaluateOptions",
    "metadata",
    "outputPath",
    "prompts",
    "providers",
    "sharing",
    "tags",
    "targets",
    "tracing",
];
const FILE_KEYS: &[&str] = &["tests", "defaultTest", "description", "prompts", "providers", "targets", "metadata"];
const TEST_KEYS: &[&str] = &["description", "vars", "assert", "threshold", "metadata", "options"];
const TEST_PASSED_OVER: &[&str] = &["provider", "providers", "prompts"];
const TEST_UNSUPPORTED: &[&str] = &["providerOutput", "assertScoringFunction"];
const OPTIONS_UNSUPPORTED: &[&str] = &["transform", "postprocess", "prefix", "suffix", "transformVars"];
const ASSERTION_KEYS: &[&str] = &["type", "value", "threshold", "weight", "metric"];
const ASSERTION_PASSED_OVER: &[&str] = &["provider", "rubricPrompt", "contextTransform"];
const ASSERTION_UNSUPPORTED: &[&str] = &["transform", "normalizeUnicode", "config", "assert"];

/// Reads one file: its tests, and everything that is wrong with it.
pub(super) fn read_file(file: &str, text: &str) -> (Vec<WrittenTest>, Vec<Diagnostic>) {
    let mut reader = Reader { file, text, wrong: Vec::new() };
    let tests = match Node::parse(text) {
        Ok(root) => reader.file(&root),
        Err((reason, at)) => {
            reader.wrong(at, format!("this is not valid YAML: {reason}"), None, None);
            Vec::new()
        }
    };
    (tests, reader.wrong)
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    wrong: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: Place, message: impl Into<String>, expected: Option<&str>, help: Option<String>) {
        let mut wrong = Diagnostic::at_line(self.file, self.text, at.line, at.column, message).maybe_help(help);
        wrong.expected = expected.map(str::to_owned);
        self.wrong.push(wrong);
    }

    /// The value is of another kind than it must be.
    fn mismatch(&mut self, name: &str, node: &Node, expected: &str) {
        self.wrong(node.at, format!("`{name}` is {}", node.kind()), Some(expected), None);
    }

    fn unknown_key(&mut self, key: &Key, place: &str, known: &[&str]) {
        let help = did_you_mean(&key.name, known.iter().copied());
        let expected = format!("one of {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "));
        self.wrong(key.at, format!("{place} has no key `{}`", key.name), Some(&expected), help);
    }

    fn file(&mut self, root: &Node) -> Vec<WrittenTest> {
        match &root.tree {
            // A file with nothing but comments is a place for cases to come.
            Tree::Null => Vec::new(),
            Tree::List(_) => self.tests(root, &WrittenTest::default()),
            Tree::Map(fields) => self.whole_config(root, fields),
            _ => {
                self.mismatch("the file", root, "a list of tests, or a table with `tests`");
                Vec::new()
            }
        }
    }

    fn whole_config(&mut self, root: &Node, fields: &[(Key, Node)]) -> Vec<WrittenTest> {
        let (mut tests, mut default) = (None, WrittenTest::default());
        for (key, node) in fields {
            match key.name.as_str() {
                "tests" => tests = Some(node),
                "defaultTest" => default = self.test(node, "defaultTest"),
                "scenarios" | "assertionTemplates" => {
                    let message = format!("`{}` is not read here yet", key.name);
                    self.wrong(key.at, message, Some("each test written out under `tests`"), None);
                }
                name if FILE_PASSED_OVER.contains(&name) => {}
                _ => self.unknown_key(key, "a case file", FILE_KEYS),
            }
        }
        let Some(tests) = tests else {
            self.wrong(root.at, "the file has no `tests`", Some("a list of tests, or a table with `tests`"), None);
            return Vec::new();
        };
        self.tests(tests, &default)
    }

    fn tests(&mut self, node: &Node, default: &WrittenTest) -> Vec<WrittenTest> {
        let Tree::List(items) = &node.tree else {
            self.mismatch("tests", node, "a list of tests");
            return Vec::new();
        };
        items.iter().map(|item| self.test(item, "a test").with_defaults(default)).collect()
    }

    fn test(&mut self, node: &Node, place: &str) -> WrittenTest {
        let mut test = WrittenTest { at: Some(node.at), ..WrittenTest::default() };
        let Tree::Map(fields) = &node.tree else {
            let help = matches!(&node.tree, Tree::Text(text) if text.starts_with("file://"))
                .then(|| "name further case files in `[evals] cases`".to_owned());
            let message = format!("{place} is {}", node.kind());
            self.wrong(node.at, message, Some("a table with `vars` and `assert`"), help);
            (test.flawed_vars, test.flawed_checks) = (true, true);
            return test;
        };
        for (key, value) in fields {
            match key.name.as_str() {
                "description" => test.description = self.text("description", value),
                "vars" => {
                    test.vars = self.table("vars", value);
                    test.flawed_vars |= !matches!(value.tree, Tree::Map(_) | Tree::Null);
                }
                "metadata" => test.metadata = self.table("metadata", value),
                "threshold" => test.threshold = self.number("threshold", value),
                "assert" => {
                    let before = self.wrong.len();
                    test.assertions = self.assertions(value);
                    test.flawed_checks |= self.wrong.len() > before;
                }
                "options" => self.options(value, &mut test),
                name if TEST_UNSUPPORTED.contains(&name) => {
                    test.unsupported.push(format!("`{name}` is not run here yet"));
                }
                name if TEST_PASSED_OVER.contains(&name) => {}
                _ => {
                    self.unknown_key(key, place, TEST_KEYS);
                    (test.flawed_vars, test.flawed_checks) = (true, true);
                }
            }
        }
        test
    }

    fn options(&mut self, node: &Node, test: &mut WrittenTest) {
        let Tree::Map(fields) = &node.tree else { return self.mismatch("options", node, "a table") };
        for (key, value) in fields {
            match key.name.as_str() {
                "disableVarExpansion" => test.keep_lists = matches!(value.tree, Tree::Bool(true)),
                "disableDefaultAsserts" => test.no_default_assertions = matches!(value.tree, Tree::Bool(true)),
                name if OPTIONS_UNSUPPORTED.contains(&name) => {
                    test.unsupported.push(format!("`options.{name}` is not run here yet"));
                }
                // The others concern promptfoo's runner and its graders.
                _ => {}
            }
        }
    }

    fn assertions(&mut self, node: &Node) -> Vec<WrittenAssertion> {
        let Tree::List(items) = &node.tree else {
            self.mismatch("assert", node, "a list of checks, each with a `type`");
            return Vec::new();
        };
        items.iter().filter_map(|item| self.assertion(item)).collect()
    }

    fn assertion(&mut self, node: &Node) -> Option<WrittenAssertion> {
        let Tree::Map(fields) = &node.tree else {
            let message = format!("a check is {}", node.kind());
            self.wrong(node.at, message, Some("a table with `type`, and mostly `value`"), None);
            return None;
        };
        let mut written = WrittenAssertion::at(node.at);
        let mut kind = None;
        for (key, value) in fields {
            match key.name.as_str() {
                "type" => (kind, written.kind_at) = (self.text("type", value), value.at),
                "value" => (written.value, written.value_at) = (given(value), value.at),
                "threshold" => (written.threshold, written.threshold_at) = (self.number("threshold", value), value.at),
                "weight" => written.weight = self.weight(value),
                "metric" => written.metric = self.text("metric", value),
                "metricOnly" => written.metric_only = matches!(value.tree, Tree::Bool(true)),
                name if ASSERTION_UNSUPPORTED.contains(&name) => {
                    written.unsupported = Some(format!("`{name}` in a check is not run here yet"));
                }
                name if ASSERTION_PASSED_OVER.contains(&name) => {}
                _ => self.unknown_key(key, "a check", ASSERTION_KEYS),
            }
        }
        let named = fields.iter().any(|(key, _)| key.name == "type");
        if !named {
            self.wrong(node.at, "a check has no `type`", Some("`type:`, such as `contains` or `cites`"), None);
        }
        written.kind = kind?;
        Some(written)
    }

    fn weight(&mut self, node: &Node) -> f64 {
        match self.number("weight", node) {
            Some(weight) if weight >= 0.0 => weight,
            Some(_) => {
                self.wrong(node.at, "a weight is negative", Some("0 (record only) or more"), None);
                1.0
            }
            None => 1.0,
        }
    }

    fn text(&mut self, name: &str, node: &Node) -> Option<String> {
        match &node.tree {
            Tree::Text(text) => Some(text.clone()),
            Tree::Number(number) => Some(number.to_string()),
            _ => {
                self.mismatch(name, node, "a text");
                None
            }
        }
    }

    fn number(&mut self, name: &str, node: &Node) -> Option<f64> {
        let number = match &node.tree {
            Tree::Number(number) => number.as_f64(),
            _ => None,
        };
        if number.is_none() {
            self.mismatch(name, node, "a number");
        }
        number
    }

    fn table(&mut self, name: &str, node: &Node) -> Map<String, Value> {
        match node.plain() {
            Value::Object(fields) => fields,
            Value::Null => Map::new(),
            _ => {
                self.mismatch(name, node, "a table of names and values");
                Map::new()
            }
        }
    }
}

/// An empty value is no value.
fn given(node: &Node) -> Option<Value> {
    match &node.tree {
        Tree::Null => None,
        _ => Some(node.plain()),
    }
}

impl WrittenAssertion {
    fn at(at: Place) -> Self {
        Self {
            kind: String::new(),
            value: None,
            threshold: None,
            weight: 1.0,
            metric: None,
            metric_only: false,
            unsupported: None,
            at,
            kind_at: at,
            value_at: at,
            threshold_at: at,
        }
    }
}

impl WrittenTest {
    /// `defaultTest` as promptfoo merges it: its variables and metadata unless the test has its own, its checks first.
    fn with_defaults(mut self, default: &Self) -> Self {
        if !self.no_default_assertions && !default.no_default_assertions {
            self.assertions.splice(0..0, default.assertions.iter().cloned());
        }
        let merge = |own: &mut Map<String, Value>, default: &Map<String, Value>| {
            let mut merged = default.clone();
            merged.extend(std::mem::take(own));
            *own = merged;
        };
        merge(&mut self.vars, &default.vars);
        merge(&mut self.metadata, &default.metadata);
        self.threshold = self.threshold.or(default.threshold);
        self.keep_lists |= default.keep_lists;
        self.flawed_vars |= default.flawed_vars;
        self.flawed_checks |= default.flawed_checks;
        self.unsupported.extend(default.unsupported.iter().cloned());
        self
    }
}
