//! The signer against botocore's, and the framing of streams against every way of cutting and breaking it.

use super::eventstream::{Broken, Framed, Message, Reader};
use super::sigv4::{Credentials, Signing, sign};
use crate::error::Error;
use crate::provider::transport::Decode;
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use usecase::declared::ModelRef;
use usecase::{Chunk, Timestamp};

#[derive(Deserialize)]
struct Vector {
    name: String,
    method: String,
    host: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
    region: String,
    service: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    at: i64,
    authorization: String,
}

/// Made by botocore with `scripts/sigv4-vectors`; `SIGV4_VECTORS` names a second table, made live.
#[test]
fn sigv4_signs_as_botocore_does() {
    let live = std::env::var("SIGV4_VECTORS").ok().map(|path| std::fs::read_to_string(path).expect("a table"));
    let tables = [Some(include_str!("sigv4_vectors.json")), live.as_deref()].into_iter().flatten();
    let tables = tables.map(|table| serde_json::from_str::<Vec<Vector>>(table).expect("a table of cases"));
    let tables: Vec<Vec<Vector>> = tables.collect();
    assert!(tables.iter().all(|vectors| vectors.len() >= 20));
    for vector in tables.into_iter().flatten() {
        let mut headers: Vec<(&str, &str)> =
            vector.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.push(("host", &vector.host));
        let signing = Signing {
            method: &vector.method,
            path: &vector.path,
            headers: &headers,
            body: vector.body.as_bytes(),
            region: &vector.region,
            service: &vector.service,
            at: Timestamp(vector.at * 1_000_000),
        };
        let credentials = Credentials {
            access_key_id: vector.access_key_id,
            secret_access_key: vector.secret_access_key,
            session_token: vector.session_token,
        };
        let added: BTreeMap<&str, String> = sign(&signing, &credentials).into_iter().collect();
        assert_eq!(added["authorization"], vector.authorization, "{}", vector.name);
        assert_eq!(added.get("x-amz-security-token"), credentials.session_token.as_ref());
    }
}

fn header(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(name.len()).expect("a short name")];
    bytes.extend(name.as_bytes());
    bytes.push(7);
    bytes.extend(u16::try_from(value.len()).expect("a short value").to_be_bytes());
    bytes.extend(value.as_bytes());
    bytes
}

/// A message as AWS sends it.
pub(in crate::provider) fn framed(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let headers: Vec<u8> = headers.iter().flat_map(|(name, value)| header(name, value)).collect();
    framed_with(&headers, payload)
}

fn framed_with(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = |count: usize| u32::try_from(count).expect("a short message").to_be_bytes();
    let mut bytes = [length(16 + headers.len() + payload.len()), length(headers.len())].concat();
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes.extend(headers);
    bytes.extend(payload);
    bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
    bytes
}

/// An event of a service's stream.
pub(in crate::provider) fn event(name: &str, payload: &[u8]) -> Vec<u8> {
    framed(&[(":event-type", name), (":content-type", "application/json"), (":message-type", "event")], payload)
}

pub(in crate::provider) fn exception(name: &str, payload: &[u8]) -> Vec<u8> {
    framed(&[(":exception-type", name), (":message-type", "exception")], payload)
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Message>, Result<(), Broken>) {
    let (mut reader, mut messages, mut outcome) = (Reader::default(), Vec::new(), Ok(()));
    for piece in pieces {
        outcome = outcome.and_then(|()| reader.push(piece, &mut messages));
    }
    (messages, outcome)
}

/// Three messages, the second with a header of every type.
fn stream() -> Vec<u8> {
    let mut headers = header(":event-type", "b");
    for (kind, value) in [(0, &[][..]), (1, &[]), (2, &[1]), (3, &[0; 2]), (4, &[0; 4]), (5, &[0; 8])] {
        headers.extend([1, b'x', kind]);
        headers.extend(value);
    }
    headers.extend([1, b'x', 6, 0, 3, 9, 9, 9, 1, b'x', 8]);
    headers.extend([0; 8]);
    headers.extend([1, b'x', 9]);
    headers.extend([0; 16]);
    [event("a", b"{}"), framed_with(&headers, b""), exception("c", "{\"message\": \"Größe\"}".as_bytes())].concat()
}

#[test]
fn messages_are_read_whatever_their_headers() {
    let (messages, outcome) = read([stream().as_slice()]);
    assert_eq!(outcome, Ok(()));
    let read: Vec<(&str, &str)> =
        messages.iter().map(|message| (message.kind.as_str(), message.name.as_str())).collect();
    assert_eq!(read, [("event", "a"), ("event", "b"), ("exception", "c")]);
    assert_eq!(messages[0].payload, b"{}");
}

/// Bytes that botocore's own reader takes for this message.
#[test]
fn a_message_is_read_as_botocore_reads_it() {
    let hex = "000000440000002d8d8e7d950b3a6576656e742d747970650700086d657461646174610d3a6d6573736167652d747970650700056576656e\
               747b2261223a317deb9fb681";
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits");
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
    let message = Message { kind: "event".to_owned(), name: "metadata".to_owned(), payload: b"{\"a\":1}".to_vec() };
    assert_eq!(read([bytes.as_slice()]), (vec![message], Ok(())));
    assert_eq!(bytes, framed(&[(":event-type", "metadata"), (":message-type", "event")], b"{\"a\":1}"));
}

#[test]
fn what_is_not_a_message_is_refused() {
    let check = |bytes: Vec<u8>, expected: Broken| assert_eq!(read([bytes.as_slice()]).1, Err(expected));
    let prelude = |total: u32, headers: u32| {
        let lengths = [total.to_be_bytes(), headers.to_be_bytes()].concat();
        let checksum = crc32fast::hash(&lengths).to_be_bytes();
        [lengths, checksum.to_vec()].concat()
    };
    check(vec![0; 12], Broken::Checksum);
    check(prelude(17 * 1024 * 1024, 0), Broken::TooLarge);
    check(prelude(u32::MAX, u32::MAX), Broken::TooLarge);
    check(prelude(15, 0), Broken::Headers);
    check(prelude(0, 0), Broken::Headers);
    check(prelude(100, u32::MAX), Broken::Headers);
    check(framed_with(&[3, b'x'], b""), Broken::Headers);
    check(framed_with(&[1, b'x', 10], b""), Broken::Headers);
    check(framed_with(&[1, b'x', 7, 0], b""), Broken::Headers);
    check(framed_with(&[1, b'x', 7, 0, 9, b'y'], b""), Broken::Headers);
    check(
        framed(&[(":event-type", "a")], b"{}").into_iter().map(|byte| byte ^ u8::from(byte == b'}')).collect(),
        Broken::Checksum,
    );
}

/// What is inside of a stream, for the tests of the framing alone: nothing is done before it fails or ends.
#[derive(Default)]
struct Inside {
    bytes: Vec<u8>,
    error: Option<Error>,
    done: bool,
}

impl Decode for Inside {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    fn finish(&mut self) {
        self.done = true;
    }

    fn next(&mut self) -> Option<Result<Chunk, Error>> {
        self.error.take().map(Err)
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn is_complete(&self) -> bool {
        false
    }

    fn fail(&mut self, error: Error) {
        if !std::mem::replace(&mut self.done, true) {
            self.error = Some(error);
        }
    }
}

#[test]
fn an_exception_in_a_stream_is_the_error_that_it_would_have_been_before() {
    let check = |bytes: Vec<u8>, status: u16, kind: &str, message: &str| {
        let model = ModelRef { provider: "a".to_owned(), model: "m".to_owned() };
        let mut decoder = Framed::new(&model, |message| message.payload, Inside::default());
        decoder.push(&bytes);
        let Some(Err(Error::ErrorInBody(upstream))) = decoder.next() else { panic!("{kind} is an error") };
        let read = (upstream.status, upstream.kind.as_deref(), upstream.message.as_str());
        assert_eq!(read, (Some(status), Some(kind), message));
    };
    check(exception("throttlingException", br#"{"message": "slow down"}"#), 429, "throttlingException", "slow down");
    check(exception("validationException", br#"{"message": "no"}"#), 400, "validationException", "no");
    let passed_on = br#"{"message": "m", "originalStatusCode": 422, "originalMessage": "o"}"#;
    check(exception("modelStreamErrorException", passed_on), 422, "modelStreamErrorException", "m");
    check(exception("ModelStreamError", br#"{"Message": "m", "ErrorCode": "x"}"#), 500, "ModelStreamError", "m");
    check(exception("somethingNew", b"not JSON"), 500, "somethingNew", "");
    let error = framed(&[(":message-type", "error"), (":error-code", "InternalError")], b"");
    check(error, 500, "InternalError", "");
}

proptest! {
    #[test]
    fn any_cuts_give_the_same_messages(mut cuts in proptest::collection::vec(0..200_usize, 0..12)) {
        let bytes = stream();
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(bytes.len()));
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(read(pieces), read([bytes.as_slice()]));
    }

    #[test]
    fn one_wrong_byte_is_an_error_and_never_another_message(at in 0..10_000_usize, mask in 1..=255_u8) {
        let mut bytes = stream();
        let at = at % bytes.len();
        bytes[at] ^= mask;
        let (messages, outcome) = read([bytes.as_slice()]);
        let (whole, _) = read([stream().as_slice()]);
        prop_assert!(outcome.is_err());
        prop_assert!(whole.starts_with(&messages));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), headers in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = read([bytes.as_slice()]);
        let _ = read([framed_with(&headers, &bytes).as_slice()]);
    }
}
