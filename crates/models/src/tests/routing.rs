//! Routing against real servers: who is passed over, who is asked beside another, and who goes on with a broken stream.

use super::upstream::{STOP, Step, Upstream, call, delta, heard, project, reasons, response, stream, whole};
use crate::{Call, Closed, Error, Exhausted, Journal, Models, Reply, Wait};
use std::sync::Arc;
use std::time::Duration;
use usecase::declared::{Model, ModelRef, ProjectFile, Residency, SecretRef, Spread, SpreadBy, SpreadShare};
use usecase::{AttemptEnd, Cost, MicroUsd, Period};

/// Models that remember, and the journal of the last call.
struct House {
    models: Models,
    journal: Journal,
}

impl House {
    fn new(file: &ProjectFile) -> Self {
        Self { models: Models::new(file).expect("a sound project"), journal: Journal::new() }
    }

    async fn ask(&self, chain: &[&str], rules: &Model, call: Call) -> Result<Reply, Exhausted> {
        let clear = |name: &&str| self.models.clear(&Residency::default(), &model(name)).expect("cleared");
        self.models.call_noting(chain.iter().map(clear).collect(), rules, call, &self.journal).await
    }

    /// Who answers, under the default rules.
    async fn who(&self, chain: &[&str]) -> String {
        self.ask(chain, &Model::default(), call(false)).await.expect("an answer").model.to_string()
    }

    fn closed(&self, name: &str) -> Option<Closed> {
        let health = self.models.health().into_iter().find(|health| health.model == model(name));
        health.expect("it was asked").closed.map(|(why, _)| why)
    }
}

fn model(name: &str) -> ModelRef {
    ModelRef::parse(name).expect("a model")
}

fn good() -> Vec<Step> {
    response("200 OK", "", &whole("Hi"))
}

fn broken() -> Vec<Step> {
    response("500 Broken", "", "{}")
}

fn error(result: Result<Reply, Exhausted>) -> Error {
    result.map(|reply| reply.model).expect_err("nobody answers").error
}

#[tokio::test]
async fn a_target_that_keeps_failing_is_passed_over() {
    let (bad, well) = (Upstream::start(vec![broken()]).await, Upstream::start(vec![good()]).await);
    let house = House::new(&project(&[bad.address, well.address]));
    for _ in 0..5 {
        assert_eq!(house.who(&["a/m", "b/m"]).await, "b/m");
    }
    assert_eq!(house.closed("a/m"), Some(Closed::Failing));
    let reply = house.ask(&["a/m", "b/m"], &Model::default(), call(false)).await.expect("b answers");
    assert_eq!(reasons(&reply.attempts)[&0], "passed over: its last calls failed");
    assert_eq!((reply.attempts[0].duration_us, reply.attempts[0].cost), (0, Cost::ZERO));
    assert_eq!(bad.asked().len(), 5, "nothing was sent to it");
    let refused = error(house.ask(&["a/m"], &Model::default(), call(true)).await);
    assert!(matches!(refused, Error::PassedOver { why: Closed::Failing, retry_after, .. }
        if retry_after <= Duration::from_secs(1)));
    let health = &house.models.health()[0];
    assert_eq!((health.calls, health.failures, health.passed_over, health.under_way), (5, 5, 2, 0));
    // A second later one call tries it.
    tokio::time::sleep(Duration::from_millis(1_010)).await;
    assert_eq!(house.who(&["a/m", "b/m"]).await, "b/m");
    assert_eq!(bad.asked().len(), 6);
}

#[tokio::test]
async fn a_pause_that_was_asked_for_is_kept() {
    let busy = response("429 Too Many", "retry-after: 7\r\n", "{}");
    let (busy, well) = (Upstream::start(vec![busy]).await, Upstream::start(vec![good()]).await);
    let house = House::new(&project(&[busy.address, well.address]));
    for _ in 0..3 {
        assert_eq!(house.who(&["a/m", "b/m"]).await, "b/m");
    }
    assert_eq!(busy.asked().len(), 1);
    let refused = error(house.ask(&["a/m"], &Model::default(), call(false)).await);
    assert!(matches!(refused, Error::PassedOver { why: Closed::AskedToWait, retry_after, .. }
        if retry_after > Duration::from_secs(5)));
}

#[tokio::test]
async fn a_bad_key_closes_no_good_model_and_is_tried_when_it_is_all_there_is() {
    let well = Upstream::start(vec![good()]).await;
    let mut file = project(&[well.address, well.address]);
    file.providers.get_mut("a").expect("declared").api_key = Some(SecretRef::Env("SHIPWAY_TEST_NO_KEY".to_owned()));
    let house = House::new(&file);
    assert_eq!(house.who(&["a/m", "b/m"]).await, "b/m");
    assert_eq!((house.closed("a/m"), house.closed("b/m")), (Some(Closed::KeyRefused), None));
    let reply = house.ask(&["a/other", "b/m"], &Model::default(), call(false)).await.expect("b answers");
    assert_eq!(reasons(&reply.attempts)[&0], "passed over: it did not accept the key");
    for _ in 0..9 {
        let error = error(house.ask(&["a/m"], &Model::default(), call(false)).await);
        assert!(matches!(error, Error::MissingKey { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_apps_mistakes_close_nothing() {
    let upstream = Upstream::start(vec![response("400 Bad Request", "", "{}")]).await;
    let house = House::new(&project(&[upstream.address]));
    for _ in 0..12 {
        assert!(matches!(error(house.ask(&["a/m"], &Model::default(), call(false)).await), Error::Status(_)));
    }
    assert_eq!((upstream.asked().len(), house.closed("a/m")), (12, None));
}

#[tokio::test]
async fn a_slow_first_is_beaten_by_a_hedge() {
    for streamed in [false, true] {
        let slow = Upstream::start(vec![vec![Step::Hang]]).await;
        let quick = if streamed { stream(&[&delta("Hi"), STOP]) } else { good() };
        let quick = Upstream::start(vec![quick]).await;
        let house = House::new(&project(&[slow.address, quick.address]));
        let rules = Model { hedge: Some(Period::from_millis(20)), ..Model::default() };
        let reply = house.ask(&["a/m", "b/m"], &rules, call(streamed)).await.expect("b is quicker");
        assert_eq!(*reply.model, model("b/m"));
        assert_eq!(reply.attempts.len(), 1);
        let given_up = &reply.attempts[0];
        assert_eq!((given_up.model.as_str(), &given_up.end), ("a/m", &AttemptEnd::Cancelled));
        assert!(given_up.cost.part_unknown && given_up.cost.known.0 > 0, "it may be charged");
        assert_eq!(heard(reply.body).await.0, "Hi");
        let left = async {
            while !slow.was_left() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_millis(900), left).await.expect("the connection is closed");
        let under_way: Vec<u32> = house.models.health().iter().map(|health| health.under_way).collect();
        assert_eq!(under_way, [0, 0]);
    }
}

#[tokio::test]
async fn a_hedge_that_fails_leaves_the_first_alone() {
    let mut late = vec![Step::Pause(Duration::from_millis(60))];
    late.extend(good());
    let (late, bad) = (Upstream::start(vec![late]).await, Upstream::start(vec![broken()]).await);
    let house = House::new(&project(&[late.address, bad.address]));
    let rules = Model { hedge: Some(Period::from_millis(10)), ..Model::default() };
    let reply = house.ask(&["a/m", "b/m", "local/extractive"], &rules, call(false)).await.expect("a answers");
    assert_eq!((ModelRef::clone(&reply.model), reply.attempts.len()), (model("a/m"), 1));
    assert_eq!(reply.attempts[0].model, "b/m");
}

#[tokio::test]
async fn a_retry_takes_no_call_that_a_hedge_took_meanwhile() {
    let busy = Upstream::start(vec![response("503 Busy", "retry-after-ms: 30\r\n", "{}")]).await;
    let mut late = vec![Step::Pause(Duration::from_millis(60))];
    late.extend(good());
    let late = Upstream::start(vec![late]).await;
    let house = House::new(&project(&[busy.address, late.address]));
    let rules = Model { hedge: Some(Period::from_millis(10)), attempts: Some(2), ..Model::default() };
    let reply = house.ask(&["a/m", "b/m"], &rules, call(false)).await.expect("b answers");
    assert_eq!((ModelRef::clone(&reply.model), busy.asked().len(), late.asked().len()), (model("b/m"), 1, 1));
}

#[tokio::test]
async fn a_request_has_a_deadline_and_a_number_of_calls() {
    let slow = Upstream::start(vec![vec![Step::Hang]]).await;
    let house = House::new(&project(&[slow.address, slow.address]));
    let rules = Model { deadline: Some(Period::from_millis(30)), ..Model::default() };
    let late = error(house.ask(&["a/m", "b/m"], &rules, call(true)).await);
    assert!(matches!(late, Error::Timeout { wait: Wait::Deadline, .. }), "{late:?}");
    assert_eq!((slow.asked().len(), house.closed("a/m")), (1, None));
    let reply = house.ask(&["a/m", "b/m", "local/extractive"], &rules, call(true)).await.expect("it always answers");
    assert_eq!((ModelRef::clone(&reply.model), reply.attempts.len()), (ModelRef::local_extractive(), 1));
    let bad = Upstream::start(vec![broken()]).await;
    let house = House::new(&project(&[bad.address, bad.address]));
    let rules = Model { attempts: Some(1), ..Model::default() };
    let reply = house.ask(&["a/m", "b/m", "local/extractive"], &rules, call(false)).await.expect("it always answers");
    assert_eq!((reply.attempts.len(), bad.asked().len()), (1, 1));
}

fn going_on() -> Model {
    Model { continue_stream: true, ..Model::default() }
}

#[tokio::test]
async fn a_broken_stream_goes_on_as_one() {
    let first = Upstream::start(vec![stream(&[&delta("Your order leaves"), &delta(" on Monday")])]).await;
    let second = Upstream::start(vec![stream(&[&delta("leaves on Monday"), &delta(" at nine."), STOP])]).await;
    let house = House::new(&project(&[first.address, second.address]));
    let mut asked = call(true);
    Arc::make_mut(&mut asked.request).rest.insert("max_tokens".to_owned(), 100.into());
    let reply = house.ask(&["a/m", "b/m", "local/extractive"], &going_on(), asked).await.expect("it begins");
    assert_eq!(*reply.model, model("a/m"));
    let (text, error) = heard(reply.body).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(text, "Your order leaves on Monday at nine.");
    let broken = house.journal.drain();
    assert_eq!((broken.len(), broken[0].model.as_str()), (1, "a/m"));
    assert!(matches!(&broken[0].end, AttemptEnd::Failed(why) if why.contains("broke off")));
    assert!(broken[0].cost.known > MicroUsd::ZERO && broken[0].cost.part_unknown);
    let last = reply.running.finish(None, AttemptEnd::Answered);
    assert_eq!((last.model.as_str(), last.end), ("b/m", AttemptEnd::Answered));
    assert!(last.usage.output_tokens > 0);
    let body = &second.asked()[0].body;
    assert_eq!(body["messages"][1]["role"], "assistant");
    assert_eq!(body["messages"][1]["content"], "Your order leaves on Monday");
    assert!(body["messages"][2]["content"].as_str().is_some_and(|text| text.contains("Go on exactly")));
    assert_eq!(body["max_tokens"], 93, "what was said is taken off");
}

/// A first stream that breaks off, and whether a second one may go on with it.
async fn check_not_continued(first: &[&str], change: fn(&mut Call)) {
    let first = Upstream::start(vec![stream(first)]).await;
    let second = Upstream::start(vec![stream(&[&delta("no"), STOP])]).await;
    let house = House::new(&project(&[first.address, second.address]));
    let mut call = call(true);
    change(&mut call);
    let reply = house.ask(&["a/m", "b/m"], &going_on(), call).await.expect("it begins");
    assert!(heard(reply.body).await.1.is_some(), "a broken stream ends in an error");
    assert!(second.asked().is_empty() && house.journal.drain().is_empty());
    assert_eq!(reply.running.finish(None, AttemptEnd::Failed("broke".to_owned())).model, "a/m");
}

#[tokio::test]
async fn what_another_cannot_finish_is_not_continued() {
    let tool = "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"type\":\"function\",\
                \"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}}]}\n\n";
    check_not_continued(&[&delta("One"), tool], |_| {}).await;
    check_not_continued(&[&delta("{")], |call| {
        let json = serde_json::json!({ "type": "json_object" });
        Arc::make_mut(&mut call.request).rest.insert("response_format".to_owned(), json);
    })
    .await;
}

#[tokio::test]
async fn when_nobody_goes_on_the_stream_ends_in_its_error() {
    let first = Upstream::start(vec![stream(&[&delta("One")])]).await;
    let second = Upstream::start(vec![broken()]).await;
    let house = House::new(&project(&[first.address, second.address]));
    let reply = house.ask(&["a/m", "b/m"], &going_on(), call(true)).await.expect("it begins");
    let (text, error) = heard(reply.body).await;
    assert_eq!(text, "One");
    assert!(matches!(error, Some(Error::CutOff { model, .. }) if model.provider == "a"));
    assert_eq!(reasons(&house.journal.drain())[&0], "b/m answered with status 500");
    assert_eq!(reply.running.finish(None, AttemptEnd::Failed("broke".to_owned())).model, "a/m");
}

#[tokio::test]
async fn a_stream_may_break_twice() {
    let parts = [stream(&[&delta("One")]), stream(&[&delta(" two")]), stream(&[&delta(" three"), STOP])];
    let mut upstreams = Vec::new();
    for part in parts {
        upstreams.push(Upstream::start(vec![part]).await);
    }
    let addresses: Vec<_> = upstreams.iter().map(|upstream| upstream.address).collect();
    let house = House::new(&project(&addresses));
    let reply = house.ask(&["a/m", "b/m", "c/m"], &going_on(), call(true)).await.expect("it begins");
    assert_eq!(heard(reply.body).await.0, "One two three");
    let broken: Vec<String> = house.journal.drain().into_iter().map(|attempt| attempt.model).collect();
    assert_eq!(broken, ["a/m", "b/m"]);
    assert_eq!(reply.running.finish(None, AttemptEnd::Answered).model, "c/m");
}

#[tokio::test]
async fn equal_models_share_by_price_or_by_conversation() {
    let well = Upstream::start(vec![good()]).await;
    let mut file = project(&[well.address, well.address, well.address]);
    file.prices.get_mut("b/m").expect("priced").output = MicroUsd(1);
    let house = House::new(&file);
    let over = ["a/m", "b/m"].map(|name| SpreadShare { model: model(name), weight: 1 }).to_vec();
    let rules = |by| Model { spread: Some(Spread { over: over.clone(), by }), ..Model::default() };
    let asked = |conversation: Option<&str>| {
        let mut call = call(false);
        Arc::make_mut(&mut call.request).conversation = conversation.map(str::to_owned);
        call
    };
    let chain = ["a/m", "b/m", "c/m"];
    let reply = house.ask(&chain, &rules(SpreadBy::Price), asked(None)).await.expect("an answer");
    assert_eq!(*reply.model, model("b/m"), "the cheaper of the two");
    let mut seen = std::collections::BTreeSet::new();
    for conversation in ["one", "two", "three", "four", "five", "six", "seven", "eight"] {
        let mut who = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let call = asked(Some(conversation));
            let reply = house.ask(&chain, &rules(SpreadBy::Weight), call).await.expect("an answer");
            who.insert(reply.model.to_string());
        }
        assert_eq!(who.len(), 1, "a conversation stays");
        seen.extend(who);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["a/m", "b/m"], "and others go elsewhere");
    let reply = house.ask(&chain, &rules(SpreadBy::Latency), asked(None)).await.expect("an answer");
    assert_ne!(*reply.model, model("c/m"), "the fallback is no equal");
}
