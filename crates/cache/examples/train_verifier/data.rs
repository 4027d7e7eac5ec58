//! Pairs of questions that were labelled, and their cosines, which are kept in a file because embedding takes minutes.

use cache::verifier::Question;
use retrieval::Embedder;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

pub(crate) type Failure = Box<dyn std::error::Error>;

/// The three sets, as they are named in DIR.
pub(crate) const SETS: [&str; 3] = ["qqp", "adversarial-questions", "one-word-changed"];

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Pair {
    pub(crate) a: String,
    pub(crate) b: String,
    pub(crate) duplicate: bool,
    #[serde(default)]
    pub(crate) kind: String,
    /// Its place in [`SETS`].
    #[serde(skip)]
    pub(crate) set: usize,
    #[serde(skip)]
    pub(crate) cosine: f32,
    /// Both texts read; `None` where one is too long to be judged.
    #[serde(skip)]
    pub(crate) questions: Option<(Question, Question)>,
    /// Pairs with a question or a kind in common are of one group.
    #[serde(skip)]
    pub(crate) group: usize,
    /// Which fold measures it: groups are not torn apart.
    #[serde(skip)]
    pub(crate) fold: usize,
}

pub(crate) const FOLDS: usize = 5;

/// Every pair of DIR.
pub(crate) fn read(folder: &Path) -> Result<Vec<Pair>, Failure> {
    let mut pairs = Vec::new();
    for (set, name) in SETS.iter().enumerate() {
        let text = std::fs::read_to_string(folder.join(format!("{name}.jsonl")))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let pair: Pair = serde_json::from_str(line)?;
            let questions = Question::read(&pair.a).zip(Question::read(&pair.b));
            pairs.push(Pair { set, questions, ..pair });
        }
    }
    Ok(pairs)
}

/// Fills in the cosines from the file, and embeds what it does not hold. The file grows as it goes, so that a run that
/// was stopped goes on where it was.
pub(crate) fn fill_cosines(pairs: &mut [Pair], file: &Path, embedder: &dyn Embedder) -> Result<(), Failure> {
    let mut known = HashMap::<String, f32>::new();
    for line in std::fs::read_to_string(file).unwrap_or_default().lines() {
        if let Some((cosine, key)) = line.split_once('\t') {
            known.insert(key.to_owned(), cosine.parse()?);
        }
    }
    let missing: Vec<usize> = (0..pairs.len()).filter(|at| !known.contains_key(&key(&pairs[*at]))).collect();
    let mut written = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    let mut vectors = HashMap::<String, Vec<f32>>::new();
    for (done, chunk) in missing.chunks(64).enumerate() {
        let mut texts: Vec<&str> = chunk.iter().flat_map(|at| [pairs[*at].a.as_str(), &pairs[*at].b]).collect();
        texts.retain(|text| !vectors.contains_key(*text));
        texts.sort_unstable();
        texts.dedup();
        let new = embedder.embed(&texts)?;
        vectors.extend(texts.into_iter().map(str::to_owned).zip(new));
        let mut lines = String::new();
        for at in chunk {
            let pair = &pairs[*at];
            let (a, b) = (&vectors[&pair.a], &vectors[&pair.b]);
            let cosine: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            writeln!(lines, "{cosine}\t{}", key(pair))?;
            known.insert(key(pair), cosine);
        }
        std::io::Write::write_all(&mut written, lines.as_bytes())?;
        if done % 20 == 0 {
            eprintln!("embedded {} of {} pairs", done * 64, missing.len());
        }
    }
    for pair in pairs {
        pair.cosine = known.get(&key(pair)).copied().unwrap_or_default();
    }
    Ok(())
}

fn key(pair: &Pair) -> String {
    let one_line = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    format!("{}\t{}", one_line(&pair.a), one_line(&pair.b))
}

/// Groups the pairs and spreads the groups over the folds.
pub(crate) fn fold(pairs: &mut [Pair]) {
    let mut places = HashMap::<String, usize>::new();
    let mut above: Vec<usize> = Vec::new();
    for pair in pairs.iter() {
        // A made-up pair is tied to its kind and not to its questions, which the kinds share.
        let ends = if pair.set == 0 { [&pair.a, &pair.b] } else { [&pair.kind, &pair.kind] };
        let [one, other] = ends.map(|end| {
            let place = *places.entry(format!("{} {end}", pair.set)).or_insert(above.len());
            if place == above.len() {
                above.push(place);
            }
            top(&above, place)
        });
        above[one.max(other)] = one.min(other);
    }
    for pair in pairs.iter_mut() {
        let end = if pair.set == 0 { &pair.a } else { &pair.kind };
        // Mixed, because neighbours in a file are alike (the finaliser of MurmurHash3).
        let mut mixed = top(&above, places[&format!("{} {end}", pair.set)]) as u64 + 1;
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        let mixed = (mixed ^ (mixed >> 33)) as usize;
        (pair.fold, pair.group) = (mixed % FOLDS, mixed / FOLDS);
    }
}

fn top(above: &[usize], mut place: usize) -> usize {
    while above[place] != place {
        place = above[place];
    }
    place
}
