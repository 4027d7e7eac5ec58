//! x
use guardrails::{Guards, Vault};
use serde_json::Value;
use usecase::declared::Guard;
use usecase::{DocumentRef, Passage};
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guards = Guards::new(&Guard::default());
    for file in std::env::args().skip(1) {
        let (mut all, mut cut, mut masked) = (0, 0, 0);
        for line in std::fs::read_to_string(&file)?.lines() {
            let row: Value = serde_json::from_str(line)?;
            let text = row["text"].as_str().unwrap_or_default();
            let source = DocumentRef { collection: "c".into(), document: "d".into(), title: "t".into(), url: None };
            let passage = Passage { source, ordinal: 0, start: 0, end: text.chars().count(), text: text.into(), score: 0.0 };
            let mut vault = Vault::new();
            let checked = guards.check_passages(vec![passage], &mut vault);
            all += 1;
            let injected = checked.verdicts.iter().any(|v| v.guard == "injection");
            cut += usize::from(injected); masked += usize::from(!vault.is_empty());
            if injected && cut < 12 { let b: String = text.chars().zip(checked.passages[0].text.chars()).filter(|(a, b)| a != b).map(|(a, _)| a).take(200).collect(); println!("{:?} {b}", checked.verdicts[0].rule); }
            if !vault.is_empty() && masked < 10 { let t=&checked.passages[0].text; let at=t.find(&"_1_").unwrap_or(0); println!("   masked {:?} {}", checked.verdicts.iter().map(|v|v.rule.as_str()).collect::<Vec<_>>(), vault.restore(&t[at.saturating_sub(20)..].chars().take(60).collect::<String>())); }
        }
        println!("{file}: {cut} cut, {masked} masked of {all}");
    }
    Ok(())
}
