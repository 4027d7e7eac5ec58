//! The wire format without a wire: how bytes become chunks, however they are cut, and how odd reports are read.

mod kinds;

use super::{stream, wire};
use crate::error::Error;
use crate::provider::tool_calls;
use crate::provider::transport::sse::{SseError, SseReader};
use crate::provider::transport::{Decode, Decoder};
use proptest::prelude::*;
use serde_json::{Value, json};
use usecase::declared::ModelRef;
use usecase::{Chunk, Usage};

fn model() -> ModelRef {
    ModelRef { provider: "a".to_owned(), model: "m".to_owned() }
}

/// Decodes bytes that arrive in these pieces.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<Chunk, String>> {
    let mut decoder = Decoder::new(&model(), stream::Events::new(&model(), "salt".to_owned(), true));
    let mut chunks = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        chunks.extend(std::iter::from_fn(|| decoder.next()));
    }
    decoder.finish();
    chunks.extend(std::iter::from_fn(|| decoder.next()));
    chunks.into_iter().map(|chunk| chunk.map_err(|error| error.to_string())).collect()
}

fn events(data: &[Value]) -> String {
    data.iter().map(|data| format!("data: {data}\n\n")).collect()
}

fn text(chunks: &[Result<Chunk, String>]) -> String {
    let chunks = chunks.iter().filter_map(|chunk| chunk.as_ref().ok()).flat_map(|chunk| &chunk.choices);
    chunks.filter_map(|choice| choice.text.clone()).collect()
}

/// Everything odd that is still correct, in one stream.
const ODD: &str = "\u{feff}: welcome\r\nid: 7\r\nevent: message\r\ndata:{\"id\":\"c1\",\"system_fingerprint\":\"fp\",\"obfuscation\":\
\"xx\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null}]}\r\n\r\n: ping\n\n\
data: {\"id\":\"c1\",\rdata: \"choices\":[{\"index\":0,\"delta\":{\"content\":\"Größe 🦀\"}}]}\r\r\
data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"function\":{\"name\":\"f\",\"arguments\":\"\
{\\\"ü\\\":\"}}]}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}}]}\
\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"a_new_reason\"}]}\n\ndata: {\"choices\":[],\"usage\":{\
\"prompt_tokens\":5,\"completion_tokens\":6}}\n\ndata: [DONE]\n\n";

#[test]
fn an_odd_but_correct_stream_is_read() {
    let chunks = decode([ODD.as_bytes()]);
    assert!(chunks.iter().all(Result::is_ok), "{chunks:?}");
    assert_eq!(text(&chunks), "Größe 🦀");
    let chunks: Vec<Chunk> = chunks.into_iter().map(|chunk| chunk.expect("all are read")).collect();
    assert_eq!(
        Value::Object(chunks[0].rest.clone()),
        json!({"id": "c1", "system_fingerprint": "fp", "obfuscation": "xx"})
    );
    assert_eq!(chunks[0].choices[0].delta["role"], "assistant");
    assert_eq!(chunks[4].choices[0].finish_reason.as_deref(), Some("a_new_reason"));
    assert_eq!(chunks[5].usage.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((5, 6)));
    assert!(chunks[5].choices.is_empty());
}

#[test]
fn a_stream_cut_at_any_byte_gives_the_same_chunks() {
    let bytes = ODD.as_bytes();
    let whole = decode([bytes]);
    for at in 0..=bytes.len() {
        assert_eq!(decode([&bytes[..at], &bytes[at..]]), whole, "cut at {at}");
    }
    assert_eq!(decode(bytes.chunks(1)), whole);
}

#[test]
fn a_stream_that_stops_at_any_byte_is_broken_unless_it_had_ended() {
    let bytes = ODD.as_bytes();
    let ended = ODD.find("a_new_reason\"}]}").expect("it is there") + "a_new_reason\"}]}".len();
    for at in 0..bytes.len() {
        let chunks = decode([&bytes[..at]]);
        let is_broken = chunks.last().is_some_and(Result::is_err);
        assert_eq!(is_broken, at < ended, "stopped at {at}: {chunks:?}");
        assert!(chunks.iter().rev().skip(1).all(Result::is_ok), "an error is the last thing that is said");
    }
}

proptest! {
    #[test]
    fn any_cuts_give_the_same_chunks(mut cuts in proptest::collection::vec(0..ODD.len(), 0..12)) {
        cuts.extend([0, ODD.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &ODD.as_bytes()[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(pieces), decode([ODD.as_bytes()]));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), data in "\\PC{0,80}") {
        let line = format!("data: {data}\n\n");
        let chunks = decode([line.as_bytes(), &bytes]);
        prop_assert!(chunks.iter().filter(|chunk| chunk.is_err()).count() <= 1);
    }
}

#[test]
fn an_event_without_end_is_refused() {
    let mut reader = SseReader::default();
    let megabyte = vec![b'x'; 1024 * 1024];
    let outcomes: Vec<Result<(), SseError>> = (0..17).map(|_| reader.push(&megabyte, &mut |_| Ok(()))).collect();
    assert_eq!(outcomes[15], Ok(()));
    assert_eq!(outcomes[16], Err(SseError::TooLarge));
    let mut decoder = Decoder::new(&model(), stream::Events::new(&model(), String::new(), true));
    (0..17).for_each(|_| decoder.push(&megabyte));
    assert!(matches!(decoder.next(), Some(Err(Error::TooLarge { .. }))) && decoder.is_done());
}

#[test]
fn the_end_of_a_stream_is_known_by_either_mark() {
    let check = |bytes: &str, sound: bool| {
        let chunks = decode([bytes.as_bytes()]);
        assert_eq!(chunks.iter().all(Result::is_ok), sound, "{bytes}: {chunks:?}");
    };
    let word = |index: u32| json!({"choices": [{"index": index, "delta": {"content": "a"}}]});
    let stop = |index: u32| json!({"choices": [{"index": index, "delta": {}, "finish_reason": "stop"}]});
    check(&events(&[word(0), stop(0)]), true);
    check(&(events(&[word(0)]) + "data: [DONE]"), true);
    check(&(events(&[word(0)]) + "data:[DONE]\n"), true);
    check(&events(&[word(0), word(1), stop(0)]), false);
    check(&events(&[word(0), word(1), stop(0), stop(1)]), true);
    check(&events(&[word(0)]), false);
    check("data: [DONE]\n\n", false);
    check("", false);
    // Pieces of an upstream's own, before and after the answer.
    let own = json!({"prompt_filter_results": [], "choices": []});
    check(&events(&[own.clone(), word(0), stop(0), own]), true);
    // What follows the end is not read.
    check(&(events(&[word(0)]) + "data: [DONE]\n\ndata: nonsense\n\n"), true);
}

/// Deltas of one stream as an upstream sends them, and the calls that an app makes of what is passed on: by index, the
/// first delta with id and name, the rest with arguments only.
fn check_calls(name: &str, deltas: &[Value], expected: &[(&str, &str, &str)]) {
    let mut data: Vec<Value> =
        deltas.iter().map(|calls| json!({"choices": [{"index": 0, "delta": {"tool_calls": calls}}]})).collect();
    data.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}));
    let mut made: Vec<(String, String, String)> = Vec::new();
    for chunk in decode([events(&data).as_bytes()]) {
        let chunk = chunk.unwrap_or_else(|error| panic!("{name}: {error}"));
        let Some(calls) = chunk.choices[0].delta.get("tool_calls").and_then(Value::as_array).cloned() else { continue };
        for call in calls {
            let at = call["index"].as_u64().and_then(|at| usize::try_from(at).ok()).expect("an index");
            let arguments = call["function"]["arguments"].as_str().expect("a piece of arguments").to_owned();
            if at == made.len() {
                assert_eq!(call["type"], "function", "{name}");
                let field = |value: &Value| value.as_str().expect("the first delta has id and name").to_owned();
                made.push((field(&call["id"]), field(&call["function"]["name"]), arguments));
            } else {
                assert!(call.get("id").is_none() && call["function"].get("name").is_none(), "{name}: {call}");
                made[at].2.push_str(&arguments);
            }
        }
    }
    let made: Vec<(&str, &str, &str)> =
        made.iter().map(|(id, name, arguments)| (&**id, &**name, &**arguments)).collect();
    assert_eq!(made, expected, "{name}");
}

/// The first delta of a tool call, as OpenAI sends it.
fn full(index: u64, id: &str, name: &str, arguments: &str) -> Value {
    json!({"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

/// A further delta of a tool call.
fn more(index: u64, arguments: &str) -> Value {
    json!({"index": index, "function": {"arguments": arguments}})
}

const TWO: [(&str, &str, &str); 2] = [("x", "f", r#"{"a":1}"#), ("y", "g", "{}")];

#[test]
fn streamed_tool_calls_come_out_in_one_form() {
    let proper = [
        json!([full(0, "x", "f", "")]),
        json!([more(0, r#"{"a""#)]),
        json!([more(0, ":1}")]),
        json!([full(1, "y", "g", "{}")]),
    ];
    check_calls("proper", &proper, &TWO);
    check_calls("all index 0", &[json!([full(0, "x", "f", r#"{"a":1}"#)]), json!([full(0, "y", "g", "{}")])], &TWO);
    check_calls("both in one delta", &[json!([full(0, "x", "f", r#"{"a":1}"#), full(0, "y", "g", "{}")])], &TWO);
    let bare = |fields: Value| json!([fields]);
    check_calls(
        "no index",
        &[
            bare(json!({"id": "x", "function": {"name": "f", "arguments": "{\"a\""}})),
            bare(json!({"function": {"arguments": ":1}"}})),
            bare(json!({"id": "y", "function": {"name": "g", "arguments": "{}"}})),
        ],
        &TWO,
    );
    check_calls(
        "id and name repeated",
        &[json!([full(0, "x", "f", "{\"a\"")]), json!([full(0, "x", "f", ":1}")]), json!([full(1, "y", "g", "{}")])],
        &TWO,
    );
    check_calls(
        "id blank later",
        &[json!([full(0, "x", "f", "{\"a\"")]), json!([full(0, "", "", ":1}")]), json!([full(1, "y", "g", "{}")])],
        &TWO,
    );
    check_calls(
        "a new id each time",
        &[json!([full(0, "x", "f", "{\"a\"")]), json!([full(0, "z", "", ":1}")]), json!([full(1, "y", "g", "{}")])],
        &TWO,
    );
}

#[test]
fn streamed_tool_calls_of_stranger_upstreams_come_out_in_that_form_too() {
    check_calls(
        "index from 1",
        &[json!([full(1, "x", "f", r#"{"a":1}"#)]), json!([full(2, "y", "g", "")]), json!([more(2, "{}")])],
        &TWO,
    );
    check_calls(
        "index shifts",
        &[json!([full(0, "x", "f", "{\"a\"")]), json!([more(5, ":1}")]), json!([full(1, "y", "g", "{}")])],
        &TWO,
    );
    check_calls(
        "interleaved",
        &[
            json!([full(0, "x", "f", ""), full(1, "y", "g", "")]),
            json!([more(1, "{"), more(0, "{\"a\"")]),
            json!([more(0, ":1}"), more(1, "}")]),
        ],
        &TWO,
    );
    check_calls(
        "arguments before the name",
        &[
            json!([{"index": 0, "id": "x", "function": {"arguments": "{\"a\""}}]),
            json!([full(0, "x", "f", ":1}")]),
            json!([full(1, "y", "g", "{}")]),
        ],
        &TWO,
    );
    check_calls(
        "arguments as an object",
        &[json!([{"id": "x", "function": {"name": "f", "arguments": {"a": 1}}}]), json!([full(1, "y", "g", "{}")])],
        &TWO,
    );
    let made_up = [("call_salt_0", "f", r#"{"a":1}"#), ("call_salt_1", "f", "{}")];
    check_calls(
        "no ids, one index",
        &[json!([full(0, "", "f", r#"{"a":1}"#)]), json!([full(0, "", "f", "{}")])],
        &made_up,
    );
    check_calls(
        "one id for two calls",
        &[json!([full(0, "x", "f", r#"{"a":1}"#)]), json!([full(1, "x", "g", "{}")])],
        &[TWO[0], ("call_salt_1", "g", "{}")],
    );
}

#[test]
fn a_tool_call_without_a_name_is_not_passed_on() {
    let data = [
        json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "x", "function": {"arguments": "{}"}}]}}]}),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}),
    ];
    let chunks = decode([events(&data).as_bytes()]);
    assert!(chunks.last().is_some_and(|last| last.as_ref().is_err_and(|error| error.contains("no name"))));
}

#[test]
fn whole_tool_calls_get_ids_and_texts() {
    let mut message = json!({"tool_calls": [
        {"id": "", "function": {"name": "f", "arguments": {"a": 1}}},
        {"id": "x", "function": {"name": "g", "arguments": null}},
        {"id": "x", "function": {"name": "h", "arguments": "{}"}},
    ]})
    .as_object()
    .cloned()
    .expect("an object");
    tool_calls::complete(&mut message, "salt").expect("they can be read");
    assert_eq!(
        Value::Object(message),
        json!({"tool_calls": [
            {"id": "call_salt_0", "function": {"name": "f", "arguments": "{\"a\":1}"}},
            {"id": "x", "function": {"name": "g", "arguments": "{}"}},
            {"id": "call_salt_2", "function": {"name": "h", "arguments": "{}"}},
        ]})
    );
}

#[test]
fn usage_is_read_in_every_spelling_and_no_token_counts_twice() {
    let check = |report: Value, expected: Option<(u64, u64, u64, u64)>| {
        let read =
            |usage: Usage| (usage.input_tokens, usage.output_tokens, usage.cached_input_tokens, usage.reasoning_tokens);
        assert_eq!(wire::usage(&report).map(read), expected, "{report}");
    };
    let details = json!({"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14, "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 3}});
    check(details, Some((9, 5, 4, 3)));
    check(
        json!({"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 17, "completion_tokens_details": {"reasoning_tokens": 3}}),
        Some((9, 8, 0, 3)),
    );
    check(
        json!({"prompt_tokens": 9, "completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 3}}),
        Some((9, 4, 0, 3)),
    );
    check(json!({"prompt_tokens": 9, "completion_tokens": 5, "prompt_cache_hit_tokens": 12}), Some((9, 5, 9, 0)));
    check(json!({"input_tokens": 9, "output_tokens": 5}), Some((9, 5, 0, 0)));
    check(json!({"prompt_tokens": 9}), Some((9, 0, 0, 0)));
    check(json!({"prompt_tokens": 0, "completion_tokens": 0}), None);
    check(json!({"prompt_tokens": u64::MAX, "completion_tokens": u64::MAX}), None);
    check(json!({"prompt_tokens": 9, "completion_tokens": u32::MAX}), None);
    check(json!({"prompt_tokens": u32::MAX, "completion_tokens": 5}), None);
    check(json!({"prompt_tokens": 1 << 27, "completion_tokens": 5}), Some((1 << 27, 5, 0, 0)));
    check(json!({"prompt_tokens": -3, "completion_tokens": "five"}), None);
    check(Value::Null, None);
}

#[test]
fn errors_are_read_in_every_shape() {
    let check = |status: Option<u16>, body: Value, expected: Option<(Option<u16>, &str, Option<&str>)>| {
        let read = crate::provider::refusal::report_of(&model(), status, &body);
        let read = read.as_ref().map(|error| (error.status, error.message.as_str(), error.code.as_deref()));
        assert_eq!(read, expected, "{body}");
    };
    check(None, json!({"error": {"message": "m", "code": "c"}}), Some((None, "m", Some("c"))));
    check(None, json!({"error": {"message": "m", "code": 429}}), Some((Some(429), "m", Some("429"))));
    check(None, json!({"error": "m"}), Some((None, "m", None)));
    check(Some(400), json!([{"error": {"message": "m", "status": "INVALID"}}]), Some((Some(400), "m", None)));
    check(Some(404), json!({"message": "m", "code": 404}), Some((Some(404), "m", Some("404"))));
    check(Some(422), json!({"detail": "m"}), Some((Some(422), "m", None)));
    check(Some(500), json!({"error": true, "message": "m"}), Some((Some(500), "m", None)));
    check(Some(500), Value::Null, Some((Some(500), "", None)));
    check(None, json!({"choices": [], "error": null}), None);
}

#[test]
fn content_in_parts_is_read_as_text_and_thought() {
    let data = json!({"choices": [{"index": 0, "delta": {"content": [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Yes"},
    ]}}]});
    let chunk = wire::chunk(data, &mut false).expect("it can be read");
    assert_eq!(chunk.choices[0].text.as_deref(), Some("Yes"));
    assert_eq!(chunk.choices[0].delta["reasoning_content"], "hm");
}

#[test]
fn an_answer_has_no_more_choices_than_the_api_allows() {
    let choice = |at: usize| json!({"index": at, "message": {"role": "assistant", "content": "a"}});
    let whole =
        |count: usize| wire::completion(json!({"choices": (0..count).map(choice).collect::<Vec<_>>()}), &mut false);
    assert_eq!(whole(128).map(|read| read.choices.len()), Ok(128));
    assert_eq!(whole(129).map(|_| ()), Err("it holds more than 128 choices".to_owned()));
    let pieces: Vec<Value> =
        (0..200).map(|at| json!({"choices": [{"index": at, "delta": {"content": "a"}}]})).collect();
    let chunks = decode([events(&pieces).as_bytes()]);
    assert_eq!(chunks.iter().filter(|chunk| chunk.is_ok()).count(), 128);
    assert!(chunks[128].as_ref().is_err_and(|error| error.contains("more than 128 choices")));
}

#[test]
fn an_answer_has_no_more_tool_calls_than_an_app_can_answer() {
    let call = |at: usize| json!({"index": at, "id": format!("c{at}"), "function": {"name": "f", "arguments": "{}"}});
    let mut calls = tool_calls::ToolCalls::default();
    let written = calls.rewrite((0..1_024).map(call).collect(), "salt").expect("they can be read");
    assert_eq!(written.and_then(|calls| calls.as_array().map(Vec::len)), Some(1_024));
    // Pieces of known calls still find them.
    let more = json!({"index": 700, "id": "c700", "function": {"arguments": " "}});
    let written = calls.rewrite(vec![more], "salt").expect("it can be read").expect("it says something");
    assert_eq!(written[0]["index"], 700);
    let too_many = Err("it holds more than 1024 tool calls".to_owned());
    assert_eq!(calls.rewrite(vec![call(1_024)], "salt"), too_many);
    let message = json!({"tool_calls": (0..1_025).map(call).collect::<Vec<_>>()});
    let mut message = message.as_object().cloned().expect("an object");
    assert_eq!(tool_calls::complete(&mut message, "salt").map(|_| None), too_many);
}
