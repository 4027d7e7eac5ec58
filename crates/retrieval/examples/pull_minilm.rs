//! Pulls MiniLM into the model cache, as `shipway model pull minilm` does, and embeds one sentence with it.
//!
//! ```text
//! cargo run -p retrieval --example pull_minilm -- [PATH]
//! ```

use retrieval::embedder::pull::{self, PullSource, PullStep};
use retrieval::embedder::{self, EmbedderChoice};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = std::env::args().nth(1).map_or(PullSource::Network, |path| PullSource::Path(path.into()));
    let begun = Instant::now();
    let pulled = pull::minilm(&source, &|progress| {
        if progress.step != PullStep::Fetching || progress.done == 0 {
            println!("{:?} {} {} bytes", progress.step, progress.source, progress.done);
        }
    })?;
    println!("{} bytes from {} in {:.1} s", pulled.bytes, pulled.source, begun.elapsed().as_secs_f64());
    println!("they lie in {}", pulled.folder.display());
    let begun = Instant::now();
    let embedder = embedder::open(EmbedderChoice::Auto)?;
    println!("{} opened in {:.0} ms", embedder.identity(), begun.elapsed().as_secs_f64() * 1e3);
    let vector = embedder.embed(&["How do I reset my password?"])?.swap_remove(0);
    println!("{:?}", &vector[..8]);
    Ok(())
}
