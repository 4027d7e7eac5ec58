//! The table of types, and choices from it.

use super::super::scope::UnknownScope;
use super::super::{Default, TYPES, rules};
use super::{Scope, find_in};

fn kinds(text: &str, jurisdictions: &[&str], chosen: &[&str]) -> Vec<&'static str> {
    let scope = Scope::of(jurisdictions, chosen).expect("a known scope");
    let mut findings = Vec::new();
    find_in(text, &scope, &mut findings);
    findings.iter().map(|found| found.kind).collect()
}

#[test]
fn every_rule_is_declared_once_and_every_kind_can_name_a_placeholder() {
    let with_forms = rules::names();
    for name in &with_forms {
        assert_eq!(TYPES.iter().filter(|known| known.rule == *name).count(), 1, "{name}");
    }
    for known in TYPES {
        assert!(known.kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{}", known.kind);
        assert!(!known.what.is_empty() && TYPES.iter().filter(|other| other.rule == known.rule).count() == 1);
    }
}

#[test]
fn a_scope_holds_what_was_declared() {
    let text = "SSN 536-90-4399, DNI 12345678Z, ann@example.com, NRIC S1234567D";
    assert_eq!(kinds(text, &["US"], &[]), ["EMAIL", "US_SSN"]);
    assert_eq!(kinds(text, &["eu"], &[]), ["EMAIL", "ES_DNI"]);
    assert_eq!(kinds(text, &["ES", "SG"], &["ES_DNI", "SG_NRIC"]), ["ES_DNI", "SG_NRIC"]);
    assert_eq!(kinds(text, &[], &["US_SSN"]), ["US_SSN"]);
    assert_eq!(kinds("NI AB123456C", &["UK"], &[]), ["UK_NINO"]);
    assert_eq!(kinds("VAT DE136695976", &["FR"], &[]), ["VAT"], "a member's rules hold the Union's");
    assert_eq!(kinds("rodné číslo 780123/3539", &["SK"], &[]), ["CZ_BIRTH_NUMBER"]);
}

#[test]
fn what_there_is_none_of_is_said() {
    assert_eq!(Scope::of(&["XQ"], &[]), Err(UnknownScope::Jurisdiction("XQ".to_owned())));
    assert_eq!(Scope::of(&[], &["CARD"]), Err(UnknownScope::Kind("CARD".to_owned())));
    assert!(Scope::of(&["CH"], &[]).is_ok(), "its telephone numbers are known");
}

#[test]
fn the_usual_scope_leaves_what_is_allowed() {
    let text = "see https://example.com, ZIP: 3520, born on 1986-08-09";
    let mut findings = Vec::new();
    find_in(text, Scope::masked(), &mut findings);
    assert_eq!(findings, []);
    assert!(TYPES.iter().any(|known| known.default == Default::Allow));
}
