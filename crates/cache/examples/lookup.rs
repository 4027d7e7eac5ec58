//! What a look-up costs: a request to its partition, an exact hit, and a search among a full partition's questions.
//!
//! ```text
//! cargo run --release -p cache --example lookup
//! ```

use cache::{Asked, Cache, Kept, Parts, Settings};
use serde_json::Map;
use std::hint::black_box;
use std::time::Instant;
use usecase::declared::{CacheSection, Semantic};
use usecase::{ChatRequest, Choice, Completion, Cost, Message, Role, Timestamp, Usage};

const ROUNDS: u32 = 2_000;
const DIMENSIONS: usize = 384;

fn main() {
    let declared = CacheSection { semantic: Some(Semantic::default()), ..CacheSection::default() };
    let cache = Cache::new(Settings::of(&declared, "minilm-l6-v2"));
    for at in 0..256 {
        let question = format!("How do I reset the password of my {at}th account at the bank?");
        let _ = cache.keep(&asked(&question), Some(&vector(at)), kept());
    }
    let known = "How do I reset the password of my 7th account at the bank?";
    time("request to partition, 1 KB before the question", || asked(known).partition());
    let (known, other) = (asked(known), asked("How can I reset the password of my 7th account at the bank?"));
    let now = Timestamp(1);
    time("exact hit", || cache.exact(&known, now).is_some());
    time("exact miss", || cache.exact(&other, now).is_some());
    time("near, among 256 questions", || cache.near(&other, &vector(7), now).is_some());
}

fn time<T>(what: &str, mut run: impl FnMut() -> T) {
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        black_box(run());
    }
    println!("{what}: {:.2} µs", begun.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS));
}

fn asked(question: &str) -> Asked {
    let system = "Answer from the handbook. ".repeat(40);
    let request =
        ChatRequest::new("support", vec![Message::new(Role::System, system), Message::new(Role::User, question)]);
    let (groups, snapshots) = (["staff".to_owned()], [("handbook".to_owned(), 7)]);
    let parts = Parts {
        served_by: "support",
        bundle: None,
        groups: &groups,
        jurisdictions: &[],
        snapshots: &snapshots,
        used: &Map::new(),
        request: &request,
        personal: false,
    };
    Asked::of(&parts).expect("a plain question")
}

/// Unit vectors that all lie near one another, so that the verifier has the most to do.
fn vector(at: usize) -> Vec<f32> {
    let mut vector = vec![1.0 / (DIMENSIONS as f32).sqrt(); DIMENSIONS];
    vector[at % DIMENSIONS] *= 0.9;
    vector
}

fn kept() -> Kept {
    let message = Message::new(Role::Assistant, "As the handbook says. ".repeat(20));
    let choice = Choice { index: 0, message, finish_reason: Some("stop".to_owned()), rest: Map::new() };
    Kept {
        completion: Completion { choices: vec![choice], usage: None, rest: Map::new(), raw: None },
        citations: Vec::new(),
        verdicts: Vec::new(),
        cost: Cost::ZERO,
        usage: Usage::default(),
        model: "simulated/fast".to_owned(),
        warnings: Vec::new(),
        snapshots: Vec::new(),
        created: Timestamp(0),
    }
}
