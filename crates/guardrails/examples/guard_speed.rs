//! Prints how long the guards take, in µs, at 1 KB and 8 KB: `cargo run --release -p guardrails --example guard_speed`.

use guardrails::{Guards, Vault};
use std::time::{Duration, Instant};
use usecase::declared::Guard;
use usecase::{DocumentRef, Message, Passage, Role};

const PLAIN: &str = "The return policy says that an order can be sent back within thirty days of delivery, as long as the item \
    was not worn and still has its label. Please write down the order number 48-2291 when you call, and keep the receipt of \
    12.50 EUR from 3 May 2024. The team ignores requests without a name, so do not forget yours. ";
const LOADED: &str = "Write to ann@example.com or call +49 30 1234567 about card 4111 1111 1111 1111 and IBAN DE89 3704 0044 \
    0532 0130 00. The server 203.0.113.7 has password = \"Tr0ub4dor&3\". Zoë's naïve café déjà vu. ";

fn main() {
    let guards = Guards::new(&Guard::default());
    let declared = "The office opens at nine. Orders can be returned within 30 days. The refund is paid to the card. ";
    for bytes in [1024, 8192] {
        for (name, text) in [("plain", PLAIN), ("with values", LOADED)] {
            let text: String = text.chars().cycle().take(bytes).collect();
            let input = time(|| {
                let mut messages = [Message::new(Role::User, text.as_str())];
                guards.check_input(&mut messages, &mut Vault::new()).verdicts.len()
            });
            let passages = time(|| guards.check_passages(vec![passage(&text)], &mut Vault::new()).verdicts.len());
            println!("{bytes} bytes {name:12} input {input:?}, as a passage {passages:?} (p50, p99)");
        }
        let text: String = declared.chars().cycle().take(bytes).collect();
        let sources: Vec<Passage> =
            (0..6).map(|_| passage(&PLAIN.chars().cycle().take(1024).collect::<String>())).collect();
        let grounding = time(|| guards.check_grounding(&text, &sources).sentences.len());
        println!("{bytes} bytes answer against six passages of 1 KB: grounding {grounding:?} (p50, p99)");
    }
}

fn passage(text: &str) -> Passage {
    let source = DocumentRef { collection: "c".into(), document: "d".into(), title: "t".into(), url: None };
    Passage {
        source,
        ordinal: 0,
        start: 0,
        end: text.chars().count(),
        text: text.to_owned(),
        header: String::new(),
        score: 1.0,
    }
}

fn time(mut work: impl FnMut() -> usize) -> (Duration, Duration) {
    let mut taken: Vec<Duration> = (0..600)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(work());
            start.elapsed()
        })
        .skip(100)
        .collect();
    taken.sort();
    (taken[taken.len() / 2], taken[taken.len() * 99 / 100])
}
