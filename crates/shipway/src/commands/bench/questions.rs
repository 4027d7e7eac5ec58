//! What a bench asks: the question that was typed, a file of them, or the use case's own eval cases in turn.

use super::super::Ground;
use crate::cli::Bench;
use crate::house;
use anyhow::{Context, bail};
use bench::Request;
use evals::Suite;
use serde_json::{Map, Value, json};
use std::path::Path;

/// A model without a use case has no cases of its own.
const ANY_QUESTION: &str = "What can you do for me? Answer in one sentence.";

/// One question, and the access groups of whoever asks it.
pub(super) struct Asked {
    body: Map<String, Value>,
    pub(super) groups: Vec<String>,
}

impl Asked {
    pub(super) fn request(&self, key: Option<String>) -> Request {
        Request { body: json!(self.body).to_string().into(), key }
    }
}

/// Whether it is a use case's name, and not `provider/model`.
pub(super) fn is_use_case(name: &str) -> bool {
    !name.contains('/')
}

pub(super) fn of(ground: &Ground<'_>, bench: &Bench) -> anyhow::Result<Vec<Asked>> {
    let asked = match (&bench.cases, bench.questions.as_slice()) {
        (Some(path), _) => from_file(path)?,
        (None, [_, ..]) => bench.questions.iter().map(|question| typed(question)).collect(),
        (None, []) if is_use_case(&bench.name) => from_cases(ground, bench)?,
        (None, []) => vec![typed(ANY_QUESTION)],
    };
    let finish = |mut asked: Asked| {
        asked.body.insert("model".to_owned(), json!(bench.name));
        if bench.stream {
            asked.body.insert("stream".to_owned(), json!(true));
        }
        asked
    };
    Ok(asked.into_iter().map(finish).collect())
}

fn typed(question: &str) -> Asked {
    let messages = json!([{ "role": "user", "content": question }]);
    Asked { body: Map::from_iter([("messages".to_owned(), messages)]), groups: Vec::new() }
}

/// A question a line; a line that begins with `{` is the body of a request.
fn from_file(path: &Path) -> anyhow::Result<Vec<Asked>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let asked = lines.map(|(at, line)| match line.strip_prefix('{') {
        None => Ok(typed(line)),
        Some(_) => {
            let place = || format!("line {} of {} is not a request's JSON", at + 1, path.display());
            Ok(Asked { body: serde_json::from_str(line).with_context(place)?, groups: Vec::new() })
        }
    });
    let asked = asked.collect::<anyhow::Result<Vec<_>>>()?;
    if asked.is_empty() {
        bail!("{} holds no question: write one a line", path.display());
    }
    Ok(asked)
}

fn from_cases(ground: &Ground<'_>, bench: &Bench) -> anyhow::Result<Vec<Asked>> {
    let project = house::project(ground.project)?;
    house::known(&project, &bench.name)?;
    let suite = Suite::load(&project.use_case(&bench.name)?)?;
    if suite.cases.is_empty() {
        bail!("`{}` has no eval cases to ask: give a question, or --cases FILE", bench.name);
    }
    let asked = suite.cases.iter().map(|case| {
        let request = case.request(&bench.name);
        let mut body = Map::from_iter([("messages".to_owned(), json!(request.messages))]);
        if !request.metadata.is_empty() {
            body.insert("metadata".to_owned(), json!(request.metadata));
        }
        Asked { body, groups: case.principal(&bench.name).groups }
    });
    Ok(asked.collect())
}
