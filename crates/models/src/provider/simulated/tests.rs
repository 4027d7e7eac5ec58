//! Scripts, read and played.

use super::{Script, cut, words};
use crate::error::{Error, Wait};
use crate::tests::upstream::{ask, call, heard};
use crate::{Call, Reply};
use std::time::Duration;
use usecase::declared::{ProjectFile, Provider, ProviderKind, Timeouts};
use usecase::time::Period;
use usecase::{AttemptEnd, Cost, DocumentRef, MicroUsd, Passage};

fn project() -> ProjectFile {
    let timeouts = Timeouts {
        first_token: Period::from_millis(80),
        idle: Period::from_millis(80),
        total: Period::from_millis(400),
        ..Timeouts::default()
    };
    let provider = Provider { timeouts, ..Provider::of_kind(ProviderKind::Simulated) };
    ProjectFile { providers: [("simulated".to_owned(), provider)].into(), ..ProjectFile::default() }
}

async fn run(script: &str, call: Call) -> Result<Reply, Error> {
    ask(&project(), &[&format!("simulated/{script}")], call).await.map_err(|failed| failed.error)
}

#[tokio::test]
async fn it_says_what_its_script_says() {
    let check = async |script: &str, expected: &str| {
        for streamed in [false, true] {
            let reply = run(script, call(streamed)).await.expect("an answer");
            let (text, error) = heard(reply.body).await;
            assert!(error.is_none());
            assert_eq!(text, expected, "{script}");
        }
    };
    check("echo", "When does my order leave?").await;
    check("say?text=Gr%C3%BC%C3%9F+Gott%26&chunks=1", "Grüß Gott&").await;
    check("cite", "There is no passage to cite.").await;
    check("script?tokens=7&seed=3", &words(7, 3)).await;
}

#[tokio::test]
async fn it_cites_the_first_passage() {
    let source = DocumentRef { collection: "c".to_owned(), document: "d".to_owned(), title: "D".to_owned(), url: None };
    let text = "Orders leave at two. The rest follows.".to_owned();
    let passage = Passage { source, ordinal: 0, start: 0, end: 38, text, header: String::new(), score: 1.0 };
    let cited = Call { passages: [passage].into(), ..call(false) };
    let reply = run("cite", cited).await.expect("an answer");
    assert_eq!(heard(reply.body).await.0, "Orders leave at two. [1]");
}

#[tokio::test]
async fn it_is_priced_by_its_tokens() {
    let reply = run("script?tokens=500", call(true)).await.expect("an answer");
    assert!(heard(reply.body).await.1.is_none());
    let attempt = reply.running.finish(None, AttemptEnd::Answered);
    let input = i64::try_from(attempt.usage.input_tokens).expect("a small number");
    assert_eq!((attempt.usage.output_tokens, attempt.usage.estimated), (500, false));
    assert_eq!(attempt.cost, Cost::known(MicroUsd(input + 1000)));
    let reply = run("echo?usage=false", call(false)).await.expect("an answer");
    assert!(reply.running.finish(None, AttemptEnd::Answered).usage.estimated);
}

#[tokio::test]
async fn it_fails_as_its_script_says() {
    let check = async |script: &str, streamed: bool, text: &str, fits: fn(&Error) -> bool| {
        let (seen, error) = match run(script, call(streamed)).await {
            Ok(reply) => heard(reply.body).await,
            Err(error) => (String::new(), Some(error)),
        };
        let error = error.expect("it fails");
        assert!(fits(&error), "{script}: {error:?}");
        assert_eq!(seen, text, "{script}");
    };
    for streamed in [false, true] {
        check("echo?fail=429", streamed, "", |error| error.upstream().is_some_and(|own| own.status == Some(429))).await;
        check("echo?mode=hang", streamed, "", |error| {
            matches!(error, Error::Timeout { wait: Wait::FirstToken | Wait::Idle, .. })
        })
        .await;
        check("echo?latency=1h", streamed, "", |error| matches!(error, Error::Timeout { wait: Wait::FirstToken, .. }))
            .await;
        check("echo?mode=garbage", streamed, "", |error| matches!(error, Error::Garbage { .. })).await;
        check("echo?mode=error_body", streamed, "", |error| matches!(error, Error::ErrorInBody(_))).await;
    }
    check("echo?mode=cut&after=2&chunks=5", true, "When does ", |error| matches!(error, Error::CutOff { .. })).await;
    check("echo?mode=hang&after=1&chunks=5", true, "When ", |error| {
        matches!(error, Error::Timeout { wait: Wait::Idle, .. })
    })
    .await;
    check("script?mode=slow&gap=60ms&chunks=20", true, &cut(&words(20, 1), 20)[..7].concat(), |error| {
        matches!(error, Error::Timeout { wait: Wait::Total, .. })
    })
    .await;
}

#[tokio::test]
async fn every_third_call_fails() {
    let models = crate::Models::new(&project()).expect("a sound project");
    let model = usecase::declared::ModelRef::parse("simulated/echo?fail=500&every=3").expect("a model");
    let cleared = models.clear(&Default::default(), &model).expect("it runs here");
    let mut answered = Vec::new();
    for _ in 0..6 {
        answered.push(models.call(vec![cleared.clone()], call(false)).await.is_ok());
    }
    assert_eq!(answered, [true, true, false, true, true, false]);
}

#[test]
fn scripts_are_read_or_refused() {
    let script = Script::parse("script?latency=20ms&first=50ms&gap=5ms&tokens=200&chunks=20&fail=429&every=3&mode=cut");
    let script = script.expect("a sound script");
    assert_eq!(
        (script.latency, script.first, script.gap),
        (Duration::from_millis(20), Duration::from_millis(50), Duration::from_millis(5))
    );
    assert_eq!((script.tokens, script.chunks, script.fail, script.every, script.after), (200, 20, Some(429), 3, 1));
    for bad in [
        "shout",
        "echo?volume=11",
        "script?tokens=0",
        "script?tokens=999999999",
        "script?fail=200",
        "script?every=0",
        "say?text=%f",
        "say?text=%zz",
        "script?latency=9w",
    ] {
        assert!(Script::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn cutting_loses_nothing() {
    for chunks in [1, 2, 7, 100] {
        let pieces = cut("one two  three\nfour ", chunks);
        assert_eq!(pieces.concat(), "one two  three\nfour ");
        assert!(pieces.len() <= chunks);
    }
    assert_eq!(cut("", 3), [""]);
}
