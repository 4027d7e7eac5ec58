//! Trains the verifier.

mod data;

use data::Failure;
use retrieval::embedder::{self, EmbedderChoice};
use std::path::PathBuf;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage")?);
    let file = PathBuf::from(arguments.next().ok_or("usage")?);
    let mut pairs = data::read(&folder)?;
    // A spread order, so that what is there early is a fair sample.
    pairs.sort_by_key(|pair| pair.a.bytes().chain(pair.b.bytes()).fold(7u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17)));
    let embedder = embedder::open(EmbedderChoice::Minilm)?;
    data::cosines(&mut pairs, &file, embedder.as_ref())?;
    Ok(())
}
