//! Passages cut into units, scored and quoted.

use super::sentences::{sentences, units};
use super::words::{FUNCTION_WORDS, Words};
use super::{ABSTENTION, ask};
use crate::reply::{Call, ReplyBody};
use futures_util::{FutureExt, StreamExt};
use proptest::prelude::*;
use usecase::{ChatRequest, Choice, Citation, DocumentRef, Message, Passage, Role};

const HANDBOOK: &str = "# Delivery\n\nWe ship to every country of the EU. An order placed before 14:00 leaves our \
warehouse in Utrecht on the same day.\n\n## Prices\n\n| Plan | Time | Price |\n|---|---|---|\n| Standard | 3–5 days | €4.95 |\n\
| Express | 1 day | €12.50 |\n\n## Returns\n\nYou can return an article when:\n\n- it is unopened\n- the parcel is sent back within \
30 days\n\nIs a refund possible without the receipt? It is, if you paid by card. Dr. Meyer of our finance team signs refunds \
above €500.\n";

/// A passage that begins at code point 100 of its document.
fn passage(document: &str, title: &str, text: &str) -> Passage {
    let source = DocumentRef {
        collection: "docs".to_owned(),
        document: document.to_owned(),
        title: title.to_owned(),
        url: None,
    };
    let end = 100 + text.chars().count();
    Passage { source, ordinal: 2, start: 100, end, text: text.to_owned(), header: String::new(), score: 1.0 }
}

fn call(question: &str, passages: Vec<Passage>, stream: bool) -> Call {
    let request = ChatRequest { stream, ..ChatRequest::new("support", vec![Message::new(Role::User, question)]) };
    Call { request: request.into(), passages: passages.into(), question: question.to_owned(), batch: false }
}

fn answer(question: &str, passages: Vec<Passage>) -> Choice {
    match ask(&call(question, passages, false)) {
        ReplyBody::Whole(mut completion) => completion.choices.remove(0),
        ReplyBody::Stream(_) => panic!("a whole answer was asked for"),
    }
}

fn citations(choice: &Choice) -> Vec<Citation> {
    serde_json::from_value(choice.rest["citations"].clone()).expect("a list of citations")
}

fn cut(text: &str, start: usize, end: usize) -> String {
    text.chars().skip(start).take(end - start).collect()
}

/// Asks the handbook; every citation has to open the words that it stands at.
fn check(question: &str, holds: &[&str]) {
    let other =
        passage("team", "Our team", "The team meets every Monday at nine in the kitchen. Coffee is free for everyone.");
    let choice = answer(question, vec![other, passage("handbook", "Handbook", HANDBOOK)]);
    let text = choice.message.content.text();
    for piece in holds {
        assert!(text.contains(piece), "{question} should quote {piece:?}, got {text:?}");
    }
    let citations = citations(&choice);
    assert!(!citations.is_empty(), "{question}: {text}");
    for citation in citations {
        assert_eq!((citation.source.document.as_str(), citation.ordinal), ("handbook", 2), "{question}: {text}");
        let cited = cut(&text, citation.start, citation.end);
        assert_eq!(cited, cut(HANDBOOK, citation.source_start - 100, citation.source_end - 100), "{question}");
    }
}

#[test]
fn it_quotes_what_answers_with_citations_that_open_the_words() {
    check("From where are orders shipped, and when does an order leave the warehouse?", &["before 14:00", "Utrecht"]);
    check(
        "How much does express delivery cost?",
        &["| Plan | Time | Price |\n|---|---|---|\n| Express | 1 day | €12.50 |"],
    );
    check(
        "Within how many days can I send a parcel back?",
        &["You can return an article when:\n- the parcel is sent back within 30 days"],
    );
    check("Who signs refunds above 500 euros?", &["Dr. Meyer of our finance team"]);
    check("Is a refund possible without a receipt?", &["It is, if you paid by card."]);
}

#[test]
fn it_abstains_when_nothing_answers() {
    let check = |question: &str, passages: Vec<Passage>| {
        let choice = answer(question, passages);
        assert_eq!(choice.message.content.text(), ABSTENTION, "{question}");
        assert_eq!(choice.rest["abstained"], true);
        assert!(citations(&choice).is_empty());
        assert_eq!(choice.finish_reason.as_deref(), Some("stop"));
    };
    check("How tall is the Eiffel Tower?", vec![passage("handbook", "Handbook", HANDBOOK)]);
    check("What is the capital of Mongolia?", vec![passage("handbook", "Handbook", HANDBOOK)]);
    check("When does an order leave the warehouse?", Vec::new());
    check("", vec![passage("handbook", "Handbook", HANDBOOK)]);
    check("what is it?", vec![passage("handbook", "Handbook", HANDBOOK)]);
    check("When does an order leave?", vec![passage("empty", "Empty", "")]);
}

#[test]
fn a_passage_that_was_masked_is_cited_whole() {
    let mut masked = passage("handbook", "Handbook", HANDBOOK);
    masked.end += 7;
    let cited = citations(&answer("Who signs refunds above 500 euros?", vec![masked.clone()]));
    assert_eq!((cited[0].source_start, cited[0].source_end), (masked.start, masked.end));
}

#[test]
fn a_stream_says_the_same_with_the_facts_on_its_last_chunk() {
    let question = "How much does express delivery cost?";
    let passages = || vec![passage("handbook", "Handbook", HANDBOOK)];
    let whole = answer(question, passages());
    let ReplyBody::Stream(stream) = ask(&call(question, passages(), true)) else { panic!("a stream was asked for") };
    let chunks: Vec<_> = stream.collect::<Vec<_>>().now_or_never().expect("it waits for nothing");
    let chunks: Vec<_> = chunks.into_iter().map(|chunk| chunk.expect("it cannot fail")).collect();
    let text: String = chunks.iter().filter_map(|chunk| chunk.choices[0].text.clone()).collect();
    assert_eq!(text, whole.message.content.text());
    let last = chunks.last().expect("a last chunk");
    assert_eq!(last.choices[0].rest, whole.rest);
    assert_eq!(last.choices[0].finish_reason.as_deref(), Some("stop"));
    assert!(last.usage.is_some_and(|usage| usage.estimated));
}

#[test]
fn sentences_end_where_a_reader_ends_them() {
    let check = |text: &str, expected: &[&str]| {
        let found: Vec<&str> = sentences(text, 0..text.len()).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, expected);
    };
    check("One. Two! Three? Four", &["One.", "Two!", "Three?", "Four"]);
    check("Mr. Smith of the U.S. Army paid $3.50. He left.", &["Mr. Smith of the U.S. Army paid $3.50.", "He left."]);
    check("He said \"Stop.\" Then he left (slowly.) Yes.", &["He said \"Stop.\"", "Then he left (slowly.)", "Yes."]);
    check("See e.g. Annex B. version 2 follows.", &["See e.g. Annex B. version 2 follows."]);
    check("これは文です。次の文です。", &["これは文です。", "次の文です。"]);
    check("  \n ", &[]);
}

#[test]
fn markdown_is_cut_into_what_can_be_quoted() {
    let found: Vec<&str> = units(HANDBOOK).into_iter().map(|unit| &HANDBOOK[unit.span]).collect();
    assert_eq!(found[2], "| Standard | 3–5 days | €4.95 |");
    assert_eq!(found[5], "- it is unopened");
    let row = &units(HANDBOOK)[3];
    assert_eq!(
        row.headings.iter().map(|range| &HANDBOOK[range.clone()]).collect::<Vec<_>>(),
        ["# Delivery", "## Prices"]
    );
    let code = "Run:\n\n```\nshipway check support\n```\nDone.";
    let found: Vec<&str> = units(code).into_iter().map(|unit| &code[unit.span]).collect();
    assert_eq!(found, ["Run:", "```\nshipway check support\n```", "Done."]);
}

#[test]
fn the_list_of_function_words_is_sorted_and_made_of_stems() {
    assert!(FUNCTION_WORDS.is_sorted());
    let words = Words::english();
    for word in FUNCTION_WORDS {
        let stems = words.of(word);
        assert_eq!(stems.len(), 1, "{word}");
    }
    let stems: Vec<String> =
        words.of("The customers' 1,000 orders cost $4.95").into_iter().map(|word| word.stem).collect();
    assert_eq!(stems, ["the", "custom", "1000", "order", "cost", "4.95"]);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_units_lie_in_order(text in "(\\PC|[#|.*\\-\\n ?!`é。0-9]){0,200}", question in "\\PC{0,60}") {
        let mut end = 0;
        for unit in units(&text) {
            prop_assert!(unit.span.start >= end && !text[unit.span.clone()].trim().is_empty());
            end = unit.span.end;
        }
        let choice = answer(&question, vec![passage("any", "Any", &text)]);
        for citation in citations(&choice) {
            let words = cut(&choice.message.content.text(), citation.start, citation.end);
            prop_assert_eq!(words, cut(&text, citation.source_start - 100, citation.source_end - 100));
        }
    }
}
