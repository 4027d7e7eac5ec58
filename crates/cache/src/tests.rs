//! Partitions, what is kept and for how long, and budgets.

use crate::verifier::Verifier;
use crate::{
    Asked, Cache, Compared, Error, How, Kept, Logged, NotKept, Pair, Parts, Settings, bounds, compare, of_log, read,
    tune,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use usecase::declared::{CacheSection, Semantic};
use usecase::{
    BundleId, ChatRequest, Choice, Completion, Content, Cost, Decision, Jurisdiction, Message, Period, Role, Stage,
    Timestamp, Usage, Verdict,
};

/// All that can differ between two requests, as text that a test can change.
#[derive(Clone, Debug)]
struct Ask {
    served_by: String,
    bundle: String,
    groups: Vec<String>,
    jurisdictions: Vec<Jurisdiction>,
    snapshots: Vec<(String, u64)>,
    used: Value,
    request: ChatRequest,
    personal: bool,
}

fn ask(question: &str) -> Ask {
    let messages = vec![Message::new(Role::System, "Be exact."), Message::new(Role::User, question)];
    let request = ChatRequest::new("support", messages);
    Ask {
        served_by: "support".to_owned(),
        bundle: "b-1".to_owned(),
        groups: vec!["staff".to_owned(), "berlin".to_owned()],
        jurisdictions: vec![Jurisdiction("EU".to_owned())],
        snapshots: vec![("handbook".to_owned(), 7)],
        used: json!({}),
        request,
        personal: false,
    }
}

impl Ask {
    fn asked(&self) -> Option<Asked> {
        let bundle = BundleId::from_stored(self.bundle.clone());
        Asked::of(&Parts {
            served_by: &self.served_by,
            bundle: Some(&bundle),
            groups: &self.groups,
            jurisdictions: &self.jurisdictions,
            snapshots: &self.snapshots,
            used: self.used.as_object().expect("a map"),
            request: &self.request,
            personal: self.personal,
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn rest(self, name: &str, value: Value) -> Self {
        self.with(|ask| drop(ask.request.rest.insert(name.to_owned(), value)))
    }
}

fn asked(question: &str) -> Asked {
    ask(question).asked().expect("a plain question")
}

fn kept(text: &str) -> Kept {
    let message = Message::new(Role::Assistant, text);
    let choice = Choice { index: 0, message, finish_reason: Some("stop".to_owned()), rest: Map::new() };
    Kept {
        completion: Completion { choices: vec![choice], usage: None, rest: Map::new(), raw: None },
        citations: Vec::new(),
        verdicts: Vec::new(),
        cost: Cost::ZERO,
        usage: Usage::default(),
        model: "openai/gpt-5-mini".to_owned(),
        warnings: Vec::new(),
        snapshots: vec![("handbook".to_owned(), 7)],
        created: Timestamp(0),
    }
}

fn settings() -> Settings {
    let declared = CacheSection {
        semantic: Some(Semantic { threshold: Some(0.6), ..Semantic::default() }),
        ..CacheSection::default()
    };
    Settings::of(&declared, "minilm-l6-v2/x")
}

const NOW: Timestamp = Timestamp(1_000_000);
const VECTOR: [f32; 2] = [1.0, 0.0];

#[test]
fn the_same_question_is_served_and_one_in_other_words() {
    let cache = Cache::new(settings());
    let first = asked("How do I reset my password?");
    assert!(cache.wants_vector(&first) && cache.is_empty());
    cache.keep(&first, Some(&VECTOR), kept("So.")).expect("it may be kept");
    let hit = cache.exact(&asked("  How do I reset my password?\n"), NOW).expect("the same words");
    assert_eq!((hit.how, &*hit.kept), (How::Exact, &kept("So.")));
    let other = asked("How can I reset my password?");
    assert_eq!(cache.exact(&other, NOW), None);
    let hit = cache.near(&other, &VECTOR, NOW).expect("the same question");
    assert!(matches!(hit.how, How::Near { score, cosine } if score > 0.6 && cosine == 1.0));
    for (question, vector) in [
        ("How can I reset my username?", VECTOR.as_slice()),
        ("How can I reset my password?", &[0.5, 0.8]),
        ("How can I reset my password?", &[1.0]),
        ("How can I reset my password?", &[]),
    ] {
        assert_eq!(cache.near(&asked(question), vector, NOW), None, "{question} {vector:?}");
    }
}

/// Every change after which an answer must not be shared, though the question is the same.
fn other_partitions() -> Vec<Ask> {
    let one = || ask("How do I reset my password?");
    vec![
        one().with(|ask| ask.served_by = "sales".to_owned()),
        one().with(|ask| ask.bundle = "b-2".to_owned()),
        one().with(|ask| drop(ask.groups.pop())),
        one().with(|ask| ask.groups.push("boston".to_owned())),
        one().with(|ask| ask.groups = vec!["staffberlin".to_owned()]),
        one().with(|ask| ask.jurisdictions[0] = Jurisdiction("US".to_owned())),
        one().with(|ask| ask.jurisdictions.clear()),
        one().with(|ask| ask.snapshots[0].1 = 8),
        one().with(|ask| ask.snapshots[0].0 = "prices".to_owned()),
        one().with(|ask| ask.used = json!({ "filter": { "year": 2026 } })),
        one().with(|ask| ask.request.model = "other".to_owned()),
        one().with(|ask| ask.request.messages[0] = Message::new(Role::System, "Be short.")),
        one().with(|ask| ask.request.messages[0].role = Role::Developer),
        one().with(|ask| ask.request.messages.insert(1, Message::new(Role::User, "Hello"))),
        one().with(|ask| drop(ask.request.messages.remove(0))),
        one().with(|ask| drop(ask.request.messages[1].rest.insert("name".to_owned(), json!("ada")))),
        one().rest("tools", json!([{ "type": "function", "function": { "name": "reset" } }])),
        one().rest("response_format", json!({ "type": "json_object" })),
        one().rest("max_tokens", json!(10)),
        one().rest("temperature", json!(0)),
        one().rest("seed", json!(1)),
        one().rest("not_invented_yet", json!(true)),
    ]
}

#[test]
fn another_partition_shares_nothing() {
    let others = other_partitions();
    for (at, keeper) in others.iter().enumerate() {
        let cache = Cache::new(settings());
        cache.keep(&keeper.asked().expect("plain"), Some(&VECTOR), kept("So.")).expect("it may be kept");
        let same = asked("How do I reset my password?");
        for (other, asker) in
            others.iter().filter_map(Ask::asked).enumerate().filter(|(other, _)| *other != at).chain([(99, same)])
        {
            assert_eq!(cache.exact(&asker, NOW), None, "{at} was served to {other}");
            assert_eq!(cache.near(&asker, &VECTOR, NOW), None, "{at} was served to {other}");
        }
    }
}

#[test]
fn what_changes_no_answer_changes_no_partition() {
    let one = asked("Why?").partition();
    let same = [
        ask("Why?").with(|ask| ask.groups.reverse()),
        ask("Why?").with(|ask| ask.request.stream = true),
        ask("Why?").with(|ask| ask.request.conversation = Some("c-1".to_owned())),
        ask("Why?").rest("user", json!("u-1")),
        ask("Why?").rest("stream_options", json!({ "include_usage": true })),
        ask("Whose?"),
    ];
    for ask in same {
        assert_eq!(ask.asked().map(|asked| asked.partition()), Some(one), "{ask:?}");
    }
}

#[test]
fn requests_that_are_no_plain_question_are_left_alone() {
    let picture = Content::Parts(vec![json!({ "type": "image_url", "image_url": { "url": "data:x" } })]);
    let none = [
        ask(" \n"),
        ask("Why?").rest("n", json!(2)),
        ask("Why?").with(|ask| ask.request.messages.clear()),
        ask("Why?").with(|ask| ask.request.messages.push(Message::new(Role::Tool, "42"))),
        ask("Why?").with(|ask| ask.request.messages[1].content = picture),
    ];
    for ask in none {
        assert_eq!(ask.asked(), None, "{ask:?}");
    }
    let text = Content::Parts(vec![json!({ "type": "text", "text": "Why?" })]);
    let parts = ask("").with(|ask| ask.request.messages[1].content = text).asked().expect("plain text in parts");
    assert_eq!(parts.question(), "Why?");
}

#[test]
fn what_stands_beside_a_parts_text_counts() {
    let of = |part: Value| {
        let parts = Content::Parts(vec![part]);
        ask("").with(|ask| ask.request.messages[1].content = parts).asked().expect("plain text in parts").partition()
    };
    let one = of(json!({ "type": "text", "text": "Why?" }));
    let (a, b) = ["A", "B"].map(|context| of(json!({ "type": "text", "text": "Why?", "context": context }))).into();
    assert!(one != a && a != b);
    assert_eq!(of(json!({ "type": "text", "text": "Who?", "cache_control": { "type": "ephemeral" } })), one);
}

#[test]
fn not_every_answer_is_kept() {
    let verdict = |stage, decision| Verdict::new("g", "r", stage, decision, "");
    let judged = |stage, decision| Kept { verdicts: vec![verdict(stage, decision)], ..kept("So.") };
    let choice = |change: &dyn Fn(&mut Choice)| {
        let mut kept = kept("So.");
        change(&mut kept.completion.choices[0]);
        kept
    };
    let ended = |reason: Option<&str>| choice(&|choice| choice.finish_reason = reason.map(str::to_owned));
    let with =
        |name: &str, value: Value| choice(&|choice| drop(choice.message.rest.insert(name.to_owned(), value.clone())));
    let why = || ask("Why?");
    let cases = [
        (why(), kept("So."), None),
        (why(), judged(Stage::Passage, Decision::Mask), None),
        (why(), with("tool_calls", json!([])), None),
        (why().with(|ask| ask.personal = true), kept("So."), Some(NotKept::Personal)),
        (why().rest("temperature", json!(0.7)), kept("So."), Some(NotKept::Sampled)),
        (why(), judged(Stage::Input, Decision::Mask), Some(NotKept::Judged)),
        (why(), judged(Stage::Output, Decision::Review), Some(NotKept::Judged)),
        (why(), judged(Stage::Output, Decision::Abstain), Some(NotKept::Judged)),
        (why(), judged(Stage::Input, Decision::Refuse), Some(NotKept::Judged)),
        (why(), ended(Some("length")), Some(NotKept::NotWhole)),
        (why(), ended(Some("content_filter")), Some(NotKept::NotWhole)),
        (why(), ended(None), Some(NotKept::NotWhole)),
        (why(), kept(" "), Some(NotKept::NotWhole)),
        (why(), with("refusal", json!("I cannot")), Some(NotKept::NotAnAnswer)),
        (why(), with("tool_calls", json!([{ "id": "1" }])), Some(NotKept::NotAnAnswer)),
        (why(), kept(&"x".repeat(5_000_000)), Some(NotKept::TooLarge)),
    ];
    for (ask, kept, reason) in cases {
        let cache = Cache::new(settings());
        let asked = ask.asked().expect("plain");
        assert_eq!(cache.keep(&asked, Some(&VECTOR), kept).err(), reason, "{ask:?}");
        assert_eq!(cache.exact(&asked, NOW).is_some(), reason.is_none());
    }
}

#[test]
fn nothing_personal_is_served_either() {
    let cache = Cache::new(settings());
    cache.keep(&asked("Why?"), Some(&VECTOR), kept("So.")).expect("it may be kept");
    let personal = ask("Why?").with(|ask| ask.personal = true).asked().expect("plain");
    assert_eq!((cache.exact(&personal, NOW), cache.near(&personal, &VECTOR, NOW)), (None, None));
    assert!(!cache.wants_vector(&personal));
}

#[test]
fn chance_is_kept_where_declared() {
    let hot = ask("Why?").rest("temperature", json!(1)).asked().expect("plain");
    let cache = Cache::new(Settings { sampled: true, ..settings() });
    cache.keep(&hot, None, kept("So.")).expect("declared");
    assert!(cache.exact(&hot, NOW).is_some());
}

#[test]
fn an_answer_lives_for_its_time() {
    let cache = Cache::new(Settings { ttl: Period::from_secs(10), ..settings() });
    let (one, other) = (asked("How do I reset my password?"), asked("How can I reset my password?"));
    cache.keep(&one, Some(&VECTOR), kept("So.")).expect("it may be kept");
    let found = |micros| {
        (cache.near(&other, &VECTOR, Timestamp(micros)).is_some(), cache.exact(&one, Timestamp(micros)).is_some())
    };
    assert_eq!(found(9_999_999), (true, true));
    assert_eq!(found(10_000_000), (false, false));
    assert_eq!(cache.len(), 0, "an expired answer is dropped when it is met");
}

#[test]
fn declared_settings() {
    let unmeasured = CacheSection { semantic: Some(Semantic::default()), ..CacheSection::default() };
    assert_eq!(Settings::of(&unmeasured, "minilm-l6-v2/x").near, None, "no threshold that nobody measured");
    assert_eq!(settings().near, Some(0.6));
    let exact = Cache::new(Settings::of(&CacheSection::default(), "minilm-l6-v2/x"));
    assert!(!exact.wants_vector(&asked("Why?")));
    exact.keep(&asked("How do I pay?"), Some(&VECTOR), kept("So.")).expect("it may be kept");
    assert_eq!(exact.near(&asked("How can I pay?"), &VECTOR, NOW), None);
}

#[test]
fn several_threads_share_it() {
    let cache = Cache::new(settings());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let cache = cache.clone();
            scope.spawn(move || {
                for at in 0..200 {
                    let asked = asked(&format!("What is {}?", at + thread % 2));
                    if cache.exact(&asked, NOW).is_none() {
                        cache.keep(&asked, Some(&VECTOR), kept("So.")).expect("it may be kept");
                    }
                }
            });
        }
    });
    assert_eq!(cache.len(), 201);
}

fn compared(same: usize, wrong: usize, score: f32) -> Vec<Compared> {
    let of = |same, count| std::iter::repeat_n(Compared { same, score: Some(score) }, count);
    of(true, same).chain(of(false, wrong)).collect()
}

#[test]
fn a_threshold_within_the_budget_or_none() {
    let mut pairs = compared(1_000, 0, 0.97);
    pairs.extend(compared(1_000, 3, 0.85));
    pairs.extend(compared(500, 100, 0.6));
    pairs.push(Compared { same: true, score: None });
    let tuned = tune(&pairs, 0.01).expect("enough pairs");
    assert_eq!((tuned.threshold, tuned.served, tuned.wrong), (0.84, 2_003, 3));
    assert!(tuned.interval.1 <= 0.01 && tuned.interval.0 < tuned.false_hits && tuned.false_hits < tuned.interval.1);
    assert!((tuned.hit_rate - 2_000.0 / 2_501.0).abs() < 1e-9);
    assert_eq!(tune(&pairs, 0.2).map(|tuned| tuned.threshold), Ok(0.5));
    // Without a single wrong one it takes ln(0.05 / 10) / ln(1 - 0.01) = 528 served answers.
    let few = tune(&compared(527, 0, 0.97), 0.01).expect_err("one too few");
    assert_eq!(few, Error::TooFew { pairs: 527, percent: 1.0, needed: 528 });
    assert!(tune(&compared(528, 0, 0.97), 0.01).is_ok());
    let wrong = tune(&compared(900, 100, 0.97), 0.01).expect_err("every tenth is wrong");
    assert_eq!(wrong, Error::OverBudget { percent: 1.0, wrong: 100, served: 1_000 });
    assert!(matches!(tune(&[], 0.01), Err(Error::TooFew { pairs: 0, .. })));
    assert!(tune(&pairs, 0.0).is_err());
}

#[test]
fn bounds_as_published() {
    // Clopper and Pearson at 95 %: 0 of 10 is 0 to .3085, 1 of 10 .0025 to .4450, 5 of 10 .1871 to .8129.
    for (hits, low, high) in [(0, 0.0, 0.3085), (1, 0.0025, 0.4450), (5, 0.1871, 0.8129), (10, 0.6915, 1.0)] {
        let found = bounds(hits, 10, 0.025);
        assert!((found.0 - low).abs() < 1e-4 && (found.1 - high).abs() < 1e-4, "{hits}: {found:?}");
    }
    assert_eq!(bounds(0, 0, 0.025), (0.0, 1.0));
}

#[test]
fn pairs_from_lines() {
    let lines = "{\"a\": \"x\", \"b\": \"y\", \"same\": true, \"by\": \"ada\"}\n\n{\"a\": \"x\", \"b\": \"z\", \"same\": false}\n";
    let pairs = read(lines).expect("two pairs");
    assert_eq!(pairs[1], Pair { a: "x".to_owned(), b: "z".to_owned(), same: false });
    assert_eq!(pairs.len(), 2);
    assert!(matches!(read("{}"), Err(Error::Line { line: 1, .. })));
}

#[test]
fn pairs_from_a_log() {
    let logged = |question: &str, answer: &str, cited: &str, vector: &[f32]| Logged {
        question: question.to_owned(),
        answer: answer.to_owned(),
        cited: vec![cited.to_owned()],
        vector: vector.to_vec(),
    };
    let log = [
        logged("How long is the warranty?", "The warranty is 2 years long.", "terms", &[1.0, 0.0]),
        logged("How long is the warranty?", "The warranty is 2 years long.", "terms", &[1.0, 0.0]),
        logged("What is the warranty?", "The warranty is 2 years long", "terms", &[0.8, 0.6]),
        logged("How long is the guarantee?", "The warranty is 3 years long.", "terms", &[0.8, 0.6]),
        logged("Warranty?", "The warranty is 2 years long.", "prices", &[0.0, 1.0]),
    ];
    let same: Vec<(String, bool)> = of_log(&log).into_iter().map(|(pair, _)| (pair.b, pair.same)).collect();
    let of =
        |question: &str| same.iter().filter(|(asked, _)| asked == question).map(|(_, same)| *same).collect::<Vec<_>>();
    assert_eq!(of("What is the warranty?"), [true, true], "the same answer twice");
    assert_eq!(of("How long is the guarantee?"), [false; 3], "another number");
    assert_eq!(of("Warranty?"), [false; 4], "another document");
    assert!(of("How long is the warranty?").is_empty(), "the very same question is the exact tier's");
}

#[test]
fn a_pair_is_judged_as_the_cache_would() {
    let verifier = Verifier::for_embedder("minilm-l6-v2/x");
    let pair = |a: &str, b: &str| Pair { a: a.to_owned(), b: b.to_owned(), same: true };
    let near = pair("How do I reset my password?", "How can I reset my password?");
    assert!(compare(verifier, &near, 0.97).score.is_some_and(|score| score > 0.6));
    assert_eq!(compare(verifier, &near, 0.5).score, None, "too far apart");
    assert_eq!(compare(verifier, &pair("Is it 5?", "Is it 6?"), 1.0).score, None, "a gate");
}

proptest! {
    #[test]
    fn two_callers_share_only_with_equal_rights(a in proptest::collection::btree_set("[a-c]{1,2}", 0..4), b in proptest::collection::btree_set("[a-c]{1,2}", 0..4)) {
        let of = |groups: &std::collections::BTreeSet<String>| {
            ask("Why?").with(|ask| ask.groups = groups.iter().cloned().collect()).asked().expect("plain")
        };
        let cache = Cache::new(settings());
        cache.keep(&of(&a), Some(&VECTOR), kept("So.")).expect("it may be kept");
        prop_assert_eq!(cache.exact(&of(&b), NOW).is_some(), a == b);
        prop_assert_eq!(cache.near(&of(&b), &VECTOR, NOW).is_some(), a == b);
    }

    #[test]
    fn it_never_grows_over_its_bound(lengths in proptest::collection::vec(1_usize..40_000, 1..120)) {
        let most_bytes = 1_048_576;
        let cache = Cache::new(Settings { most_bytes, ..settings() });
        for (at, length) in lengths.iter().enumerate() {
            let kept = kept(&"x".repeat(*length));
            let _ = cache.keep(&asked(&format!("What is {at}?")), Some(&VECTOR), kept);
            prop_assert!(cache.bytes() <= most_bytes, "{} bytes", cache.bytes());
        }
    }

    #[test]
    fn a_bound_contains_the_share(total in 1_usize..400, part in 0.0_f64..=1.0, risk in 0.001_f64..0.2) {
        let hits = (part * total as f64) as usize;
        let (low, high) = bounds(hits, total, risk);
        let share = hits as f64 / total as f64;
        prop_assert!(low <= share + 1e-9 && share <= high + 1e-9 && (0.0..=1.0).contains(&low) && high <= 1.0);
    }
}
