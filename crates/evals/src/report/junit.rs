//! JUnit XML, which every CI shows: one suite per case file, one test per case. A failed check is a `failure`, a case
//! that could not be judged an `error`, an unsupported one `skipped`, so that it never looks like a pass.

use crate::conclusion::Conclusion;
use crate::error::Error;
use crate::run::{CaseResult, CheckResult, Outcome, Run};
use chrono::{DateTime, Utc};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;
use usecase::Timestamp;

/// # Errors
/// When the XML cannot be written.
pub fn render(conclusion: &Conclusion) -> Result<String, Error> {
    let run = &conclusion.run;
    let mut report = Report::new(format!("shipway eval {}", run.use_case));
    if let Some(started) = moment(run.started) {
        report.set_timestamp(started);
    }
    report.set_time(micros(u64::try_from(run.finished.0 - run.started.0).unwrap_or_default()));
    // Cases are in the order of their files, so a file's cases stand together.
    for cases in run.cases.chunk_by(|a, b| a.file == b.file) {
        report.add_test_suite(suite(run, cases));
    }
    report.to_string().map_err(|error| Error::Report(error.to_string()))
}

fn suite(run: &Run, cases: &[CaseResult]) -> TestSuite {
    let mut suite = TestSuite::new(cases[0].file.as_str());
    suite.add_property(Property::new("use_case", run.use_case.as_str()));
    suite.add_property(Property::new("bundle", run.bundle.as_str()));
    suite.add_property(Property::new("run", run.id.as_str()));
    suite.set_time(micros(cases.iter().map(|case| case.latency_us).sum()));
    suite.add_test_cases(cases.iter().map(|case| test_case(run, case)));
    suite
}

fn test_case(run: &Run, case: &CaseResult) -> TestCase {
    let mut test = TestCase::new(plain(&format!("{} ({})", case.description, case.place())), status(case));
    test.set_classname(case.file.as_str());
    test.set_time(micros(case.latency_us));
    test.set_assertions(case.checks.len());
    test.extra.insert("file".into(), case.file.as_str().into());
    test.extra.insert("line".into(), case.line.to_string().into());
    test.add_property(Property::new("bundle", run.bundle.as_str()));
    test.add_property(Property::new("cost", case.cost.to_string()));
    if let Some(trace) = case.trace {
        test.add_property(Property::new("trace", trace.to_string()));
    }
    if let Some(model) = &case.model {
        let role = if case.from_fallback { "fallback_model" } else { "model" };
        test.add_property(Property::new(role, model.as_str()));
    }
    test
}

fn status(case: &CaseResult) -> TestCaseStatus {
    let mut status = match case.outcome {
        Outcome::Passed => return TestCaseStatus::success(),
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Outcome::Unsupported => TestCaseStatus::skipped(),
    };
    let first = case.blemishes().next();
    let message =
        if case.reason.is_empty() { first.map(|check| check.reason.as_str()) } else { Some(case.reason.as_str()) };
    status.set_message(plain(message.unwrap_or("not passed")));
    if let Some(check) = first {
        status.set_type(check.kind.as_str());
    }
    let described: Vec<String> = case.blemishes().map(|check| describe(case, check)).collect();
    if !described.is_empty() {
        status.set_description(plain(&described.join("\n")));
    }
    status
}

fn describe(case: &CaseResult, check: &CheckResult) -> String {
    let CheckResult { kind, expected, got, line, .. } = check;
    format!("{}:{line}: {kind}\n  expected {expected}\n  got      {got}", case.file)
}

/// XML has no control characters, and what strips escape sequences for it would take harmless letters with them.
fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', " ")
}

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

fn moment(at: Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(at.0)
}
