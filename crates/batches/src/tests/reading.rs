//! Lines, sealing, states, pace.

use crate::batch::{Endpoint, Status};
use crate::line;
use crate::lines::{Lines, RawLine};
use crate::pace::Pace;
use crate::sealed::{self, OpeningReader, SealingWriter};
use proptest::prelude::*;
use std::io::Read;
use std::time::{Duration, Instant};

#[test]
fn what_a_line_must_be() {
    let check = |text: &str, expected: Result<&str, (&str, Option<&str>)>| {
        let raw = RawLine { number: 7, bytes: Some(text.as_bytes().to_vec()) };
        let read = line::read(&raw, Endpoint::ChatCompletions);
        let read = read.as_ref().map(|line| line.model.as_str());
        let read = read.map_err(|problem| {
            assert_eq!(problem.line, Some(7));
            (problem.code.as_str(), problem.param.as_deref())
        });
        assert_eq!(read, expected, "{text}");
    };
    let of = |custom_id: &str, method: &str, url: &str, body: &str| {
        format!(r#"{{"custom_id": {custom_id}, "method": {method}, "url": {url}, "body": {body}}}"#)
    };
    let (post, url, body) = (r#""POST""#, r#""/v1/chat/completions""#, r#"{"model": "m", "messages": []}"#);
    let (missing, invalid) = ("missing_required_parameter", "invalid_request");
    check(&of(r#""a""#, post, url, body), Ok("m"));
    check(&format!("{}\r", of(r#""a""#, post, url, body)), Ok("m"));
    check(&of(r#""a""#, post, url, r#"{"model": "m", "stream": false}"#), Ok("m"));
    check("not json", Err(("invalid_json_line", None)));
    check("[\"a\", \"POST\", \"/v1/chat/completions\", {}]", Err(("invalid_json_line", None)));
    check("{\"custom_id\": \"a\", \"custom_id\": \"b\"}", Err(("invalid_json_line", None)));
    check("{}", Err((missing, Some("custom_id"))));
    check(&of("7", post, url, body), Err(("invalid_custom_id", Some("custom_id"))));
    check(&of(r#""""#, post, url, body), Err(("invalid_custom_id", Some("custom_id"))));
    check(&of(r#""a""#, r#""GET""#, url, body), Err(("invalid_method", Some("method"))));
    check(&of(r#""a""#, "null", url, body), Err((missing, Some("method"))));
    check(&of(r#""a""#, post, r#""/v1/embeddings""#, body), Err(("invalid_url", Some("url"))));
    check(&of(r#""a""#, post, url, "null"), Err((missing, Some("body"))));
    check(&of(r#""a""#, post, url, r#"["m", false]"#), Err((invalid, Some("body"))));
    check(&of(r#""a""#, post, url, "{}"), Err((missing, Some("body.model"))));
    check(&of(r#""a""#, post, url, r#"{"model": "m", "stream": true}"#), Err((invalid, Some("body.stream"))));
}

fn all_lines(bytes: &[u8], most: usize) -> Vec<RawLine> {
    let mut lines = Lines::new(bytes, most);
    let mut all = Vec::new();
    while let Some(line) = lines.next().expect("memory can be read") {
        all.push(line);
    }
    all
}

#[test]
fn a_byte_order_mark_and_blank_lines_are_passed_over() {
    let lines = all_lines(b"\xef\xbb\xbfone\n\n  \r\ntwo\nfar too long\nlast", 8);
    let of = |number, text: Option<&str>| RawLine { number, bytes: text.map(|text| text.as_bytes().to_vec()) };
    assert_eq!(lines, [of(1, Some("one")), of(4, Some("two")), of(5, None), of(6, Some("last"))]);
}

proptest! {
    #[test]
    fn any_bytes_are_lines_and_each_line_is_read_or_explained(
        bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'"'), Just(b'{'), Just(b'}'), any::<u8>()], 0..400),
        most in 1_usize..64,
    ) {
        let naive = bytes.split(|byte| *byte == b'\n').filter(|line| {
            line.len() > most || !line.trim_ascii().is_empty()
        }).count();
        let lines = all_lines(&bytes, most);
        let marked = bytes.starts_with(b"\xef\xbb\xbf");
        prop_assert!(lines.len() == naive || (marked && lines.len() + 1 == naive));
        for raw in lines {
            prop_assert!(raw.bytes.as_ref().is_none_or(|bytes| bytes.len() <= most));
            prop_assert!(line::read(&raw, Endpoint::Embeddings).is_err());
        }
    }

    #[test]
    fn any_names_survive(custom_id in ".{1,60}", model in "[a-z/]{1,20}", junk in ".{0,60}") {
        let body = serde_json::json!({ "model": model, "input": junk });
        let json = serde_json::json!({ "custom_id": custom_id, "method": "POST", "url": "/v1/embeddings", "body": body });
        let raw = RawLine { number: 1, bytes: Some(json.to_string().into_bytes()) };
        let line = line::read(&raw, Endpoint::Embeddings).expect("a line");
        prop_assert_eq!((line.custom_id, line.model), (custom_id, model));
        prop_assert_eq!(line.body, body.to_string().into_bytes());
    }

    #[test]
    fn states_only_go_forward(steps in prop::collection::vec(0_usize..8, 0..64)) {
        let mut status = Status::Validating;
        let mut changes = 0;
        for next in steps.into_iter().map(|step| Status::ALL[step]) {
            prop_assert!(!(status.is_over() && status.may_become(next)));
            if status.may_become(next) {
                status = next;
                changes += 1;
            }
        }
        prop_assert!(changes <= 4, "no state comes twice");
        prop_assert!(status.is_over() || Status::ALL.iter().any(|next| status.may_become(*next)));
    }
}

proptest! {
    // Each case writes and reads a file.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_sealed_opens_whole_or_not_at_all(
        pieces in prop::collection::vec(0_usize..90_000, 0..4),
        hurt in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, key) = (folder.path().join("f"), sealed::fresh());
        let mut writer = SealingWriter::create(&path, &key).expect("a file");
        let mut plain = Vec::new();
        for (at, length) in pieces.into_iter().enumerate() {
            let piece = vec![u8::try_from(at).unwrap_or(0); length];
            writer.write(&piece).expect("written");
            plain.extend(piece);
        }
        prop_assert_eq!(writer.finish().expect("closed"), plain.len() as u64);
        let read = |key: &sealed::Secret| {
            let mut back = Vec::new();
            OpeningReader::open(&path, key).and_then(|mut reader| reader.read_to_end(&mut back)).map(|_| back)
        };
        prop_assert_eq!(read(&key).expect("opened"), plain);
        let another = sealed::fresh();
        prop_assert!(read(&another).is_err());
        let mut bytes = std::fs::read(&path).expect("sealed bytes");
        let at = hurt.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 }
        std::fs::write(&path, bytes).expect("hurt");
        prop_assert!(read(&key).is_err());
    }
}

#[test]
fn it_speeds_up_line_by_line_and_slows_down_by_half() {
    let (mut pace, now) = (Pace::new(4), Instant::now());
    assert!(pace.allows(0, now) && !pace.allows(1, now), "it begins with one");
    (0..16).for_each(|_| pace.answered());
    assert!(pace.allows(3, now) && !pace.allows(4, now), "never more than the workers");
    pace.too_much(None, now);
    pace.too_much(None, now);
    assert!(!pace.allows(0, now), "it waits");
    let later = now + Duration::from_secs(2);
    assert!(pace.allows(1, later) && !pace.allows(2, later), "two at once halve it once");
    pace.too_much(Some(Duration::from_secs(30)), later);
    assert!(!pace.allows(0, later + Duration::from_secs(29)) && pace.allows(0, later + Duration::from_secs(30)));
    assert_eq!(pace.resumes(), Some(later + Duration::from_secs(30)));
}
