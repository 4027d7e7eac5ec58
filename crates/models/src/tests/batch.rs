//! Calls that may wait: asked for at the price of a batch where there is one, and priced by what was given.

use super::upstream::{Upstream, ask, call, project, response, whole};
use crate::Call;
use serde_json::{Value, json};
use std::sync::Arc;
use usecase::declared::{Percent, ProjectFile};
use usecase::{AttemptEnd, Cost, MicroUsd};

/// An answer that names its tier.
fn given(tier: &str) -> String {
    let mut answer: Value = serde_json::from_str(&whole("Today")).expect("JSON");
    answer["service_tier"] = json!(tier);
    answer.to_string()
}

fn half_price(upstream: &Upstream) -> ProjectFile {
    let mut file = project(&[upstream.address]);
    file.prices.get_mut("a/m").expect("declared").batch = Some(Percent::of(50.0));
    file
}

/// What was asked for, call by call, and what the answer cost.
async fn check(upstream: Upstream, file: ProjectFile, call: Call, asked: &[Option<&str>], micro_usd: i64) {
    let reply = ask(&file, &["a/m"], call).await.expect("an answer");
    let attempt = reply.running.finish(None, AttemptEnd::Answered);
    assert_eq!(attempt.cost, Cost::known(MicroUsd(micro_usd)));
    let tiers: Vec<Option<String>> =
        upstream.asked().iter().map(|asked| Some(asked.body.get("service_tier")?.as_str()?.to_owned())).collect();
    let tiers: Vec<Option<&str>> = tiers.iter().map(Option::as_deref).collect();
    assert_eq!(tiers, asked);
}

fn patient() -> Call {
    Call { batch: true, ..call(false) }
}

#[tokio::test]
async fn a_batch_pays_what_the_provider_says_it_gave() {
    let start = async |tier: &str| Upstream::start(vec![response("200 OK", "", &given(tier))]).await;
    // 600 fresh tokens at 1 USD, 400 cached at 0.10, 100 out at 2, per million: 840, of which a batch pays half.
    let upstream = start("flex").await;
    let file = half_price(&upstream);
    check(upstream, file, patient(), &[Some("flex")], 420).await;
    let upstream = start("default").await;
    let file = half_price(&upstream);
    check(upstream, file, patient(), &[Some("flex")], 840).await;
    let upstream = start("default").await;
    let file = half_price(&upstream);
    check(upstream, file, call(false), &[None], 840).await;
    let upstream = start("default").await;
    let file = project(&[upstream.address]);
    check(upstream, file, patient(), &[None], 840).await;
}

#[tokio::test]
async fn the_tier_that_an_app_chose_stays() {
    let upstream = Upstream::start(vec![response("200 OK", "", &given("priority"))]).await;
    let mut call = patient();
    let mut request = (*call.request).clone();
    request.rest.insert("service_tier".to_owned(), "priority".into());
    call.request = Arc::new(request);
    let file = half_price(&upstream);
    check(upstream, file, call, &[Some("priority")], 840).await;
}

#[tokio::test]
async fn without_a_place_for_the_patient_it_is_asked_for_at_once() {
    let full = json!({ "error": { "message": "busy", "type": "requests", "code": "resource_unavailable" } });
    let full = response("429 Too Many Requests", "", &full.to_string());
    let upstream = Upstream::start(vec![full, response("200 OK", "", &given("default"))]).await;
    let file = half_price(&upstream);
    check(upstream, file, patient(), &[Some("flex"), None], 840).await;
}
