//! The room from end to end: a suite is asked by a script, compared, put to the gate, kept and recorded; and tables of
//! comparisons and gates.

use crate::case::Suite;
use crate::judging::{Answer, Unanswered};
use crate::runner::run_with;
use crate::statistics::power;
use crate::{Case, CaseResult, CheckResult, Evals, Observed, Outcome, Run, RunOptions, Totals, Verdict, compare, gate};
use futures_util::future::BoxFuture;
use ledger::{EventFilter, Ledger, Status};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use storage::Storage;
use usecase::declared::{Evals as Settings, Percent};
use usecase::{BundleId, Cost, MicroUsd, Timestamp, TraceId};

pub(crate) fn settings(min_pass: f64, max_drop: f64) -> Settings {
    Settings { min_pass: Percent::of(min_pass), max_drop: Percent::of(max_drop), ..Settings::default() }
}

pub(crate) fn check_result(kind: &str, outcome: Outcome, expected: &str, got: &str, reason: &str) -> CheckResult {
    CheckResult {
        kind: kind.to_owned(),
        expected: expected.to_owned(),
        got: got.to_owned(),
        outcome,
        reason: if reason.is_empty() { format!("expected the answer {expected}") } else { reason.to_owned() },
        weight: 1.0,
        metric: None,
        line: 7,
    }
}

/// A run whose cases ended as the letters say: P passed, F failed, E error, U unsupported; `!` after a letter marks
/// the case as must-pass. The first letter is the same case in every run.
pub(crate) fn run_of(bundle: &str, outcomes: &str) -> Run {
    let mut cases: Vec<CaseResult> = Vec::new();
    for letter in outcomes.chars() {
        let outcome = match letter {
            'P' => Outcome::Passed,
            'F' => Outcome::Failed,
            'E' => Outcome::Error,
            'U' => Outcome::Unsupported,
            '!' => {
                cases.last_mut().expect("a letter stands before").must_pass = true;
                continue;
            }
            other => panic!("no outcome is written `{other}`"),
        };
        let number = cases.len();
        cases.push(CaseResult {
            key: format!("case{number}"),
            checks_hash: "checks".to_owned(),
            description: format!("Case {number}"),
            file: "usecases/support/evals/cases.yaml".to_owned(),
            line: number + 1,
            must_pass: false,
            outcome,
            reason: String::new(),
            checks: Vec::new(),
            cost: Cost::ZERO,
            latency_us: 1_000,
            trace: None,
            model: None,
            from_fallback: false,
        });
    }
    Run {
        id: format!("eval-of-{bundle}"),
        use_case: "support".to_owned(),
        bundle: BundleId::from_stored(bundle),
        started: Timestamp(1),
        finished: Timestamp(2),
        totals: Totals::of(&cases),
        cases,
    }
}

/// `n` letters of one kind.
fn many(letter: &str, n: usize) -> String {
    letter.repeat(n)
}

/// Compares the two and puts the candidate to a gate of 80 % with the given allowed drop in percent.
#[track_caller]
fn scenario(before: Option<&str>, after: &str, max_drop: f64, verdict: &str, passes: bool) {
    let baseline = before.map(|outcomes| run_of("b-before", outcomes));
    let run = run_of("b-after", after);
    let settings = settings(80.0, max_drop);
    let comparison = compare(&run, baseline.as_ref(), settings.max_drop.fraction());
    let gate = gate(&run, &comparison, &settings);
    assert_eq!(comparison.verdict.to_string(), verdict, "{comparison:?}");
    assert_eq!(gate.is_ok(), passes, "{gate:?}");
    if let Err(failed) = gate {
        assert!(!failed.reasons.is_empty());
    }
}

#[test]
fn comparisons_and_gates() {
    let all = |n| many("P", n);
    // Nothing to compare with: the pass share decides.
    scenario(None, &all(20), 2.0, "no baseline", true);
    scenario(None, "PPPPPPPFFF", 2.0, "no baseline", false);
    scenario(None, "", 2.0, "no baseline", false);
    // The same result on few cases shows little; on many it shows "no worse" (1 - 0.05^(1/149) < 2 %).
    scenario(Some(&all(20)), &all(20), 2.0, "inconclusive", true);
    scenario(Some(&all(148)), &all(148), 2.0, "inconclusive", true);
    scenario(Some(&all(149)), &all(149), 2.0, "no worse", true);
    // Five losses and no win are the smallest significant result; four are not, but the drop is too large.
    scenario(Some(&all(40)), &(many("F", 5) + &all(35)), 2.0, "regressed", false);
    scenario(Some(&all(40)), &(many("F", 4) + &all(36)), 2.0, "inconclusive", false);
    // One loss of forty is 2.5 points, of sixty 1.7.
    scenario(Some(&all(40)), &("F".to_owned() + &all(39)), 2.0, "inconclusive", false);
    scenario(Some(&all(60)), &("F".to_owned() + &all(59)), 2.0, "inconclusive", true);
    // A loss and a win cancel out.
    scenario(Some(&("F".to_owned() + &all(39))), &(all(39) + "F"), 2.0, "inconclusive", true);
    // Significant, yet surely within what is allowed.
    scenario(Some(&all(2_000)), &(many("F", 6) + &all(1_994)), 2.0, "no worse", true);
    // A must-pass case is outside all statistics, and an unjudged one is no pass.
    scenario(Some(&("P!".to_owned() + &all(199))), &("F!".to_owned() + &all(199)), 2.0, "broken", false);
    scenario(None, &("F!".to_owned() + &all(19)), 2.0, "broken", false);
    scenario(None, &("E!".to_owned() + &all(19)), 2.0, "no baseline", false);
    // Errors and unsupported cases count as not passed.
    scenario(None, &(all(16) + "EEUU"), 2.0, "no baseline", true);
    scenario(None, &(all(15) + "EEEUU"), 2.0, "no baseline", false);
    scenario(Some(&all(40)), &(many("E", 5) + &all(35)), 2.0, "regressed", false);
    // What the baseline could not judge is no win of the candidate.
    scenario(Some(&(many("E", 10) + &all(30))), &(all(35) + &many("F", 5)), 2.0, "regressed", false);
    // With no drop allowed only a gain can be "no worse".
    scenario(Some(&all(200)), &all(200), 0.0, "inconclusive", true);
    scenario(Some(&(many("F", 30) + &all(170))), &all(200), 0.0, "no worse", true);
}

#[test]
fn an_inconclusive_verdict_says_how_much_more() {
    let more = |before: &str, after: &str, margin: f64| {
        let comparison = compare(&run_of("a", after), Some(&run_of("b", before)), margin);
        match comparison.verdict {
            Verdict::Inconclusive { more_cases_needed } => more_cases_needed,
            other => panic!("{other} is not inconclusive"),
        }
    };
    // 149 identical cases show "no worse than 2 %": the rule of three.
    assert_eq!(more(&many("P", 100), &many("P", 100), 0.02), Some(49));
    assert_eq!(more(&many("P", 200), &many("P", 200), 0.0), None);
    // Two losses of 50 (4 %): McNemar would need 1.645² · 0.04 / 0.04² = 68 cases.
    assert_eq!(more(&many("P", 50), &("FF".to_owned() + &many("P", 48)), 0.02), Some(18));
}

#[test]
fn only_cases_that_both_runs_have_are_compared() {
    let (before, mut after) = (run_of("b", "PPPF"), run_of("a", "PFPPPP"));
    after.cases[0].checks_hash = "edited".to_owned();
    let comparison = compare(&after, Some(&before), 0.02);
    assert_eq!((comparison.pairs.total(), comparison.not_compared, comparison.checks_changed), (4, 2, 1));
    assert_eq!((comparison.lost, comparison.won), (vec!["case1".to_owned()], vec!["case3".to_owned()]));
    assert!(comparison.drop.abs() < 1e-12);
    let renamed = Run { cases: before.cases.iter().cloned().map(other_key).collect(), ..before.clone() };
    assert_eq!(compare(&after, Some(&renamed), 0.02).verdict, Verdict::NoBaseline);
}

fn other_key(case: CaseResult) -> CaseResult {
    CaseResult { key: format!("other-{}", case.key), ..case }
}

fn suite(text: &str) -> Suite {
    Suite::of_files("support", BundleId::from_stored("b-new"), settings(80.0, 2.0), [("evals/a.yaml", text)])
        .unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn answer(text: &str) -> Answer {
    Answer {
        observed: Observed {
            text: text.to_owned(),
            status: Status::Answered,
            citations: Vec::new(),
            verdicts: Vec::new(),
            latency_us: 1_000,
            cost: Cost::known(MicroUsd(10)),
            sent_to_model: None,
        },
        trace: TraceId::random(),
        model: "simulated/echo".to_owned(),
        from_fallback: false,
    }
}

/// Answers with the question itself; the question `die` gets no answer.
fn echo(case: &Case) -> BoxFuture<'_, Result<Answer, Unanswered>> {
    let question = case.request("support").question();
    Box::pin(async move {
        // The later a case, the sooner it is answered: the order of the results must not depend on it.
        for _ in question.len()..20 {
            tokio::task::yield_now().await;
        }
        if question == "die" {
            Err(Unanswered { reason: "no model answered: gone".to_owned(), cost: Cost::UNKNOWN })
        } else {
            Ok(answer(&question))
        }
    })
}

const CASES: &str = r#"
- { vars: { question: "a" }, assert: [{ type: equals, value: a }] }
- { vars: { question: "bb" }, assert: [{ type: equals, value: a }] }
- { vars: { question: "die" }, assert: [{ type: equals, value: a }] }
- { vars: { question: "cccc" }, assert: [{ type: llm-rubric, value: nice }, { type: equals, value: cccc }] }
- vars: { question: "ddddd" }
  threshold: 0.6
  assert: [{ type: equals, value: x, weight: 1 }, { type: contains, value: ddd, weight: 2 }, { type: equals, value: y, weight: 0 }]
- vars: { question: "eeeeee" }
  threshold: 0.7
  assert: [{ type: equals, value: x, weight: 1 }, { type: contains, value: eee, weight: 2 }]
"#;

#[tokio::test]
async fn a_run_keeps_the_order_and_every_colour() {
    let suite = suite(CASES);
    let (told, running) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let most = AtomicUsize::new(0);
    let ask = |case| -> BoxFuture<'_, _> {
        let (running, most) = (&running, &most);
        Box::pin(async move {
            most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            let answer = echo(case).await;
            running.fetch_sub(1, Ordering::Relaxed);
            answer
        })
    };
    let progress = |at: crate::Progress<'_>| told.lock().expect("no panic").push((at.done, at.passed, at.total));
    let run = run_with(&suite, RunOptions { concurrency: 3 }, &ask, &progress).await;
    let outcomes: Vec<Outcome> = run.cases.iter().map(|case| case.outcome).collect();
    use Outcome::{Error, Failed, Passed, Unsupported};
    assert_eq!(outcomes, [Passed, Failed, Error, Unsupported, Passed, Failed]);
    assert_eq!(run.cases[2].reason, "no model answered: gone");
    assert_eq!(run.cases[5].reason, "the weighted share of passed checks is 0.67, below 0.7");
    assert_eq!(run.cases[4].checks[2].outcome, Failed, "a check of weight 0 is recorded");
    let counts = (run.totals.passed, run.totals.failed, run.totals.errors, run.totals.unsupported);
    assert_eq!(counts, (2, 2, 1, 1));
    assert_eq!(run.totals.cost, Cost::known(MicroUsd(50)) + Cost::UNKNOWN);
    assert!(most.load(Ordering::Relaxed) <= 3);
    let told = told.into_inner().expect("no panic");
    assert_eq!((told.len(), told.last().copied()), (6, Some((6, 2, 6))));
}

struct House {
    evals: Evals,
    ledger: Ledger,
    storage: Storage,
    _folder: tempfile::TempDir,
}

fn house() -> House {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let storage = Storage::open(folder.path()).expect("a database");
    let ledger = Ledger::open(&storage).expect("a ledger");
    let evals = Evals::open(&storage, &ledger).expect("the room opens");
    House { evals, ledger, storage, _folder: folder }
}

#[tokio::test]
async fn a_run_that_passed_gives_its_proof_again_later() {
    let house = house();
    let (good, worse) = (run_of("b-good", &many("P", 40)), run_of("b-worse", &(many("F", 6) + &many("P", 34))));
    let gate = settings(80.0, 2.0);
    let first = house.evals.conclude(good.clone(), &gate, None).await.expect("kept");
    let proof = first.gate.expect("forty of forty pass");
    assert_eq!(proof.verdict(), "40/40 passed; no baseline to compare with");
    let second = house.evals.conclude(worse.clone(), &gate, Some(&good.bundle)).await.expect("kept");
    assert_eq!(second.comparison.verdict, Verdict::Regressed);
    assert_eq!(second.power, power::of_set(40));

    let reopened = Evals::open(&house.storage, &house.ledger).expect("the room opens again");
    assert_eq!(reopened.passed(&good.bundle).expect("readable"), Some(proof));
    assert_eq!(reopened.passed(&worse.bundle).expect("readable"), None);
    assert_eq!(reopened.latest(&worse.bundle).expect("readable"), Some(worse.clone()));
    assert_eq!(reopened.latest(&BundleId::from_stored("b-none")).expect("readable"), None);
}

#[tokio::test]
async fn a_newer_failure_takes_the_proof_away_and_runs_are_counted() {
    let house = house();
    let gate = settings(80.0, 2.0);
    let bundle = BundleId::from_stored("b-flaky");
    for (number, outcomes) in ["PPPPP", "FFPPP", "PPPPP"].into_iter().enumerate() {
        let mut run = run_of("b-flaky", outcomes);
        run.id = format!("eval-{number}");
        let concluded = house.evals.conclude(run, &gate, None).await.expect("kept");
        assert_eq!(concluded.earlier_runs, number);
        let proof = house.evals.passed(&bundle).expect("readable");
        assert_eq!(proof.is_some(), outcomes == "PPPPP", "after run {number}");
    }
}

#[tokio::test]
async fn every_run_is_entered_in_the_ledger() {
    let house = house();
    let run = run_of("b-new", "PPFFF");
    house.evals.conclude(run.clone(), &settings(80.0, 2.0), None).await.expect("kept");
    let filter = EventFilter { kind: Some("eval_run".to_owned()), ..EventFilter::default() };
    let events = house.ledger.events(&filter).expect("readable");
    let [event] = events.as_slice() else { panic!("one event, not {}", events.len()) };
    assert_eq!(event.use_case.as_deref(), Some("support"));
    assert_eq!(event.body["bundle"], "b-new");
    assert_eq!(event.body["totals"]["passed"], 2);
    assert_eq!(event.body["passed"], false);
    assert_eq!(event.body["reasons"][0], "2 of 5 cases passed (40.0 %); at least 80% must");
}
