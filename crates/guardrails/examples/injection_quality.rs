//! Measures the injection rules on labelled texts: `injection_quality <folder>` reads `injection.jsonl` (text, label,
//! source) and `indirect.jsonl` (text, label, spans, source, kind) and prints recall and false alarms per source. With a
//! second argument it also prints what was judged wrongly in sources that contain that word.

use guardrails::Guards;
use serde_json::Value;
use std::collections::BTreeMap;
use usecase::declared::Guard;
use usecase::{DocumentRef, Message, Passage, Role};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = arguments.get(1).ok_or("usage: injection_quality <folder> [show wrong ones of this source]")?;
    let show = arguments.get(2).map(String::as_str);
    direct(&std::fs::read_to_string(format!("{folder}/injection.jsonl"))?, show)?;
    indirect(&std::fs::read_to_string(format!("{folder}/indirect.jsonl"))?, show)
}

fn text_of<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

fn direct(rows: &str, show: Option<&str>) -> Result<(), Box<dyn std::error::Error>> {
    let guards = Guards::new(&Guard::default());
    let mut counts: BTreeMap<(bool, String), (usize, usize)> = BTreeMap::new();
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line)?;
        let attack = row["label"] == 1;
        let mut messages = [Message::new(Role::User, text_of(&row, "text"))];
        let verdicts = guards.check_input(&mut messages, &mut guardrails::Vault::new());
        let fired = verdicts.iter().find(|verdict| verdict.guard == "injection");
        let source = text_of(&row, "source").to_owned();
        if fired.is_some() != attack && show.is_some_and(|wanted| source.contains(wanted)) {
            let shown: String = text_of(&row, "text").chars().take(300).collect();
            println!("{source} {:?}: {}", fired.map(|v| (&v.rule, v.score)), shown.replace('\n', " / "));
        }
        let count = counts.entry((attack, source)).or_default();
        *count = (count.0 + usize::from(fired.is_some()), count.1 + 1);
    }
    for ((attack, source), (fired, all)) in counts {
        let what = if attack { "recall     " } else { "false alarm" };
        println!("{what} {source:46} {fired:5} of {all:5} = {:6.2} %", 100.0 * fired as f64 / all as f64);
    }
    Ok(())
}

fn indirect(rows: &str, show: Option<&str>) -> Result<(), Box<dyn std::error::Error>> {
    let mut counts: BTreeMap<(String, String), [usize; 3]> = BTreeMap::new();
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line)?;
        let text = text_of(&row, "text");
        let source = DocumentRef { collection: "c".into(), document: "d".into(), title: "t".into(), url: None };
        let end = text.chars().count();
        let passage =
            Passage { source, ordinal: 0, start: 0, end, text: text.to_owned(), header: String::new(), score: 0.0 };
        let declared = Guard {
            pii: usecase::declared::PiiAction::Off,
            secrets: usecase::declared::SecretsAction::Off,
            ..Guard::default()
        };
        let checked = Guards::new(&declared).check_passages(vec![passage], &mut guardrails::Vault::new());
        let after: Vec<char> = checked.passages[0].text.chars().collect();
        let before: Vec<char> = text.chars().collect();
        let cut = before.iter().zip(&after).filter(|(one, other)| one != other).count();
        let hit = row["spans"].as_array().into_iter().flatten().any(|span| {
            let place =
                |name: &str, index: usize| span[name].as_u64().or_else(|| span[index].as_u64()).unwrap_or(0) as usize;
            let range = place("start", 0)..place("end", 1).min(after.len());
            let inside = range.clone().filter(|at| before[*at] != after[*at]).count();
            2 * inside >= before[range].iter().filter(|c| !c.is_whitespace()).count()
        });
        if show.is_some_and(|wanted| text_of(&row, "source").contains(wanted)) && (cut > 0) != (row["label"] == 1) {
            let shown: String =
                before.iter().zip(&after).filter(|(one, other)| one != other).map(|(c, _)| *c).take(300).collect();
            let span = &row["spans"][0];
            let range = span["start"].as_u64().unwrap_or(0) as usize..span["end"].as_u64().unwrap_or(0) as usize;
            let missed: String = before[range].iter().take(200).collect();
            println!(
                "{} {:?} CUT {} MISSED {}",
                text_of(&row, "kind"),
                checked.verdicts.first().map(|v| (&v.rule, v.score)),
                shown,
                missed
            );
        }
        let count = counts.entry((text_of(&row, "kind").to_owned(), text_of(&row, "source").to_owned())).or_default();
        *count = [count[0] + usize::from(cut > 0), count[1] + usize::from(hit), count[2] + 1];
    }
    for ((kind, source), [cut, hit, all]) in counts {
        let share = |count: usize| 100.0 * count as f64 / all as f64;
        println!(
            "{kind:15} {source:15} cut something {cut:4} = {:6.2} %, half the span {hit:4} = {:6.2} %, of {all}",
            share(cut),
            share(hit)
        );
    }
    Ok(())
}
