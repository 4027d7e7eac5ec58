//! Measures the masking of personal data and secrets: `masking_quality <folder>` reads `pii.jsonl` (text, spans with
//! types) and `secrets.jsonl` (base64 text, label) and prints per type what was found and what was masked without
//! being labelled. With a type as second argument it prints the misses and false alarms of that type.

use base64::Engine;
use guardrails::{Guards, Vault};
use serde_json::Value;
use std::collections::BTreeMap;
use usecase::declared::Guard;
use usecase::{DocumentRef, Passage};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = arguments.get(1).ok_or("usage: masking_quality <folder> [type]")?;
    let show = arguments.get(2).map_or("", String::as_str);
    personal_data(&std::fs::read_to_string(format!("{folder}/pii.jsonl"))?, show)?;
    secrets(&std::fs::read_to_string(format!("{folder}/secrets.jsonl"))?, show)
}

/// Code-point ranges and kinds of the placeholders' sources.
fn masked(guards: &Guards, text: &str) -> Vec<(usize, usize, String)> {
    let source = DocumentRef { collection: "c".into(), document: "d".into(), title: "t".into(), url: None };
    let passage = Passage {
        source,
        ordinal: 0,
        start: 0,
        end: text.chars().count(),
        text: text.into(),
        header: String::new(),
        score: 0.0,
    };
    let mut vault = Vault::new();
    let checked = guards.check_passages(vec![passage], &mut vault);
    let (after, map) = (&checked.passages[0].text, &checked.maps[0]);
    let mut found = Vec::new();
    for (at, _) in after.match_indices('[') {
        let Some(length) = after[at..].find(']') else { continue };
        let placeholder = &after[at..at + length + 1];
        let value = vault.restore(placeholder);
        if value != placeholder {
            let start = after[..at].chars().count();
            let kind = placeholder[1..].split(|c: char| c == '_' || c.is_ascii_digit()).next().unwrap_or_default();
            let source_start = map.to_source(start);
            found.push((source_start, source_start + value.chars().count(), kind.to_owned()));
        }
    }
    found
}

fn personal_data(rows: &str, show: &str) -> Result<(), Box<dyn std::error::Error>> {
    let guards = Guards::new(&Guard { injection: usecase::declared::InjectionAction::Off, ..Guard::default() });
    let kinds = [
        ("EMAIL", "EMAIL"),
        ("PHONE", "PHONE"),
        ("CREDIT_CARD", "CARD"),
        ("IBAN", "IBAN"),
        ("IP", "IP"),
        ("SSN", "NATIONAL"),
        ("NPI", "NATIONAL"),
        ("MRN", "NATIONAL"),
    ];
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut false_alarms: BTreeMap<(String, String), usize> = BTreeMap::new();
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line)?;
        let text = row["text"].as_str().unwrap_or_default();
        let found = masked(&guards, text);
        let spans: Vec<(usize, usize, &str)> = row["spans"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|span| {
                let number = |name: &str| span[name].as_u64().unwrap_or(0) as usize;
                (number("start"), number("end"), span["type"].as_str().unwrap_or_default())
            })
            .collect();
        for (start, end, kind) in &spans {
            let Some((label, ours)) = kinds.iter().find(|(label, _)| label == kind) else { continue };
            let overlap = |(from, to, _): &(usize, usize, String)| {
                2 * end.min(to).saturating_sub(*start.max(from)) >= (end.max(to) - start.min(from))
            };
            let typed = found.iter().any(|place| overlap(place) && place.2 == *ours);
            let any = found.iter().any(overlap);
            if !any && show == *label {
                println!(
                    "missed {kind}: {}",
                    text.chars().skip(start.saturating_sub(25)).take(70).collect::<String>().replace('\n', " ")
                );
            }
            let count = counts.entry(label).or_default();
            *count = [count[0] + usize::from(typed), count[1] + usize::from(any), count[2] + 1];
        }
        for (from, to, kind) in &found {
            let labelled =
                spans.iter().find(|(start, end, _)| start.max(from) < end.min(to)).map_or("nothing", |span| span.2);
            *false_alarms.entry((kind.clone(), labelled.to_owned())).or_default() += 1;
            if show == kind && labelled == "nothing" {
                println!(
                    "false {kind}: {}",
                    text.chars().skip(from.saturating_sub(25)).take(70).collect::<String>().replace('\n', " ")
                );
            }
        }
    }
    print_personal_data(counts, false_alarms);
    Ok(())
}

fn print_personal_data(counts: BTreeMap<&str, [usize; 3]>, false_alarms: BTreeMap<(String, String), usize>) {
    for (kind, [typed, any, all]) in counts {
        println!(
            "{kind:12} right kind {typed:4}, masked {any:4} of {all:4} = {:6.2} %",
            100.0 * any as f64 / all as f64
        );
    }
    for ((kind, labelled), count) in false_alarms {
        println!("placeholder {kind:10} over text labelled {labelled:14} {count:4}");
    }
}

fn secrets(rows: &str, show: &str) -> Result<(), Box<dyn std::error::Error>> {
    let guards = Guards::new(&Guard {
        injection: usecase::declared::InjectionAction::Off,
        pii: usecase::declared::PiiAction::Off,
        ..Guard::default()
    });
    let mut counts: BTreeMap<(String, u64), (usize, usize)> = BTreeMap::new();
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line)?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(row["text_b64"].as_str().unwrap_or_default())?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let found = guards.mask(&text, &mut Vault::new()).is_some();
        let label = row["label"].as_u64().unwrap_or(0);
        if found != (label == 1) && show == "SECRET" {
            println!("{label} {}: {}", row["rule"], text.chars().take(160).collect::<String>().replace('\n', " / "));
        }
        let count = counts.entry((row["source"].as_str().unwrap_or_default().to_owned(), label)).or_default();
        *count = (count.0 + usize::from(found), count.1 + 1);
    }
    for ((source, label), (found, all)) in counts {
        println!(
            "secrets {source:14} label {label}: masked {found:4} of {all:4} = {:6.2} %",
            100.0 * found as f64 / all as f64
        );
    }
    Ok(())
}
