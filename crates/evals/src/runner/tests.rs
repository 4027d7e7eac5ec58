//! The starter's own test set through the real pipeline, with the model and the embedder that need nothing.

use super::{RunOptions, run};
use crate::{Outcome, Run, Suite};
use admission::Admission;
use ledger::{Ledger, RequestFilter, Source};
use models::Models;
use pipeline::{Engines, LocalModels, Pipeline, ProjectEmbedder};
use retrieval::embedder::Lexical;
use retrieval::{Changes, Collections, DocumentPut, Embedder, Embedders, Home, Place};
use serde_json::Map;
use std::path::Path;
use std::sync::Arc;
use storage::Storage;
use usecase::{Project, UseCase, starter};

const NAME: &str = "support";

/// Writes the starter's project into a folder.
fn write_project(root: &Path) -> Project {
    let of_use_case = starter::use_case(NAME).expect("a good name");
    let prefixed = of_use_case.into_iter().map(|(path, text)| (format!("usecases/{NAME}/{path}"), text));
    for (path, text) in starter::project("example").into_iter().chain(prefixed) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    Project::load(root).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// The starter's documents, each paragraph a passage.
fn documents(root: &Path) -> Changes {
    let folder = root.join(format!("usecases/{NAME}/docs"));
    let document = |id: &str| {
        let file = std::fs::read_to_string(folder.join(format!("{id}.md"))).expect("a document of the starter");
        let text = file.splitn(3, "---\n").last().expect("the text after the front matter").to_owned();
        let mut passages = Vec::new();
        let mut start = 0;
        for (ordinal, paragraph) in text.split("\n\n").enumerate() {
            let length = paragraph.chars().count();
            passages.push(Place::new(u32::try_from(ordinal).expect("a short document"), start, start + length));
            start += length + 2;
        }
        DocumentPut {
            id: id.to_owned(),
            title: id.to_owned(),
            url: None,
            text,
            metadata: Map::new(),
            groups: file.contains("groups: [staff]").then(|| vec!["staff".to_owned()]),
            content_hash: id.to_owned(),
            passages,
        }
    };
    let upsert = ["delivery", "returns", "warranty", "service-agents"].map(document).into();
    Changes { upsert, delete: Vec::new() }
}

fn pipeline(storage: &Storage, ledger: &Ledger, project: &Project) -> Pipeline {
    let embedder: Arc<dyn Embedder> = Arc::new(Lexical::default());
    let home = Home::Embedded(storage);
    let collections = Collections::open(home, 10, Embedders::new(Arc::clone(&embedder))).expect("collections");
    collections.apply(&format!("{NAME}/handbook"), documents(&project.root)).expect("documents");
    let models = Arc::new(Models::new(&project.file).expect("models"));
    let (embedder, local) = (ProjectEmbedder::Here(embedder), LocalModels::new(&project.root));
    Pipeline::new(Engines { models, collections, embedder, local, ledger: ledger.clone() })
}

/// The check of this type in this case of the starter passed.
#[track_caller]
fn passed(run: &Run, description: &str, kind: &str) {
    let case = run.cases.iter().find(|case| case.description == description).expect("a case of the starter");
    let check = case.checks.iter().find(|check| check.kind == kind).expect("a check of this type");
    assert_eq!(check.outcome, Outcome::Passed, "{case:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_starter_is_asked_on_the_path_of_production() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let project = write_project(folder.path());
    let use_case: UseCase = project.use_case(NAME).unwrap_or_else(|wrong| panic!("{wrong}"));
    let suite = Suite::load(&use_case).unwrap_or_else(|wrong| panic!("{wrong}"));
    let storage = Storage::open(&folder.path().join("data")).expect("a database");
    let ledger = Ledger::open(&storage).expect("a ledger");
    let admission = Admission::open(&storage).expect("admission");
    let pipeline = pipeline(&storage, &ledger, &project);
    let prepared = pipeline.prepare(&use_case).expect("a whole use case");

    let run = run(&pipeline, &admission, &prepared, &suite, RunOptions::default(), &|_| ()).await;

    assert_eq!((run.totals.errors, run.totals.unsupported), (0, 0), "{:#?}", run.cases);
    assert_eq!(run.totals.cases, suite.cases.len());
    assert!(run.cases.iter().all(|case| case.trace.is_some() && case.latency_us > 0 && !case.from_fallback));
    // What the guards and the access rules promise; how well the rest is answered is the models' own test.
    passed(&run, "a customer does not", "not-contains");
    passed(&run, "a customer does not", "not-cites");
    passed(&run, "a service agent sees the rules for service agents", "cites");
    passed(&run, "personal data is masked before anything leaves", "masked");
    passed(&run, "an attempt to override the instructions", "is-refusal");

    let recorded = ledger.requests(&RequestFilter { source: Some(Source::Eval), ..RequestFilter::default() });
    assert_eq!(recorded.expect("readable").len(), run.totals.cases, "every question is in the ledger");
    assert!(run.totals.pass_share() > 0.5, "{:#?}", run.cases);
}
