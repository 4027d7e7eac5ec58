//! `shipway ask NAME "…"`: one question at the terminal, its answer as it comes, then citations, verdicts, cost, and
//! where the time went.

use super::Ground;
use crate::cli::Ask;
use crate::house::{self, House};
use crate::paint;
use anyhow::{Context, bail};
use futures_util::StreamExt;
use ledger::{Arm, Source, Status};
use pipeline::{AnswerBody, Answered, Call, Facts, Piece};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::process::ExitCode;
use usecase::project::UseCase;
use usecase::{ChatRequest, Decision, Message, Role};

pub(crate) fn run(ground: &Ground<'_>, ask: Ask) -> anyhow::Result<ExitCode> {
    if ask.question.trim().is_empty() {
        bail!("the question is empty");
    }
    let house = House::open(ground.project)?;
    house.known(&ask.name)?;
    let (use_case, arm) = if ask.released { released(&house, &ask.name)? } else { working(&house, &ask.name)? };
    let metadata = metadata(&ask.metadata)?;
    let question = Question { use_case: &use_case, arm, groups: ask.groups, text: &ask.question, metadata };
    let told = question.ask(&house, !ground.json)?;
    if ground.json {
        paint::json(&told.as_json())?;
    } else {
        told.print();
    }
    Ok(if told.facts.is_some() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn working(house: &House, name: &str) -> anyhow::Result<(UseCase, Arm)> {
    Ok((house.parts.project.use_case(name)?, Arm::Working))
}

fn released(house: &House, name: &str) -> anyhow::Result<(UseCase, Arm)> {
    let Some(picked) = house.parts.releases.pick(name, None)? else { bail!("`{name}` was never released") };
    let bundle = house.parts.releases.bundle(&picked.bundle)?.context("the released bundle is gone")?;
    Ok((UseCase::from_bundle(&bundle)?, picked.arm))
}

fn metadata(pairs: &[String]) -> anyhow::Result<Map<String, Value>> {
    let mut metadata = Map::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').with_context(|| format!("`{pair}` is not NAME=VALUE"))?;
        metadata.insert(name.to_owned(), json!(value));
    }
    Ok(metadata)
}

/// A question as a person at the terminal asks it.
pub(crate) struct Question<'a> {
    pub(crate) use_case: &'a UseCase,
    pub(crate) arm: Arm,
    pub(crate) groups: Vec<String>,
    pub(crate) text: &'a str,
    pub(crate) metadata: Map<String, Value>,
}

/// What came back.
pub(crate) struct Told {
    pub(crate) answer: String,
    pub(crate) trace: String,
    pub(crate) model: String,
    /// `None` when the answer broke off.
    pub(crate) facts: Option<Facts>,
}

impl Question<'_> {
    /// Asks, and shows the answer as it comes when `shown`.
    pub(crate) fn ask(self, house: &House, shown: bool) -> anyhow::Result<Told> {
        let parts = &house.parts;
        let prepared = parts.pipeline.prepare(self.use_case)?;
        let question = vec![Message::new(Role::User, self.text)];
        let request =
            ChatRequest { stream: true, metadata: self.metadata, ..ChatRequest::new(&self.use_case.name, question) };
        let estimate = parts.pipeline.estimate(&prepared, &request).cost;
        let budget = prepared.budget_per_day();
        let person = house::person(self.groups);
        let admitted = parts.admission.admit(person, prepared.name(), budget, estimate)?;
        let call = Call { request, arm: self.arm, source: Source::Ask };
        house::runtime()?.block_on(async {
            let answered = parts.pipeline.answer(admitted, prepared, call).await?;
            read(answered, shown).await
        })
    }
}

async fn read(answered: Answered, shown: bool) -> anyhow::Result<Told> {
    let (trace, model) = (answered.trace.to_string(), answered.model);
    let mut told = Told { answer: String::new(), trace, model, facts: None };
    let mut pieces = match answered.body {
        AnswerBody::Whole(whole) => bail!("a whole answer came for a streamed question ({:?})", whole.facts.status),
        AnswerBody::Stream(pieces) => pieces,
    };
    while let Some(piece) = pieces.next().await {
        let (chunk, facts) = match piece {
            Piece::Chunk(chunk) => (chunk, None),
            Piece::End(ended) => (ended.finish, Some(ended.facts)),
            Piece::Failed(error) => return Err(error.into()),
        };
        for text in chunk.choices.into_iter().filter_map(|choice| choice.text) {
            if shown {
                anstream::print!("{text}");
                std::io::stdout().flush()?;
            }
            told.answer.push_str(&text);
        }
        told.facts = facts.or(told.facts);
    }
    if shown {
        paint::line("");
    }
    Ok(told)
}

impl Told {
    /// Everything but the answer, which was shown as it came.
    pub(crate) fn print(&self) {
        let Some(facts) = &self.facts else { return };
        for (at, citation) in facts.citations.iter().enumerate() {
            let source = &citation.source;
            let place = source.url.as_deref().unwrap_or(&source.document);
            let span = format!("{}–{}", citation.source_start, citation.source_end);
            paint::line(format!(
                "  {} {} {}",
                paint::good(format!("[{}]", at + 1)),
                source.title,
                paint::quiet(format!("{place} {span}"))
            ));
        }
        for verdict in facts.verdicts.iter().filter(|verdict| verdict.decision != Decision::Allow) {
            let watched = if verdict.shadow { "would " } else { "" };
            let what = format!("{watched}{} {}", verdict.decision, verdict.guard);
            paint::line(format!("  {} {}: {}", paint::care(what), verdict.rule, verdict.reason));
        }
        paint::line(format!("  {}", paint::quiet(self.summary(facts))));
    }

    fn summary(&self, facts: &Facts) -> String {
        let status = match facts.status {
            Status::Answered => "answered by",
            Status::Abstained => "abstained, asked",
            Status::Refused => "refused before asking",
            _ => "ended, asked",
        };
        let steps: Vec<String> =
            facts.spans.iter().map(|span| format!("{} {}", span.name, milliseconds(span.duration_us))).collect();
        format!(
            "{status} {} · {} · {} in all ({}) · trace {}",
            self.model,
            facts.cost,
            milliseconds(facts.total_us),
            steps.join(", "),
            self.trace
        )
    }

    fn as_json(&self) -> Value {
        let facts = self.facts.as_ref().map(|facts| {
            json!({
                "status": facts.status, "citations": facts.citations, "verdicts": facts.verdicts,
                "attempts": facts.attempts, "usage": facts.usage, "cost": facts.cost, "spans": facts.spans,
                "total_us": facts.total_us, "own_us": facts.own_us,
            })
        });
        json!({ "answer": self.answer, "trace": self.trace, "model": self.model, "facts": facts })
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of one request are far below 2^52")]
fn milliseconds(micros: u64) -> String {
    format!("{:.1} ms", micros as f64 / 1_000.0)
}
