//! Measures `local/extractive` on public question sets: how often its quote holds the right answer, and how often it
//! abstains where it should and where it should not.
//!
//! `cargo run -p models --example extractive_quality -- FOLDER [ANSWERABILITY.jsonl]`
//!
//! FOLDER holds `corpus.jsonl` (id, title, text) and `queries.jsonl` (text, answer, doc), as made of XQuAD's English
//! part; the second file holds lines of question, context, label (1 = the context answers).

use models::{ABSTENTION, Call, Models, ReplyBody};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};
use usecase::declared::{ModelRef, ProjectFile, Residency};
use usecase::{ChatRequest, DocumentRef, Message, Passage, Role};

type Failure = Box<dyn std::error::Error>;

const NEAREST: usize = 6;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("expected a folder with corpus.jsonl and queries.jsonl")?;
    measure_quotes(Path::new(&folder)).await?;
    if let Some(file) = arguments.next() {
        measure_abstention(Path::new(&file)).await?;
    }
    Ok(())
}

fn rows(path: &Path) -> Result<Vec<Value>, Failure> {
    std::fs::read_to_string(path)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn field<'a>(row: &'a Value, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn passage(id: &str, title: &str, text: &str) -> Passage {
    let source =
        DocumentRef { collection: "measured".to_owned(), document: id.to_owned(), title: title.to_owned(), url: None };
    Passage {
        source,
        ordinal: 0,
        start: 0,
        end: text.chars().count(),
        text: text.to_owned(),
        header: String::new(),
        score: 0.0,
    }
}

async fn answer(question: &str, passages: Vec<Passage>) -> Result<(String, Duration), Failure> {
    let models = Models::new(&ProjectFile::default())?;
    let model = models.clear(&Residency::default(), &ModelRef::local_extractive())?;
    let request = ChatRequest::new("", vec![Message::new(Role::User, question)]);
    let call = Call { request: request.into(), passages: passages.into(), question: question.to_owned(), batch: false };
    let begun = Instant::now();
    let reply = models.call(vec![model], call).await?;
    let took = begun.elapsed();
    match reply.body {
        ReplyBody::Whole(completion) => Ok((completion.choices[0].message.content.text(), took)),
        ReplyBody::Stream(_) => Err("asked for a whole answer and got a stream".into()),
    }
}

async fn measure_quotes(folder: &Path) -> Result<(), Failure> {
    let corpus: Vec<Passage> = rows(&folder.join("corpus.jsonl"))?
        .iter()
        .map(|row| passage(field(row, "id"), field(row, "title"), field(row, "text")))
        .collect();
    let index = Index::new(&corpus);
    let queries = rows(&folder.join("queries.jsonl"))?;
    let (mut held, mut right_document, mut abstained, mut answered_without, mut characters) = (0, 0, 0, 0, 0);
    let mut times = Vec::new();
    for query in &queries {
        let (question, document) = (field(query, "text"), field(query, "doc"));
        let nearest = index.nearest(question, NEAREST + 1);
        let mut with: Vec<usize> = nearest.iter().copied().take(NEAREST).collect();
        if !with.iter().any(|at| corpus[*at].source.document == document) {
            let right = corpus.iter().position(|passage| passage.source.document == document);
            with.pop();
            with.extend(right);
        }
        let chosen: Vec<Passage> = with.iter().map(|at| corpus[*at].clone()).collect();
        let (text, took) = answer(question, chosen).await?;
        times.push(took);
        abstained += usize::from(text == ABSTENTION);
        held += usize::from(text.contains(field(query, "answer")));
        characters += text.chars().count();
        let right = corpus.iter().find(|passage| passage.source.document == document);
        right_document +=
            usize::from(right.is_some_and(|right| text.split('\n').any(|line| right.text.contains(line))));
        let without = nearest.iter().filter(|at| corpus[**at].source.document != document).take(NEAREST);
        let (text, _) = answer(question, without.map(|at| corpus[*at].clone()).collect()).await?;
        answered_without += usize::from(text != ABSTENTION);
    }
    times.sort();
    let share = |count: usize| 100.0 * count as f64 / queries.len() as f64;
    println!("questions {}", queries.len());
    println!("quote holds the answer {:.1}%, is from the right document {:.1}%", share(held), share(right_document));
    println!(
        "abstained with the right passage present {:.1}%, answered without it {:.1}%",
        share(abstained),
        share(answered_without)
    );
    println!("mean quote {:.0} characters", characters as f64 / queries.len() as f64);
    println!("time p50 {:?}, p99 {:?}", times[times.len() / 2], times[times.len() * 99 / 100]);
    Ok(())
}

async fn measure_abstention(file: &Path) -> Result<(), Failure> {
    let mut counts: BTreeMap<(String, u64), (usize, usize)> = BTreeMap::new();
    for row in rows(file)? {
        let label = row.get("label").and_then(Value::as_u64).unwrap_or_default();
        let (text, _) = answer(field(&row, "question"), vec![passage("context", "", field(&row, "context"))]).await?;
        let source = field(&row, "source").split('+').next().unwrap_or_default().to_owned();
        let (abstained, all) = counts.entry((source, label)).or_default();
        *abstained += usize::from(text == ABSTENTION);
        *all += 1;
    }
    for ((source, label), (abstained, all)) in counts {
        let kind = if label == 1 { "answerable" } else { "not answerable" };
        println!("{source}, {kind}: abstained {:.1}% of {all}", 100.0 * abstained as f64 / all as f64);
    }
    Ok(())
}

/// BM25 (k1 1.2, b 0.75) over lower-cased words: enough to find the lexically nearest passages.
struct Index {
    words: Vec<Vec<String>>,
    holding: BTreeMap<String, usize>,
    mean: f64,
}

impl Index {
    fn new(corpus: &[Passage]) -> Self {
        let words: Vec<Vec<String>> = corpus.iter().map(|passage| split(&passage.text)).collect();
        let mut holding = BTreeMap::new();
        for word in words.iter().flat_map(|words| words.iter().collect::<BTreeSet<_>>()) {
            *holding.entry(word.clone()).or_default() += 1;
        }
        let mean = words.iter().map(Vec::len).sum::<usize>() as f64 / words.len() as f64;
        Self { words, holding, mean }
    }

    fn nearest(&self, question: &str, count: usize) -> Vec<usize> {
        let asked = split(question);
        let score = |words: &Vec<String>| -> f64 {
            let of = |word: &String| {
                let frequency = words.iter().filter(|other| *other == word).count() as f64;
                let holding = self.holding.get(word).copied().unwrap_or_default() as f64;
                let rarity = (1.0 + (self.words.len() as f64 - holding + 0.5) / (holding + 0.5)).ln();
                rarity * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * words.len() as f64 / self.mean))
            };
            asked.iter().map(of).sum()
        };
        let mut ranked: Vec<(usize, f64)> = self.words.iter().map(score).enumerate().collect();
        ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        ranked.into_iter().take(count).map(|(at, _)| at).collect()
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}
