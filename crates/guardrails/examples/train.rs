//! Trains one of the models that ship and writes it where the crate reads it: `train MODEL FOLDER [OUT]`. Without a name, lists
//! them. Word vectors need an encoder and are trained by `shipway guard train`.

use guardrails::training::{Sources, TRAINERS};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder, rest @ ..] = arguments.as_slice() else {
        TRAINERS.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    };
    let (_, train) = TRAINERS.iter().find(|(known, _)| known == name).ok_or("no such model")?;
    let sources = Sources { folder: Path::new(folder), encoder: None };
    let Some(trained) = train(&sources)? else { return Err("its rows, or the encoder, are not there".into()) };
    trained.log.iter().for_each(|line| println!("{line}"));
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/weights");
    let path = Path::new(rest.first().map_or(weights, String::as_str)).join(&trained.file);
    std::fs::write(&path, &trained.bytes)?;
    println!("{} bytes in {}", trained.bytes.len(), path.display());
    Ok(())
}
