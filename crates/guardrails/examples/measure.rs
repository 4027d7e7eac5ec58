//! Prints the figures of every guard on a folder of labelled texts: `measure FOLDER [PART]`, where only lines of capabilities that
//! contain PART are shown. `shipway guard eval` prints the same as a table.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, rest @ ..] = arguments.as_slice() else { return Err("which folder?".into()) };
    let wanted = rest.first().map_or("", String::as_str);
    let report = guardrails::measured::measure(Path::new(folder), &mut |part| eprintln!("{part}"))?;
    for figure in report.figures.iter().filter(|figure| figure.capability.contains(wanted)) {
        let show = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        let (value, low, high) = (show(figure.value), show(figure.low), show(figure.high));
        let met = figure.is_met().map_or("", |met| if met { "met" } else { "MISSED" });
        println!(
            "{:40} {:28} {:24} {value} ({low}-{high}) n={} {met}",
            figure.capability, figure.part, figure.measure, figure.rows
        );
    }
    report.notes.iter().for_each(|note| println!("note: {note}"));
    Ok(())
}
