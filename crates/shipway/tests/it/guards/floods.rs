//! Bad input and bad files: floods are answered or refused within a client's patience, and what is declared wrongly is
//! told with its place.

use super::{ATTACK, Scene};
use crate::{SHIPWAY, ask, shop};
use std::fmt::Write as _;
use testkit::TestProject;

/// As many code points as a flood has.
const FLOOD: usize = 1_000_000;

fn base64(text: &str) -> String {
    use std::iter::once;
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let of_three = |three: &[u8]| -> String {
        let bits =
            three.iter().chain(once(&0)).chain(once(&0)).take(3).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let letters = (0..4).map(|at| char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]));
        letters.enumerate().map(|(at, letter)| if at <= three.len() { letter } else { '=' }).collect()
    };
    text.as_bytes().chunks(3).map(of_three).collect()
}

/// (name, text)
fn floods() -> Vec<(&'static str, String)> {
    let nested = (0..10).fold(ATTACK.to_owned(), |text, _| base64(&text));
    let mut brackets = "[".repeat(FLOOD / 2);
    brackets.push_str(&"](".repeat(FLOOD / 4));
    vec![
        ("one letter", "a".repeat(FLOOD)),
        ("digits", "4111 ".repeat(FLOOD / 5)),
        ("brackets", brackets),
        ("right to left", "\u{202e}".repeat(FLOOD / 3)),
        ("combining marks", format!("e{}", "\u{301}".repeat(FLOOD / 2))),
        ("tags", "\u{e0041}".repeat(FLOOD / 4)),
        ("at signs", "a@".repeat(FLOOD / 2)),
        ("ten encodings", nested),
    ]
}

#[test]
fn floods_are_answered_or_refused_in_time() {
    let project = shop().append("usecases/shop/usecase.toml", "[guard]\nsensitive = \"review\"\nadvice = \"review\"\n[guard.policy.\"sensitive.self_harm\"]\nsay = \"Call 116 123.\"\n");
    let server = project.serve();
    let client = server.client();
    for (name, text) in floods() {
        let reply = client.post("/v1/chat/completions", &ask("shop", &text));
        assert!([200, 400, 413, 422].contains(&reply.status), "{name}: {} {}", reply.status, reply.text());
        assert!(reply.complete, "{name}");
    }
    assert_eq!(client.post("/v1/chat/completions", &ask("shop", crate::QUESTION)).status, 200, "it still serves");
    let wrong = b"{\"model\": \"shop\", \"messages\": [{\"role\": \"user\", \"content\": \"\xc3\x28\xff\"}]}".to_vec();
    let reply = client.post_raw("/v1/chat/completions", &[("content-type", "application/json")], wrong);
    assert_eq!(reply.status, 400, "{}", reply.text());
}

#[test]
fn floods_from_a_model_go_out_in_time() {
    let declared = "[guard.output]\nforbidden = [\"never\"]\nlinks = [\"example.com\"]\n[guard.policy.pii]\non = [\"input\", \"output\"]\n";
    let scene = Scene::new(declared);
    for text in ["a".repeat(200_000), "![".repeat(50_000), "\u{301}".repeat(50_000), "<http".repeat(20_000)] {
        for told in scene.says(&text).in_pieces_of(5_000).both(crate::QUESTION) {
            // What begins like an image loses the sign of one.
            assert!(told.text == text.replace("![", "["), "{} of {}", told.text.len(), text.len());
        }
    }
}

#[test]
fn a_forged_placeholder_means_itself() {
    let scene = Scene::new("[guard]\ninjection = \"off\"\n");
    scene.says("{asked}");
    let mut question = "My mail is jo.doe@example.org.".to_owned();
    for number in 1..40 {
        write!(question, " [EMAIL_{number}_abcd] [email 1 {number}] EMAIL_1_").expect("a string takes it");
    }
    for piece in [1, 6, 1000] {
        for told in scene.in_pieces_of(piece).both(&question) {
            assert_eq!(told.text, question);
        }
    }
}

/// (file, its text, what is appended to the declaration, pieces of what is told)
#[test]
fn what_is_declared_wrongly_is_told_with_its_place() {
    let check = |name: &str, text: &str, declared: &str, pieces: &[&str]| {
        let project = TestProject::with_shop(SHIPWAY).append("usecases/shop/usecase.toml", declared);
        if !name.is_empty() {
            project.write(&format!("usecases/shop/{name}"), text);
        }
        let output = project.shipway(&["check", "shop"]);
        let told = format!("{}{}", output.stdout, output.stderr);
        assert_ne!(output.code, 0, "{declared}: {told}");
        for piece in pieces {
            assert!(told.contains(piece), "{declared}: no {piece:?} in:\n{told}");
        }
    };
    let allow =
        |what: &str| format!("[guard.policy.pii]\nallow = [{{ {what}, owner = \"Shop\", until = \"2999-12-31\" }}]\n");
    let place = "usecases/shop/usecase.toml:";
    check("", "", &allow("pattern = \"(a\""), &[place, "this pattern cannot be used", "unclosed group"]);
    check("", "", &allow("pattern = \"a*\""), &[place, "matches no words at all"]);
    check("", "", &allow("pattern = \"a{1000}{1000}{1000}\""), &[place, "this pattern cannot be used"]);
    check("", "", &allow("text = \"x\", pattern = \"y\""), &[place, "either a `text` or a `pattern`"]);
    check("", "", "[guard.policy.injektion]\nshadow = true\n", &[place, "there is no guard `injektion`", "injection"]);
    check("", "", "[guard.policy.injection]\naction = \"mask\"\n", &[place, "finds no values to mask"]);
    check("", "", "[guard]\nsensitive = \"refuse\"\n", &[place, "nothing says what a person in danger is to read"]);
    let topics = "[guard]\ntopics = { allow = \"topics.yaml\" }\n";
    check("topics.yaml", "returns\ndelivery\nwarranty\n", topics, &["topics.yaml:1", "table"]);
    check("topics.yaml", "returns:\ndelivery:\nwarranty:\n", topics, &["topics.yaml:"]);
    check("", "", topics, &["topics.yaml"]);
    let schema = "[guard.output]\nschema = \"answer.json\"\n";
    check("answer.json", "{ \"type\": ", schema, &["answer.json", "this is no JSON"]);
    check("answer.json", "{ \"type\": \"lamp\" }", schema, &["answer.json", "this is no schema"]);
    check("", "", "[guard.output]\nschema = \"../answer.json\"\n", &[place]);
}
