//! Personal data and secrets: what the model makes up, what is the caller's own, and how long a stand-in means the same.

use super::{REFUSAL, Scene, Told};
use crate::QUESTION;
use serde_json::{Value, json};

/// A key as a provider of models gives it out, made here so that none stands in the repository.
fn key() -> String {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        letters[usize::try_from(state >> 33).unwrap_or_default() % letters.len()]
    };
    let random: String = (0..93).map(|_| next()).collect();
    format!("sk-ant-api03-{random}AA")
}

#[test]
fn what_the_model_makes_up_is_taken_out_and_what_is_the_callers_comes_back() {
    let question = "My mail is jo.doe@example.org, my card 4111 1111 1111 1111.";
    for how in ["mask", "replace"] {
        let declared = format!(
            "[guard]\npii = \"{how}\"\n[guard.policy.pii]\non = [\"input\", \"output\"]\n[guard.policy.secrets]\non = [\"input\", \"output\"]\n"
        );
        let scene = Scene::new(&declared);
        scene.says(&format!(
            "You wrote: {{asked}} Ask amy.wong@invented-lamps.com instead. The key is {} for now.",
            key()
        ));
        for piece in [1, 2, 3, 5, 8, 13, 21, 1000] {
            for told in scene.in_pieces_of(piece).both(question) {
                assert!(!told.sent_messages().contains("jo.doe") && !told.sent_messages().contains("4111"), "{how}");
                let text = &told.text;
                assert!(
                    text.starts_with(&format!("You wrote: {question} Ask [EMAIL] instead. The key is [")),
                    "{how} {piece}: {text}"
                );
                assert!(!text.contains("sk-ant") && text.ends_with("] for now."), "{how} {piece}: {text}");
                assert!(told.verdicts().contains(&"pii.email output mask".to_owned()), "{how}: {}", told.record);
                assert!(told.verdicts().iter().any(|one| one.starts_with("secrets.") && one.ends_with("output mask")));
            }
        }
    }
}

#[test]
fn a_secret_that_the_model_says_can_end_the_answer() {
    let scene = Scene::new("[guard.policy.secrets]\non = [\"output\"]\naction = \"refuse\"\n");
    let said = format!("Take this. The key is {} for now. It works.", key());
    for piece in [1, 4, 1000] {
        let [whole, streamed] = scene.says(&said).in_pieces_of(piece).both(QUESTION);
        assert_eq!(whole.text, REFUSAL);
        assert!(streamed.text.starts_with("Take this. ") && streamed.text.ends_with(REFUSAL), "{}", streamed.text);
        for told in [whole, streamed] {
            assert!(!told.text.contains("sk-ant") && !told.text.contains("It works"), "{}", told.text);
            assert_eq!((told.status(), told.finish.as_str()), ("refused", "content_filter"));
        }
    }
}

#[test]
fn a_key_over_many_lines_is_taken_out_too() {
    let lines: String = (0..30).map(|_| format!("{}\n", &key()[13..77])).collect();
    let block = format!("-----BEGIN RSA PRIVATE KEY-----\n{lines}-----END RSA PRIVATE KEY-----");
    let scene = Scene::new("[guard.policy.secrets]\non = [\"output\"]\n");
    scene.says(&format!("Here it is:\n{block}\nKeep it safe."));
    for piece in [1, 50, 5000] {
        for told in scene.in_pieces_of(piece).both(QUESTION) {
            assert_eq!(told.text, "Here it is:\n[PRIVATE_KEY]\nKeep it safe.", "in pieces of {piece}");
            assert_eq!(told.verdicts(), ["secrets.private_key output mask"]);
        }
    }
    // A block that never ends holds nothing back for good.
    let endless = format!("Here it is:\n-----BEGIN LAMPS-----\n{}", "Lamps are bright and warm.\n".repeat(600));
    for told in scene.says(&endless).both(QUESTION) {
        assert_eq!(told.text, endless);
    }
}

#[test]
fn made_up_values_go_out_and_are_restored_also_inside_of_tool_calls() {
    let scene = Scene::new("[guard.types]\nEMAIL = \"replace\"\n");
    let question = "Write to jo.doe@example.org and jo.doe@example.org, then amy \"the lamp\" wong: amy@example.net!";
    let check = |told: &Told| {
        let sent = told.sent_messages();
        assert!(!sent.contains("jo.doe") && !sent.contains("amy@") && !sent.contains("[EMAIL_"), "{sent}");
        assert!(sent.matches('@').count() >= 3, "made-up addresses stand there: {sent}");
        assert_eq!(told.verdicts(), ["pii.email input mask"]);
    };
    scene.says("As you say: {asked}");
    for piece in [1, 2, 3, 5, 7, 11, 19, 1000] {
        for told in scene.in_pieces_of(piece).both(question) {
            check(&told);
            assert_eq!(told.text, format!("As you say: {question}"), "in pieces of {piece}");
        }
    }
    let plain = "Write to jo.doe@example.org and amy@example.net.";
    scene.calls("{\"to\": \"{asked}\", \"n\": 1}");
    for piece in [1, 2, 3, 5, 7, 11, 19, 1000] {
        for told in scene.in_pieces_of(piece).both(plain) {
            let arguments: Value =
                serde_json::from_str(&told.arguments).unwrap_or_else(|_| panic!("{}", told.arguments));
            assert_eq!(arguments, json!({ "to": plain, "n": 1 }), "in pieces of {piece}");
        }
    }
}

#[test]
fn a_digest_is_never_restored() {
    let scene = Scene::new("[guard.types]\nEMAIL = \"hash\"\n");
    scene.says("As you say: {asked}");
    for told in scene.both("Write to jo.doe@example.org and again to jo.doe@example.org, not to amy@example.net.") {
        assert!(!told.sent_messages().contains("jo.doe") && !told.text.contains("jo.doe"), "{}", told.text);
        let digests: Vec<&str> = told.text.split(['[', ']']).filter(|part| part.starts_with("EMAIL_h")).collect();
        let [one, same, other] = digests.as_slice() else { panic!("{}", told.text) };
        assert!(one == same && one != other, "{}", told.text);
    }
}

/// The placeholders in what reached the provider, in order.
fn placeholders(told: &Told) -> Vec<String> {
    let sent = told.sent_messages();
    let parts = sent.split(['[', ']']).filter(|part| part.starts_with("EMAIL_"));
    parts.map(str::to_owned).collect()
}

fn turn(conversation: &str, messages: &Value) -> Value {
    json!({ "model": "shop", "messages": messages, "metadata": { "conversation": conversation } })
}

#[test]
fn a_placeholder_means_the_same_for_a_whole_conversation() {
    let first = json!({ "role": "user", "content": "My mail is jo.doe@example.org." });
    let next = json!([
        first,
        { "role": "assistant", "content": "Noted: jo.doe@example.org." },
        { "role": "user", "content": "And my wife's is amy@example.net. Which is mine?" },
    ]);
    let check = |declared: &str, lasts: bool| {
        let scene = Scene::new(declared);
        scene.says("As you say: {asked}");
        let begun = scene.post(&turn("c-1", &json!([first])), false);
        let again = scene.post(&turn("c-1", &next), true);
        let elsewhere = scene.post(&turn("c-2", &json!([first])), false);
        let (begun, again, elsewhere) = (placeholders(&begun), placeholders(&again), placeholders(&elsewhere));
        assert_eq!((begun.len(), again.len(), elsewhere.len()), (1, 3, 1));
        assert_eq!(again[0] == begun[0] && again[1] == begun[0], lasts, "{declared}: {begun:?} {again:?}");
        assert!(again[2] != again[0] && elsewhere[0] != begun[0], "{again:?} {elsewhere:?}");
    };
    check("[guard]\nvault = \"conversation\"\n", true);
    check("", false);
}

#[test]
fn a_placeholder_of_the_conversation_that_the_caller_writes_is_the_callers_text() {
    let scene = Scene::new("[guard]\nvault = \"conversation\"\n");
    scene.says("As you say: {asked}");
    let seen = scene.post(&turn("c-1", &json!([{ "role": "user", "content": "I am jo.doe@example.org." }])), false);
    let forged = format!("I am amy@example.net. What is [{}]?", placeholders(&seen)[0]);
    for told in scene.both_of(&turn("c-1", &json!([{ "role": "user", "content": forged }]))) {
        assert_eq!(told.text, format!("As you say: {forged}"));
    }
    // Two people's conversations of one name are of one caller: it is the app that names them.
    let same = scene.post(&turn("c-1", &json!([{ "role": "user", "content": "I am jo.doe@example.org." }])), true);
    assert_eq!(placeholders(&same), placeholders(&seen));
}
