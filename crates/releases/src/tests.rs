//! The pointer's moves as a table, the refusals, and that the split is fair and sticky.

use super::*;
use evals::{CaseResult, Conclusion, Evals, Outcome, Run, Totals};
use std::collections::BTreeMap;
use usecase::Cost;
use usecase::declared::Evals as Settings;

struct House {
    releases: Releases,
    evals: Evals,
    _folder: tempfile::TempDir,
}

fn house() -> House {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let storage = Storage::open(folder.path()).expect("a storage");
    let ledger = Ledger::open(&storage).expect("a ledger");
    let releases = Releases::open(&storage, &ledger).expect("releases");
    let evals = Evals::open(&storage, &ledger).expect("evals");
    House { releases, evals, _folder: folder }
}

fn bundle(content: &str) -> Bundle {
    let files = BTreeMap::from([("usecase.toml".to_owned(), content.as_bytes().to_vec())]);
    Bundle::new("shop", files, serde_json::json!({}))
}

impl House {
    /// The proof that a bundle passed its gate, from the room that makes it.
    async fn passed(&self, bundle: &Bundle) -> Passed {
        let case = CaseResult {
            key: "k".to_owned(),
            checks_hash: "h".to_owned(),
            description: "a case".to_owned(),
            file: "evals/a.yaml".to_owned(),
            line: 1,
            must_pass: false,
            outcome: Outcome::Passed,
            reason: String::new(),
            checks: Vec::new(),
            cost: Cost::ZERO,
            latency_us: 1,
            trace: None,
            model: None,
            from_fallback: false,
        };
        let cases = vec![case];
        let run = Run {
            id: format!("eval-{}", usecase::TraceId::random()),
            use_case: "shop".to_owned(),
            bundle: bundle.id.clone(),
            started: Timestamp(1),
            finished: Timestamp(2),
            totals: Totals::of(&cases),
            cases,
        };
        let concluded: Conclusion = self.evals.conclude(run, &Settings::default(), None).await.expect("a conclusion");
        concluded.gate.expect("the gate is passed")
    }

    async fn release(&self, content: &str, steps: &[Step]) -> Result<Decision, Error> {
        let bundle = bundle(content);
        let passed = self.passed(&bundle).await;
        self.releases.begin(&bundle, steps, &passed, &by_override(), "tester")
    }

    fn serving(&self) -> (Option<BundleId>, Option<BundleId>) {
        let pointer = self.releases.status("shop").expect("a status").pointer;
        (pointer.as_ref().map(|pointer| pointer.stable.clone()), pointer.and_then(|pointer| pointer.canary))
    }
}

fn by_override() -> Go {
    Go::Override { failing: vec!["a line".to_owned()], reason: "a test".to_owned() }
}

fn steps() -> Vec<Step> {
    vec![Step::share(5.0), Step::share(25.0), Step::share(100.0)]
}

#[tokio::test]
async fn a_release_goes_step_by_step_and_back() {
    let house = house();
    let id = |content: &str| Some(bundle(content).id);
    assert_eq!(house.releases.pick("shop", None).expect("a pick"), None);
    let first = house.release("one", &steps()).await.expect("the first release");
    assert_eq!((first.kind, house.serving()), (Kind::Promoted, (id("one"), None)));

    house.release("two", &steps()).await.expect("a canary");
    assert_eq!(house.serving(), (id("one"), id("two")));
    assert_eq!(house.releases.promote("shop", "tester").expect("25 %").share, Percent::of(25.0));
    assert_eq!(house.serving(), (id("one"), id("two")));
    assert_eq!(house.releases.promote("shop", "tester").expect("all").kind, Kind::Promoted);
    assert_eq!(house.serving(), (id("two"), None));

    house.release("three", &steps()).await.expect("another canary");
    assert_eq!(house.releases.rollback("shop", None, "tester").expect("back").bundle, bundle("two").id);
    assert_eq!(house.serving(), (id("two"), None));
    // The second rollback goes further back, and the third finds nothing: it never goes forward again.
    house.releases.rollback("shop", None, "tester").expect("further back");
    assert_eq!(house.serving(), (id("one"), None));
    assert!(matches!(house.releases.rollback("shop", None, "tester"), Err(Error::NothingBefore { .. })));
    house.releases.rollback("shop", id("two").as_ref(), "tester").expect("to a named one");
    assert_eq!(house.serving(), (id("two"), None));
}

#[tokio::test]
async fn what_is_refused() {
    let house = house();
    assert!(matches!(house.releases.promote("shop", "t"), Err(Error::NeverReleased { .. })));
    assert!(matches!(house.releases.rollback("shop", None, "t"), Err(Error::NeverReleased { .. })));
    let other = house.passed(&bundle("other")).await;
    let refused = house.releases.begin(&bundle("one"), &steps(), &other, &by_override(), "t");
    assert!(matches!(refused, Err(Error::ProofOfAnother { .. })), "{refused:?}");
    assert!(matches!(house.release("one", &[Step::Shadow, Step::share(100.0)]).await, Err(Error::ShadowNotBuilt)));
    house.release("one", &steps()).await.expect("a release");
    assert!(matches!(house.release("one", &steps()).await, Err(Error::AlreadyServing { .. })));
    assert!(matches!(house.releases.promote("shop", "t"), Err(Error::NoCanary { .. })));
    house.release("two", &steps()).await.expect("a canary");
    assert!(matches!(house.release("three", &steps()).await, Err(Error::CanaryUnderWay { .. })));
    let unknown = BundleId::from_stored("b-nobody");
    assert!(matches!(house.releases.rollback("shop", Some(&unknown), "t"), Err(Error::NeverServed { .. })));
}

#[tokio::test]
async fn decisions_of_many_at_once_come_one_after_the_other() {
    let house = house();
    house.release("one", &steps()).await.expect("a release");
    house.release("two", &steps()).await.expect("a canary");
    let promoted: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| house.releases.promote("shop", "t").is_ok())).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().expect("a thread"))).sum()
    });
    // From 5 % to 25 %, from there to all; the other four find no canary.
    assert_eq!((promoted, house.serving().1), (2, None));
}

#[tokio::test]
async fn a_stored_bundle_comes_back_whole() {
    let house = house();
    house.release("one", &steps()).await.expect("a release");
    let stored = house.releases.bundle(&bundle("one").id).expect("a read");
    assert_eq!(stored.expect("the bundle").files, bundle("one").files);
    assert!(house.releases.bundle(&BundleId::from_stored("b-nobody")).expect("a read").is_none());
}

#[test]
fn the_split_is_sticky_and_fair() {
    let pointer =
        Pointer::first(BundleId::from_stored("b-1")).with_canary(&BundleId::from_stored("b-2"), &[Percent::of(20.0)]);
    let falls = |key: &str| split::falls_to_canary(&pointer, Some(key));
    let canaries = (0..10_000).filter(|number| falls(&format!("conversation {number}"))).count();
    // Five standard deviations of 10,000 draws of 20 % are 200.
    assert!((1_800..=2_200).contains(&canaries), "{canaries} of 10,000 fell to a canary of 20 %");
    assert!((0..100).all(|number| falls(&number.to_string()) == falls(&number.to_string())));
    let next = pointer.next_step(&BundleId::from_stored("b-2"));
    assert_eq!(next.canary, None, "after the last share all is the canary's");
}
