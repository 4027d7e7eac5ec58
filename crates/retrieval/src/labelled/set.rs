//! The files of a labelled set: `corpus.jsonl` {id, title, text, acl, and whatever else, which is metadata}, `queries.jsonl`
//! {id, text, filter, acl} and `qrels.tsv` (query, document, relevance, separated by tabs).

use crate::Error;
use crate::document::{DocumentPut, Place};
use crate::filter::Filter;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is wrong with a set.
#[derive(Debug, thiserror::Error)]
pub enum BadSet {
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// Lines are counted from 1.
    #[error("{}:{line}: {reason}", path.display())]
    Line { path: PathBuf, line: usize, reason: String },
    #[error("{} judges none of the questions", path.display())]
    NothingJudged { path: PathBuf },
}

/// A labelled set.
#[derive(Clone, Debug, Default)]
pub struct LabelledSet {
    /// Those with a text of their own have one passage, the others none.
    pub documents: Vec<DocumentPut>,
    /// Those that somebody judged a document relevant for, in the order of the file.
    pub questions: Vec<Question>,
    /// How many further questions nobody judged.
    pub unjudged: usize,
}

/// One question and what should be found.
#[derive(Clone, Debug)]
pub struct Question {
    pub id: String,
    pub text: String,
    pub filter: Filter,
    /// The groups that its asker is in.
    pub groups: Vec<String>,
    /// How relevant a document is, above 0, by its id.
    pub relevant: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct WrittenDocument {
    id: String,
    #[serde(default)]
    title: String,
    text: String,
    acl: Option<Groups>,
    #[serde(flatten)]
    metadata: Map<String, Value>,
}

#[derive(Deserialize)]
struct WrittenQuestion {
    id: String,
    text: String,
    #[serde(default)]
    filter: Map<String, Value>,
    acl: Option<Groups>,
}

/// One group, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Groups {
    One(String),
    Several(Vec<String>),
}

impl Groups {
    fn into_list(self) -> Vec<String> {
        match self {
            Self::One(group) => vec![group],
            Self::Several(groups) => groups,
        }
    }
}

impl LabelledSet {
    /// Reads a folder.
    ///
    /// # Errors
    /// A file that is missing, a line that is not as it should be, or a judgement of what is not there.
    pub fn read(folder: &Path) -> Result<Self, BadSet> {
        let mut documents = Vec::new();
        let mut known = BTreeSet::new();
        each_line(&folder.join("corpus.jsonl"), &mut |line| {
            let written: WrittenDocument = serde_json::from_str(line).map_err(|error| error.to_string())?;
            if !known.insert(written.id.clone()) {
                return Err(format!("a second document has the id `{}`", written.id));
            }
            documents.push(document(written));
            Ok(())
        })?;
        let mut questions = BTreeMap::new();
        each_line(&folder.join("queries.jsonl"), &mut |line| {
            let written: WrittenQuestion = serde_json::from_str(line).map_err(|error| error.to_string())?;
            let id = written.id.clone();
            let question = (questions.len(), question(written).map_err(|error| error.to_string())?);
            match questions.insert(id.clone(), question) {
                Some(_) => Err(format!("a second question has the id `{id}`")),
                None => Ok(()),
            }
        })?;
        let judgements = folder.join("qrels.tsv");
        each_line(&judgements, &mut |line| judge(line, &mut questions, &known))?;
        let all = questions.len();
        let mut judged: Vec<_> =
            questions.into_values().filter(|(_, question)| !question.relevant.is_empty()).collect();
        judged.sort_unstable_by_key(|(place, _)| *place);
        if judged.is_empty() {
            return Err(BadSet::NothingJudged { path: judgements });
        }
        let unjudged = all - judged.len();
        Ok(Self { documents, questions: judged.into_iter().map(|(_, question)| question).collect(), unjudged })
    }
}

fn document(written: WrittenDocument) -> DocumentPut {
    let WrittenDocument { id, title, text, acl, metadata } = written;
    let length = text.chars().count();
    let passages = if length == 0 { Vec::new() } else { vec![Place::new(0, 0, length)] };
    DocumentPut { id, title, text, metadata, groups: acl.map(Groups::into_list), passages, ..DocumentPut::default() }
}

fn question(written: WrittenQuestion) -> Result<Question, Error> {
    let WrittenQuestion { id, text, filter, acl } = written;
    let groups = acl.map(Groups::into_list).unwrap_or_default();
    Ok(Question { id, text, filter: Filter::parse(&filter)?, groups, relevant: BTreeMap::new() })
}

fn judge(
    line: &str,
    questions: &mut BTreeMap<String, (usize, Question)>,
    documents: &BTreeSet<String>,
) -> Result<(), String> {
    let [question, document, relevance] = line.split('\t').collect::<Vec<_>>()[..] else {
        return Err("expected a query, a document and a relevance, separated by tabs".to_owned());
    };
    let relevance: f64 = relevance.trim().parse().map_err(|_| format!("`{relevance}` is no number"))?;
    if !documents.contains(document) {
        return Err(format!("corpus.jsonl has no document `{document}`"));
    }
    let Some((_, question)) = questions.get_mut(question) else {
        return Err(format!("queries.jsonl has no query `{question}`"));
    };
    if relevance.is_finite() && relevance > 0.0 {
        question.relevant.insert(document.to_owned(), relevance);
    }
    Ok(())
}

/// Gives every line that holds anything.
fn each_line(path: &Path, found: &mut dyn FnMut(&str) -> Result<(), String>) -> Result<(), BadSet> {
    let text = std::fs::read_to_string(path).map_err(|source| BadSet::Unreadable { path: path.to_owned(), source })?;
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        found(line).map_err(|reason| BadSet::Line { path: path.to_owned(), line: index + 1, reason })?;
    }
    Ok(())
}
