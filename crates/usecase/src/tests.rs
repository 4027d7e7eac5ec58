//! The small nouns: what is written comes back, unknown stays unknown, and a masker reaches every text.

use crate::declared::{AccessRule, ModelRef, Percent, SecretRef, Step};
use crate::ids::hex;
use crate::{BundleId, Content, Cost, Message, MicroUsd, Period, Role, Timestamp, TraceId, Usage};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

#[test]
fn money_as_people_write_it() {
    let check =
        |text: &str, micros: Option<i64>| assert_eq!(MicroUsd::parse(text).map(|amount| amount.0), micros, "{text}");
    check("25 USD", Some(25_000_000));
    check("0.25USD", Some(250_000));
    check("$0.000413", Some(413));
    check(" $ 5 ", Some(5_000_000));
    check("9223372036854 USD", Some(9_223_372_036_854_000_000));
    for wrong in [
        "",
        "25",
        "25 EUR",
        "-1 USD",
        "1.0000001 USD",
        ".5 USD",
        "1,000 USD",
        "USD",
        "9223372036855 USD",
        "1e3 USD",
        "٣ USD",
    ] {
        check(wrong, None);
    }
    assert_eq!(MicroUsd(250_000).to_string(), "$0.25");
    assert_eq!(MicroUsd(-1_000_413).to_string(), "-$1.000413");
    assert_eq!(MicroUsd(i64::MIN).to_string(), "-$9223372036854.775808");
    assert_eq!(MicroUsd(i64::MAX) + MicroUsd(1), MicroUsd(i64::MAX), "money never wraps around");
    assert_eq!(serde_json::from_str::<MicroUsd>("250000").expect("a record holds an integer"), MicroUsd(250_000));
    assert_eq!(serde_json::to_string(&MicroUsd(250_000)).expect("it is a number"), "250000");
}

#[test]
fn a_sum_with_an_unknown_part_stays_unknown() {
    let known = |micros| Cost::known(MicroUsd(micros));
    assert_eq!([known(1), known(2)].into_iter().sum::<Cost>(), known(3));
    let sum: Cost = [known(1), Cost::UNKNOWN, known(2)].into_iter().sum();
    assert_eq!(sum, Cost { known: MicroUsd(3), part_unknown: true });
    assert_eq!(sum.to_string(), "$0.000003 and an unknown part");
    assert_eq!(Cost::UNKNOWN.to_string(), "unknown");
    assert_eq!(Cost::ZERO.to_string(), "$0.00");
}

#[test]
fn periods() {
    let check = |text: &str, ms: Option<u64>| assert_eq!(Period::parse(text), ms.map(Period::from_millis), "{text}");
    check("500ms", Some(500));
    check("90 s", Some(90_000));
    check("5min", Some(300_000));
    check("2w", Some(1_209_600_000));
    for wrong in ["", "5", "s", "-5s", "1.5h", "5 years", "5h30m", "99999999999999999999s", "99999999999999999w"] {
        check(wrong, None);
    }
    assert_eq!(Period::from_secs(90).to_string(), "90s");
    assert_eq!(Period::from_secs(86_400).to_string(), "1d");
    assert_eq!(Period::from_millis(0).to_string(), "0ms");
}

#[test]
fn moments() {
    let moment = Timestamp::parse_rfc3339("2026-11-20T12:34:56.789+01:00").expect("it is RFC 3339");
    assert_eq!(moment.to_string(), "2026-11-20T11:34:56.789Z");
    assert_eq!(moment.start_of_day().to_string(), "2026-11-20T00:00:00.000Z");
    assert_eq!(moment.plus(Period::from_secs(60)).minus(Period::from_secs(60)), moment);
    assert_eq!(Timestamp(-1).start_of_day().to_string(), "1969-12-31T00:00:00.000Z");
    assert_eq!(Timestamp(i64::MAX).plus(Period::from_secs(1)), Timestamp(i64::MAX));
    assert_eq!(Timestamp::parse_rfc3339("yesterday"), None);
}

#[test]
fn percentages_and_steps() {
    for text in ["0%", "2%", "7%", "0.5%", "33.3%", "100%"] {
        assert_eq!(Percent::parse(text).expect("it is a percentage").to_string(), text);
        assert_eq!(Step::parse(text).expect("it is a step").to_string(), text);
    }
    for wrong in ["", "5", "-1%", "100.1%", "nan%", "inf%", "%", "half"] {
        assert_eq!(Percent::parse(wrong), None, "{wrong}");
        assert_eq!(Step::parse(wrong), None, "{wrong}");
    }
    assert_eq!(Step::parse("shadow"), Some(Step::Shadow));
    assert_eq!(Step::parse("100.0%"), Some(Step::share(100.0)));
}

#[test]
fn references() {
    let model = ModelRef::parse("bedrock/eu.amazon/nova-pro").expect("a model may hold slashes");
    assert_eq!((model.provider.as_str(), model.model.as_str()), ("bedrock", "eu.amazon/nova-pro"));
    for wrong in ["", "gpt", "/gpt", "openai/", "open ai/gpt", "openai/g pt"] {
        assert_eq!(ModelRef::parse(wrong), None, "{wrong}");
    }
    assert_eq!(SecretRef::parse("env:KEY"), Some(SecretRef::Env("KEY".to_owned())));
    assert_eq!(SecretRef::parse("file:/run/a:b"), Some(SecretRef::File("/run/a:b".to_owned())));
    for wrong in ["", "env:", "sk-1", "vault:x"] {
        assert_eq!(SecretRef::parse(wrong), None, "{wrong}");
    }
    assert_eq!(
        AccessRule::parse("front-matter:groups").map(|rule| rule.to_string()).as_deref(),
        Some("front-matter:groups")
    );
    assert_eq!(AccessRule::parse("front-matter: "), None);
}

#[test]
fn ids() {
    let id = TraceId::random();
    assert_eq!(TraceId::parse(&id.to_string()), Some(id));
    assert_ne!(id, TraceId::random());
    for wrong in ["", "abc", &"0".repeat(32), &"+f".repeat(16), &"g".repeat(32), &"ü".repeat(16)] {
        assert_eq!(TraceId::parse(wrong), None, "{wrong}");
    }
    assert_eq!(BundleId::of_digest(&[0xAB; 32]).as_str(), "b-abababababababab");
    assert_eq!(hex(&[0, 255]), "00ff");
}

#[test]
fn tokens_of_a_provider_that_lies_do_not_overflow() {
    let mut sum = Usage { input_tokens: u64::MAX, ..Usage::default() };
    sum += Usage { input_tokens: 5, estimated: true, ..Usage::default() };
    assert_eq!(sum, Usage { input_tokens: u64::MAX, estimated: true, ..Usage::default() });
}

/// Every text of a message, each put in capitals.
fn capitals(message: Value) -> Value {
    let mut message: Message = serde_json::from_value(message).expect("it is a message");
    message.each_text(&mut |text| Some(text.to_uppercase()));
    serde_json::to_value(message).expect("it is plain data")
}

#[test]
fn a_masker_reaches_every_text_and_nothing_else() {
    let parts = json!({ "role": "user", "name": "ann", "content": [
        { "type": "text", "text": "hello" },
        { "type": "text", "text": "data: my number is" },
        { "type": "image_url", "image_url": { "url": "data:image/png;base64,aaaa", "detail": "low" } },
        { "type": "image_url", "image_url": { "url": "https://x.example/?mail=ann" } },
        { "type": "input_audio", "input_audio": { "data": "aaaa", "format": "wav" } },
    ] });
    assert_eq!(
        capitals(parts),
        json!({ "role": "user", "name": "ANN", "content": [
        { "type": "text", "text": "HELLO" },
        { "type": "text", "text": "DATA: MY NUMBER IS" },
        { "type": "image_url", "image_url": { "url": "data:image/png;base64,aaaa", "detail": "low" } },
        { "type": "image_url", "image_url": { "url": "HTTPS://X.EXAMPLE/?MAIL=ANN" } },
        { "type": "input_audio", "input_audio": { "data": "aaaa", "format": "wav" } },
    ] })
    );
    let call = json!({ "role": "assistant", "content": null, "tool_calls": [
        { "id": "call_a", "type": "function", "function": { "name": "f", "arguments": "{\"to\":\"ann\"}" } },
    ] });
    assert_eq!(
        capitals(call),
        json!({ "role": "assistant", "content": null, "tool_calls": [
        { "id": "call_a", "type": "function", "function": { "name": "F", "arguments": "{\"to\":\"ANN\"}" } },
    ] })
    );
    let answer = json!({ "role": "tool", "content": "found ann", "tool_call_id": "call_a" });
    assert_eq!(capitals(answer), json!({ "role": "tool", "content": "FOUND ANN", "tool_call_id": "call_a" }));
}

/// A message in which `ann@x.de` is replaced wherever a masker gets to see it.
fn without_ann(message: Value) -> Value {
    let mut message: Message = serde_json::from_value(message).expect("it is a message");
    message.each_text(&mut |text| text.contains("ann@x.de").then(|| text.replace("ann@x.de", "[A]")));
    serde_json::to_value(message).expect("it is plain data")
}

#[test]
fn a_masker_reaches_keys_and_keeps_their_order() {
    let users = r#"{"users":{"b":1,"ann@x.de":{"ok":true},"c":2}}"#;
    let call = json!([{ "id": "call_a", "type": "function", "function": { "name": "f", "arguments": users } }]);
    let answer = json!({ "role": "tool", "content": users, "tool_call_id": "ann@x.de", "tool_calls": call,
        "ann@x.de": 1, "[A]": 2 });
    let users = r#"{"users":{"b":1,"[A]":{"ok":true},"c":2}}"#;
    let call = json!([{ "id": "call_a", "type": "function", "function": { "name": "f", "arguments": users } }]);
    let expected =
        json!({ "role": "tool", "content": users, "tool_call_id": "[A]", "tool_calls": call, "[A]": 1, "[A]_": 2 });
    assert_eq!(without_ann(answer).to_string(), expected.to_string());
}

#[test]
fn a_masker_reaches_what_is_called_a_name_or_media_and_is_text() {
    let check = |part: Value, expected: Value| {
        let message = |part: Value| json!({ "role": "user", "content": [part] });
        assert_eq!(without_ann(message(part)), message(expected));
    };
    let text = "Write to ann@x.de, please: she is the one who knows all about it.";
    let masked = text.replace("ann@x.de", "[A]");
    let encoded = |text: &str| crate::inlined::as_base64(text);
    for name in ["id", "type", "detail", "format", "role", "data", "signature", "encrypted_content", "file_data"] {
        check(json!({ "in": { name: "ann@x.de" } }), json!({ "in": { name: "[A]" } }));
        check(json!({ name: { "deep": ["ann@x.de"] } }), json!({ name: { "deep": ["[A]"] } }));
    }
    check(
        json!({ "type": "document", "source": { "type": "base64", "media_type": "text/plain", "data": encoded("ann@x.de") } }),
        json!({ "type": "document", "source": { "type": "base64", "media_type": "text/plain", "data": encoded("[A]") } }),
    );
    check(json!({ "data": encoded(text) }), json!({ "data": encoded(&masked) }));
    for (kind, name) in [("text/plain", "file_data"), ("application/json", "file_data"), ("text/html", "image_url")] {
        let url = |text: &str| format!("data:{kind};base64,{}", encoded(text));
        check(json!({ "file": { name: url(text) } }), json!({ "file": { name: url(&masked) } }));
    }
    check(
        json!({ "file": { "file_data": "data:text/plain,ann%40x.de" } }),
        json!({ "file": { "file_data": format!("data:text/plain;base64,{}", encoded("[A]")) } }),
    );
    let sealed = json!({ "type": "thinking", "signature": encoded(text), "data": "iVBORw0KGgo=".repeat(9) });
    check(sealed.clone(), sealed);
}

#[test]
fn a_message_is_left_alone_where_nothing_changes() {
    let mut message = Message::new(Role::User, "hello");
    message.each_text(&mut |_| None);
    assert_eq!(message, Message { role: Role::User, content: Content::Text("hello".to_owned()), rest: Map::new() });
}

proptest! {
    #[test]
    fn money_that_is_shown_can_be_read(micros in 0_i64..=i64::MAX) {
        prop_assert_eq!(MicroUsd::parse(&MicroUsd(micros).to_string()), Some(MicroUsd(micros)));
    }

    #[test]
    fn sums_of_costs_do_not_depend_on_order(costs in prop::collection::vec((0_i64..1_000_000, any::<bool>()), 0..20)) {
        let costs: Vec<Cost> = costs.into_iter().map(|(micros, part_unknown)| Cost { known: MicroUsd(micros), part_unknown }).collect();
        let forwards: Cost = costs.iter().copied().sum();
        prop_assert_eq!(forwards, costs.iter().rev().copied().sum::<Cost>());
        prop_assert_eq!(forwards.part_unknown, costs.iter().any(|cost| cost.part_unknown));
    }

    #[test]
    fn a_period_that_is_shown_can_be_read(ms in 0_u64..10_000_000_000_000) {
        let period = Period::from_millis(ms);
        prop_assert_eq!(Period::parse(&period.to_string()), Some(period));
    }

    #[test]
    fn small_values_are_read_or_refused_without_a_panic(text in "\\PC{0,24}") {
        let _ = (MicroUsd::parse(&text), Period::parse(&text), Percent::parse(&text), Step::parse(&text));
        let _ = (ModelRef::parse(&text), TraceId::parse(&text), SecretRef::parse(&text), AccessRule::parse(&text));
    }

    #[test]
    fn a_percentage_that_is_shown_can_be_read(hundredths in 0_u32..=10_000) {
        let text = Percent::of(f64::from(hundredths) / 100.0).to_string();
        prop_assert_eq!(Percent::parse(&text).expect("what is shown can be read").to_string(), text);
    }
}
