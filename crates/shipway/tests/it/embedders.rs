//! Embedders and rerankers that are a provider's models: what leaves, what it costs, and what happens when they are away.

use crate::{QUESTION, SHIPWAY, ask};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::{Provider, Script, Server, TestProject};

const OPENING: &str = "---\nid: opening\ntitle: Opening\n---\n# Opening\n\nThe shop is open from nine to five. Write to care@example.com.\n";

/// What a text is about: lamps that come back, or the hours of the shop.
fn vector(text: &str) -> Value {
    let text = text.to_lowercase();
    let about = |words: &[&str]| words.iter().filter(|word| text.contains(**word)).count() + 1;
    json!([3 * about(&["return", "lamp"]), 3 * about(&["open", "close", "nine"]), 1, 0])
}

/// Vectors as OpenAI and as Cohere give them, and scores that like the hours of the shop.
fn answer(body: &Value) -> Script {
    if let Some(documents) = body["documents"].as_array() {
        let score = |document: &Value| if document.to_string().contains("nine") { 0.9 } else { 0.2 };
        let results = documents.iter().enumerate().rev();
        let results: Vec<Value> =
            results.map(|(index, text)| json!({ "index": index, "relevance_score": score(text) })).collect();
        return Script::json(200, &[], &json!({ "results": results, "usage": { "total_tokens": 30 } }));
    }
    let texts = body["input"].as_array().or_else(|| body["texts"].as_array()).cloned().unwrap_or_default();
    let vectors: Vec<Value> = texts.iter().map(|text| vector(text.as_str().expect("a text"))).collect();
    if body["texts"].is_array() {
        let meta = json!({ "billed_units": { "input_tokens": 8 } });
        return Script::json(200, &[], &json!({ "embeddings": { "float": vectors }, "meta": meta }));
    }
    let data = vectors.into_iter().enumerate();
    let data: Vec<Value> = data.map(|(index, vector)| json!({ "index": index, "embedding": vector })).collect();
    Script::json(200, &[], &json!({ "data": data, "usage": { "prompt_tokens": 8, "total_tokens": 8 } }))
}

/// A provider that can be sent away and back.
struct Far {
    provider: Provider,
    away: Arc<AtomicBool>,
}

impl Far {
    fn start() -> Self {
        let away = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&away);
        let provider = Provider::choosing(move |body| match asked.load(Ordering::Relaxed) {
            true => Script::json(500, &[], &json!({ "error": { "message": "down" } })),
            false => answer(body),
        });
        Self { provider, away }
    }

    fn is_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// The shop with two pages, this provider as `local_openai`, and these sections beside.
    fn shop(&self, kind: &str, sections: &str, use_case: &str) -> TestProject {
        let provider = format!(
            "{sections}\n[providers.local_openai]\nkind = \"{kind}\"\nbase_url = \"{}\"\njurisdiction = \"US\"\n\
             api_key = \"file:key\"\n\
             [prices.\"local_openai/some-model\"]\ninput = \"1 USD\"\noutput = \"0 USD\"\nas_of = \"2026-11-01\"\n",
            self.provider.base_url()
        );
        let key = std::env::temp_dir().join(format!("shipway-embedders-{}", std::process::id()));
        std::fs::write(&key, "sk-of-a-test").expect("a writable temporary folder");
        TestProject::with_shop(SHIPWAY)
            .file("shipway.toml", &provider.replace("file:key", &format!("file:{}", key.display())))
            .file("usecases/shop/pages/opening.md", OPENING)
            .append("usecases/shop/usecase.toml", use_case)
    }

    fn embedding_shop(&self, kind: &str, use_case: &str) -> TestProject {
        self.shop(kind, "[embedder]\nuse = \"local_openai/some-model\"\ndimensions = 4\n", use_case)
    }

    /// Everything that left for it.
    fn heard(&self) -> String {
        Value::from(self.provider.requests()).to_string()
    }
}

fn found(project: &TestProject, question: &str) -> Vec<String> {
    let found = project.must(&["search", "shop", question, "--json"]).json();
    let passages = found["passages"].as_array().expect("passages");
    passages.iter().map(|passage| passage["source"]["document"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The record of a question that was answered.
fn record(server: &Server, question: &str) -> Value {
    let reply = server.client().post("/v1/chat/completions", &ask("shop", question));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let trace = reply.header("x-shipway-trace").expect("a trace").to_owned();
    server.client().get(&format!("/v1/traces/{trace}")).json()
}

#[test]
fn a_providers_vectors_are_searched_priced_and_of_masked_texts() {
    let far = Far::start();
    let project = far.shop("openai", "[embedder]\nuse = \"local_openai/some-model\"\n", "");
    project.must(&["ingest", "shop"]);
    assert_eq!(far.provider.requests()[0]["input"], json!(["dimensions"]), "the size was not declared");
    assert_eq!(found(&project, "At what hour do you close?")[0], "opening", "no word of it is on the page");
    let server = project.serve();
    let asked = far.provider.requests().len();
    let record = record(&server, "Do you close early for eva.lind@example.org?");
    let attempts = record["attempts"].as_array().expect("attempts");
    assert_eq!(attempts[0]["model"], "local_openai/some-model", "{record}");
    assert_eq!((&attempts[0]["usage"]["input_tokens"], &attempts[0]["cost"]["known"]), (&json!(8), &json!(8)));
    assert_eq!(far.provider.requests().len(), asked + 1, "one call a question");
    let own = json!({ "model": "shop", "input": ["mail hana@example.net about a lamp"] });
    let reply = server.client().post("/v1/embeddings", &own);
    assert_eq!((reply.status, reply.header("x-shipway-model")), (200, Some("local_openai/some-model")));
    assert_eq!(reply.json()["data"][0]["embedding"].as_array().map(Vec::len), Some(4));
    assert!(!far.heard().contains('@') && far.heard().contains("nine to five"), "{}", far.heard());
}

#[test]
fn a_provider_that_knows_purposes_is_told_them() {
    let far = Far::start();
    let project = far.embedding_shop("cohere", "");
    project.must(&["ingest", "shop"]);
    assert_eq!(far.provider.requests()[0]["input_type"], "search_document");
    assert_eq!(far.provider.requests()[0]["output_dimension"], 4);
    assert_eq!(found(&project, QUESTION)[0], "returns");
    let last = far.provider.requests().pop().expect("a question");
    assert_eq!((&last["input_type"], &last["texts"]), (&json!("search_query"), &json!([QUESTION])));
}

#[test]
fn a_feed_whose_embedder_is_away_changes_nothing() {
    let far = Far::start();
    let project = far.embedding_shop("openai", "");
    project.must(&["ingest", "shop"]);
    let before = project.must(&["collection", "list", "--json"]).stdout;
    project.write("usecases/shop/pages/opening.md", OPENING.replace("nine", "ten"));
    far.is_away(true);
    let failed = project.shipway(&["ingest", "shop"]);
    assert_eq!(failed.code, 1, "{}", failed.stdout);
    assert!(failed.stdout.contains("local_openai/some-model answered with status 500"), "{}", failed.stdout);
    assert_eq!(project.must(&["collection", "list", "--json"]).stdout, before);
    far.is_away(false);
    let found = project.must(&["search", "shop", "When do you close?"]).stdout;
    assert!(found.contains("nine to five"), "{found}");
    project.must(&["ingest", "shop"]);
    let found = project.must(&["search", "shop", "When do you close?"]).stdout;
    assert!(found.contains("ten to five"), "{found}");
}

#[test]
fn a_question_without_a_vector_is_searched_by_its_words() {
    let far = Far::start();
    let project = far.embedding_shop("openai", "[cache]\nexact = true\n");
    project.must(&["ingest", "shop"]);
    let server = project.serve();
    far.is_away(true);
    let reply = record(&server, QUESTION);
    let verdicts = reply["verdicts"].to_string();
    assert!(verdicts.contains("words_alone") && verdicts.contains("status 500"), "{verdicts}");
    assert!(reply["attempts"].to_string().contains("local_openai/some-model"), "{reply}");
    assert!(reply["snapshots"].to_string().contains("shop/pages"), "{reply}");
    far.is_away(false);
    let again = server.client().post("/v1/chat/completions", &ask("shop", QUESTION));
    assert_eq!(again.header("x-shipway-cache"), None, "what words alone found is not kept");
    assert!(again.text().contains("45 days"), "{}", again.text());
}

#[test]
fn a_rule_of_residency_keeps_texts_from_the_embedder() {
    let far = Far::start();
    let project = far.embedding_shop("openai", "[residency]\ndata = [\"EU\"]\n");
    for arguments in [&["ingest", "shop"][..], &["check", "shop"], &["search", "shop", QUESTION]] {
        let refused = project.shipway(arguments);
        assert_ne!(refused.code, 0, "{arguments:?}");
        let rule =
            "the embedder's provider `local_openai` runs in US, and `residency.data` lets the data go to EU only";
        assert!(refused.stderr.contains(rule), "{arguments:?}: {}", refused.stderr);
    }
    assert!(far.provider.requests().is_empty(), "nothing left");
}

#[test]
fn a_reranker_orders_masked_passages_and_may_be_away() {
    let far = Far::start();
    let project = far.shop("vllm", "[embedder]\nuse = \"lexical\"\n", "");
    project.must(&["ingest", "shop"]);
    let question = "May I return a lamp to the shop, or write to it?";
    assert_eq!(found(&project, question)[0], "returns");
    let with = std::fs::read_to_string(project.path("usecases/shop/usecase.toml")).expect("the use case");
    let with = with.replace("top = 3", "top = 3\nrerank = { model = \"local_openai/some-model\", candidates = 5 }");
    project.write("usecases/shop/usecase.toml", with);
    assert_eq!(found(&project, question)[0], "opening");
    assert!(far.heard().contains("nine to five") && !far.heard().contains("care@example.com"), "{}", far.heard());
    let server = project.serve();
    let ordered = record(&server, question);
    assert_eq!(ordered["attempts"][0]["model"], "local_openai/some-model", "{ordered}");
    assert_eq!(ordered["attempts"][0]["cost"]["known"], 30, "{ordered}");
    assert!(!ordered["verdicts"].to_string().contains("not_reranked"), "{ordered}");
    far.is_away(true);
    let plain = record(&server, question);
    assert!(plain["verdicts"].to_string().contains("not_reranked"), "{plain}");
    assert_ne!(plain["attempts"][0]["end"], "answered", "{plain}");
    assert_eq!(found(&project, question)[0], "returns");
}
