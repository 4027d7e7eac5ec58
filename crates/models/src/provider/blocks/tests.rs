//! What is known of Claude by its name, and where the prompt cache is marked.

use super::cache::{self, Rules};
use super::claude::Claude;
use super::fields::Fields;
use super::warnings::Warnings;
use super::{Conversation, Piece, Tool, answer, read};
use crate::reply::Call;
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::{ChatRequest, Dialect, DocumentRef, Passage};

/// A call as an app makes it: its body is OpenAI's, but for what other dialects have in addition.
pub(in crate::provider) fn call(dialect: Dialect, body: Value) -> Call {
    let Value::Object(mut rest) = body else { panic!("a body is an object") };
    let mut messages = rest.shift_remove("messages").unwrap_or_default();
    for message in messages.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        message.entry("content").or_insert(Value::Null);
    }
    let messages = serde_json::from_value(messages).expect("messages");
    let stream = rest.shift_remove("stream") == Some(Value::Bool(true));
    let request = ChatRequest::new("support", messages);
    let request = Arc::new(ChatRequest { rest, stream, dialect, ..request });
    let question = request.question();
    Call { request, passages: Arc::new([]), question, batch: false }
}

#[test]
fn a_model_is_known_by_its_name() {
    let check = |name: &str, samples: bool, schemas: bool, least: u64| {
        let claude = Claude::of(name).unwrap_or_else(|| panic!("{name} is Claude"));
        let read = (claude.samples_as_told(), claude.fits_schemas(), claude.least_cached());
        assert_eq!(read, (samples, schemas, least), "{name}");
    };
    check("claude-3-haiku-20240307", true, false, 2048);
    check("claude-3-5-sonnet-latest", true, false, 1024);
    check("anthropic.claude-3-7-sonnet-20250219-v1:0", true, false, 1024);
    check("claude-opus-4-20250514", true, false, 1024);
    check("claude-opus-4-1", true, false, 1024);
    check("claude-haiku-4-5-20251001", true, true, 4096);
    check("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", true, true, 1024);
    check("claude-opus-4-6", true, true, 4096);
    check("claude-opus-4.7", false, true, 2048);
    check("claude-opus-4-8", false, true, 1024);
    check("claude-sonnet-5", false, true, 1024);
    check("global.anthropic.claude-opus-5-v1:0", false, true, 512);
    check("claude-haiku-5-5", false, true, 512);
    for stranger in ["gpt-5", "amazon.nova-pro-v1:0", "claude-mythos-preview", "claude-", "", "claude-日本"] {
        assert_eq!(Claude::of(stranger), None, "{stranger}");
    }
}

/// The places of the marks: `tools`, `system` with the marked text's end, and the turns.
fn marks(call: &Call, rules: Rules) -> Vec<String> {
    let mut conversation: Conversation =
        read::conversation(&call.request.messages, false, &mut Warnings::default()).expect("it can be read");
    let mut tools =
        read::tools(call.request.rest.get("tools"), false, &mut Warnings::default()).expect("they can be read");
    let before: String = texts(&conversation);
    cache::mark(&mut conversation, &mut tools, call, rules);
    assert_eq!(texts(&conversation), before, "nothing is said otherwise");
    let tools = tools.iter().filter(|tool| matches!(tool, Tool::Function { cache: Some(_), .. }));
    let mut marks: Vec<String> = tools.map(|_| "tools".to_owned()).collect();
    for block in conversation.system.iter().filter(|block| block.cache.is_some()) {
        let Piece::Text(text) = &block.piece else { continue };
        let end: String = text.trim_end().chars().rev().take(7).collect();
        marks.push(format!("system …{}", end.chars().rev().collect::<String>()));
    }
    for (at, turn) in conversation.turns.iter().enumerate() {
        marks.extend(turn.blocks.iter().filter(|block| block.cache.is_some()).map(|_| format!("turn {at}")));
    }
    marks
}

fn texts(conversation: &Conversation) -> String {
    let texts = conversation.blocks().filter_map(|block| match &block.piece {
        Piece::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn the_cache_is_marked_where_the_prompt_stays_the_same() {
    let rules = Rules { least: 1000, tools: true };
    let check = |name: &str, call: &Call, rules: Rules, expected: &[&str]| {
        assert_eq!(marks(call, rules), expected, "{name}");
    };
    let long = "word ".repeat(1000);
    let chat = |messages: Value, tools: Value| call(Dialect::Chat, json!({"messages": messages, "tools": tools}));
    let system = |text: String| json!({"role": "system", "content": text});
    let user = |text: &str| json!({"role": "user", "content": text});
    let assistant = json!({"role": "assistant", "content": "Yes."});
    let tools = json!([{"type": "function", "function": {"name": "f", "description": long}}]);

    check("short", &chat(json!([system("Be kind.".to_owned()), user("Hi")]), json!([])), rules, &[]);
    let stable = chat(json!([system(format!("{long}the end.")), user("Hi")]), json!([]));
    check("instructions", &stable, rules, &["system …he end."]);
    let with_tools = chat(json!([system("Be kind.".to_owned()), user("Hi")]), tools.clone());
    check("tools", &with_tools, rules, &["tools", "system …e kind."]);
    check("a model that does not keep tools", &with_tools, Rules { tools: false, ..rules }, &["system …e kind."]);
    let talk = json!([system("Be kind.".to_owned()), user(&long), assistant, user("And?"), assistant, user("So?")]);
    check("a long conversation", &chat(talk, json!([])), rules, &["turn 2"]);
    let own = json!([system(long), {"role": "user", "content": "Hi", "cache_control": {"type": "ephemeral"}}]);
    check("marks of the app's own", &chat(own, tools), rules, &["turn 0"]);
}

#[test]
fn what_was_retrieved_or_asked_ends_the_stable_part() {
    let rules = Rules { least: 1000, tools: true };
    let long = "word ".repeat(1000);
    let source = DocumentRef { collection: "c".into(), document: "d".into(), title: "Returns".into(), url: None };
    let passage = Passage {
        source,
        ordinal: 0,
        start: 0,
        end: 1,
        text: "Within 30 days.".to_owned(),
        header: String::new(),
        score: 1.0,
    };
    let asked = |system: String| {
        let messages = json!([
            {"role": "system", "content": system},
            {"role": "user", "content": "First"}, {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": "When?"},
        ]);
        Call { passages: vec![passage.clone()].into(), ..call(Dialect::Chat, json!({"messages": messages})) }
    };
    let check = |system: String, expected: &[&str]| assert_eq!(marks(&asked(system), rules), expected);
    check(format!("{long}the rules.\n\n[1] Returns\nWithin 30 days.\n"), &["system … rules."]);
    check(format!("Be kind.\n\n[1] Returns\nWithin 30 days.\n\n{long}"), &[]);
    check(format!("Answer `When?`. {long}"), &[]);
    check(format!("{long}the rules."), &["system … rules.", "turn 0"]);
}

#[test]
fn ids_of_calls_are_written_as_every_provider_takes_them() {
    for id in ["call_1", "toolu_01-A", &"a".repeat(64)] {
        assert_eq!(read::call_id(id), id);
    }
    for id in ["functions.weather:0", "", "größe", &"a".repeat(100_000)] {
        let written = read::call_id(id);
        assert_eq!((written.len(), &written), (37, &read::call_id(id)), "{id}");
    }
}

#[test]
fn a_tool_that_has_to_be_called_must_be_there() {
    let check = |mut fields: Value, is_there: bool| {
        fields["messages"] = json!([]);
        let call = call(Dialect::Chat, fields);
        let refused = Fields::of(&call.request, false).refuse_what_changes_the_answer();
        assert_eq!(refused.is_ok(), is_there, "{refused:?}");
    };
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let named = |name: &str| json!({"type": "function", "function": {"name": name}});
    check(json!({"tool_choice": "required"}), false);
    check(json!({"tool_choice": "required", "tools": []}), false);
    check(json!({"tool_choice": named("f")}), false);
    check(json!({"tool_choice": named("g"), "tools": tools}), false);
    check(json!({"tool_choice": named("f"), "tools": tools}), true);
    check(json!({"tool_choice": "required", "tools": tools}), true);
    check(json!({"tool_choice": "auto"}), true);
    check(json!({"tool_choice": "none"}), true);
}

#[test]
fn what_is_left_out_is_named_once_and_the_most_of_it_counted() {
    let mut fields: serde_json::Map<String, Value> = (0..60_000).map(|at| (format!("f{at}"), json!(1))).collect();
    fields.insert("messages".to_owned(), json!([{"role": "user", "content": "Hi"}]));
    let call = call(Dialect::Chat, fields.into());
    let left_out = Fields::of(&call.request, false).finish(&mut serde_json::Map::new());
    assert_eq!(left_out.len(), 17);
    assert_eq!((left_out[0].as_str(), left_out[16].as_str()), ("`f0` was left out", "and 59984 more"));

    let mut warnings = Warnings::default();
    (0..100).for_each(|_| warnings.add("the same".to_owned()));
    assert_eq!(warnings.into_vec(), ["the same"]);
}

#[test]
fn what_is_no_plain_short_word_is_not_quoted() {
    for plain in ["input_audio", "web-search_2026", "image/tiff", "f"] {
        assert_eq!(read::shown(plain), plain);
    }
    for other in ["", "My name is Jo", "jo@example.com", "größe", "Jo", "a\nb", &"a".repeat(41)] {
        assert_eq!(read::shown(other), "unknown");
    }
    let parts = json!([{"type": "text", "text": "Hi"}, {"type": "jo@example.com"}]);
    let call = call(Dialect::Chat, json!({"messages": [{"role": "user", "content": parts}]}));
    let refused = read::conversation(&call.request.messages, false, &mut Warnings::default());
    assert_eq!(refused.map(|_| ()), Err("a message's part of type `unknown`".to_owned()));
}

#[test]
fn a_report_of_more_tokens_than_any_context_holds_is_none() {
    let usage = |output: u64| answer::Tokens { input: 9, output, ..answer::Tokens::default() }.usage();
    assert_eq!(usage(1 << 27).map(|usage| usage.output_tokens), Some(1 << 27));
    assert_eq!(usage(u64::from(u32::MAX)), None);
    let all = answer::Tokens { input: u64::MAX, read: u64::MAX, written: u64::MAX, output: 1, thinking: 1 };
    assert_eq!(all.usage(), None);
}
