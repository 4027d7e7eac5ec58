//! The examples from labelled folders: attacks and honest texts, and honest texts of other capabilities (questions, prose,
//! documents) so that the model knows more of what people write than the few honest sources beside the attacks.

use super::Example;
use crate::guard::injection::language::is_english;
use crate::measured::{Unreadable, labelled};
use serde::Deserialize;
use statistics::{Random, digest};
use std::collections::HashSet;
use std::path::Path;

#[derive(Deserialize)]
struct Labelled {
    text: String,
    label: u8,
    source: String,
    lang: Option<String>,
    variant: Option<String>,
}

#[derive(Deserialize)]
struct Plain {
    text: String,
}

#[derive(Deserialize)]
struct Sensitive {
    text: String,
    label: u8,
    source: String,
}

#[derive(Deserialize)]
struct Asked {
    question: String,
    context: String,
    label: u8,
}

#[derive(Deserialize)]
struct Answered {
    context: String,
    answer: String,
}

#[derive(Deserialize)]
struct Document {
    text: String,
    kind: String,
    #[serde(default)]
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    start: usize,
    end: usize,
}

/// The set that no model here may have seen.
pub(crate) const NEVER_TRAINED: &str = "injecguard/NotInject";

/// How much a labelled honest text counts, in attacks: there are few in other languages, and a false alarm costs more
/// than a miss.
const HONEST_OTHER: f32 = 4.0;
const HONEST_ENGLISH: f32 = 2.0;
/// Honest texts of other capabilities' files.
const HONEST: f32 = 0.4;
/// Plain harmful requests: honest only in that they override nothing.
const HARMFUL: f32 = 0.25;
/// Short synthetic phrases are near copies of each other.
const SYNTHETIC: f32 = 0.3;

/// The labelled attacks and honest texts; `None` without the file.
pub(super) fn labelled(folder: &Path) -> Result<Option<Vec<Example>>, Unreadable> {
    let Some(rows) = labelled::rows::<Labelled>(folder, "injection.jsonl")? else { return Ok(None) };
    let mut examples: Vec<Example> = rows.into_iter().map(|row| example(row, 1.0)).collect();
    let short = labelled::rows::<Labelled>(folder, "injection_synthetic_short.jsonl")?.unwrap_or_default();
    examples.extend(short.into_iter().map(|row| example(row, SYNTHETIC)));
    Ok(Some(examples))
}

fn example(row: Labelled, weight: f32) -> Example {
    let english = row.lang.as_deref().is_none_or(is_english);
    let weight = match (english, row.label) {
        (false, 0) => weight * HONEST_OTHER,
        (true, 0) => weight * HONEST_ENGLISH,
        _ => weight,
    };
    Example {
        text: row.text,
        attack: row.label == 1,
        weight,
        english,
        variant: row.variant.map(|variant| (variant, row.lang.unwrap_or_default())),
        source: row.source,
        labelled: true,
    }
}

/// Honest texts of the other files, none of which is also among `known`.
pub(super) fn honest(folder: &Path, known: &[Example], random: &mut Random) -> Result<Vec<Example>, Unreadable> {
    let mut taken: HashSet<u64> = known.iter().map(|example| digest(&example.text)).collect();
    let mut found = Vec::new();
    let mut take = |texts: Vec<String>, most: usize, weight: f32, source: &str, random: &mut Random| {
        let mut texts: Vec<String> = texts.into_iter().filter(|text| taken.insert(digest(text))).collect();
        random.shuffle(&mut texts);
        texts.truncate(most);
        found.extend(texts.into_iter().map(|text| Example::unmeasured(text, false, weight, source)));
    };
    for (file, most) in [("topic_clinc150.jsonl", 2000), ("topic_banking77.jsonl", 800), ("topic_domains.jsonl", 2500)]
    {
        let rows = labelled::rows::<Plain>(folder, file)?.unwrap_or_default();
        take(rows.into_iter().map(|row| row.text).collect(), most, HONEST, file, random);
    }
    let rows = labelled::rows::<Sensitive>(folder, "sensitive.jsonl")?.unwrap_or_default();
    let (harmful, harmless): (Vec<Sensitive>, Vec<Sensitive>) = rows.into_iter().partition(|row| row.label == 1);
    take(harmless.into_iter().map(|row| row.text).collect(), 900, HONEST, "sensitive, safe", random);
    // A harmful request is another guard's matter; what this one should learn is that it is no override.
    let plain = harmful.into_iter().filter(|row| row.source != "openai-moderation-1680");
    take(plain.map(|row| row.text).collect(), 900, HARMFUL, "sensitive, harmful", random);
    let rows = labelled::rows::<Asked>(folder, "answerability.jsonl")?.unwrap_or_default();
    let own: Vec<Asked> = rows.into_iter().filter(|row| row.label == 1).collect();
    take(own.iter().map(|row| row.question.clone()).collect(), 700, HONEST, "answerability, questions", random);
    let asked = own.iter().map(|row| format!("{}\n\n{}", row.context, row.question));
    take(asked.collect(), 300, HONEST, "answerability, with context", random);
    let rows = labelled::rows::<Answered>(folder, "groundedness.jsonl")?.unwrap_or_default();
    take(rows.iter().map(|row| row.answer.clone()).collect(), 900, HONEST, "groundedness, answers", random);
    take(rows.into_iter().map(|row| row.context).collect(), 700, HONEST, "groundedness, contexts", random);
    let rows = labelled::rows::<Document>(folder, "indirect.jsonl")?.unwrap_or_default();
    let documents = rows.into_iter().filter(|row| row.kind == "benign_doc").map(|row| row.text);
    take(documents.collect(), 300, HONEST, "indirect, honest", random);
    Ok(found)
}

/// Honest prose of one to eight sentences, for putting things into.
pub(super) fn documents(honest: &[Example], random: &mut Random) -> Vec<String> {
    let prose = honest.iter().filter(|one| one.source.contains("context") || one.source.contains("indirect"));
    prose
        .map(|one| {
            let sentences = crate::sentences::sentences(&one.text);
            let first = random.below(sentences.len().saturating_sub(2).max(1));
            let last = (first + 1 + random.below(8)).min(sentences.len());
            match (sentences.get(first), last.checked_sub(1).and_then(|last| sentences.get(last))) {
                (Some(from), Some(to)) => one.text[from.start..to.start + to.text.len()].to_owned(),
                _ => one.text.clone(),
            }
        })
        .collect()
}

/// The announcements that stand before injected orders in the labelled documents. Not trained on: they say how well
/// phrases of another author are found.
pub(super) fn announcements(folder: &Path) -> Result<Vec<String>, Unreadable> {
    let rows = labelled::rows::<Document>(folder, "indirect.jsonl")?.unwrap_or_default();
    let injected = |row: &Document| -> Option<String> {
        let span = row.spans.first()?;
        Some(row.text.chars().skip(span.start).take(span.end.saturating_sub(span.start)).collect())
    };
    let of_kind = |kind: &str| rows.iter().filter(|row| row.kind == kind).filter_map(injected).collect::<HashSet<_>>();
    let plain = of_kind("inject_plain");
    let cut = of_kind("inject_trigger").into_iter().filter_map(|text| {
        let order = plain.iter().filter(|order| text.ends_with(order.as_str())).max_by_key(|order| order.len())?;
        Some(text[..text.len() - order.len()].trim().to_owned())
    });
    let mut cut: Vec<String> = cut.filter(|text| text.len() > 10).collect::<HashSet<_>>().into_iter().collect();
    cut.sort();
    Ok(cut)
}
