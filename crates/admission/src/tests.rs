//! Keys, rights and money, each as the one who calls meets them.

mod gate;
mod limits;

use crate::{Admission, Admitted, CreatedKey, Denied, KeyLimits, NewKey, Whose, key};
use proptest::prelude::*;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use storage::Storage;
use tempfile::TempDir;
use usecase::{Cost, Fault, MicroUsd, Period, Principal, PrincipalRole, Remedy, Timestamp};

const DAY: Period = Period::from_secs(86_400);

fn open() -> (TempDir, Storage, Admission) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let storage = Storage::open(folder.path()).expect("it opens");
    let admission = Admission::open(&storage).expect("it opens");
    (folder, storage, admission)
}

fn app(name: &str) -> NewKey {
    NewKey {
        name: name.to_owned(),
        role: PrincipalRole::App,
        use_cases: Some(vec!["support".to_owned()]),
        groups: vec!["staff".to_owned()],
        budget_per_day: Some(MicroUsd(1_000)),
        limits: KeyLimits::default(),
    }
}

fn create(admission: &Admission, new: NewKey) -> CreatedKey {
    admission.create(new).expect("it is made")
}

fn cost(micros: i64) -> Cost {
    Cost::known(MicroUsd(micros))
}

/// A fixed moment, in the afternoon of a day that begins at a multiple of 24 hours.
fn noon() -> Timestamp {
    Timestamp(1_800_000_000_000_000).start_of_day().plus(Period::from_secs(12 * 3600))
}

fn principal(budget: Option<i64>) -> Principal {
    Principal { key: "k".to_owned(), budget_per_day: budget.map(MicroUsd), ..Principal::developer() }
}

#[test]
fn a_key_opens_and_says_who_holds_it() {
    let (_folder, _storage, admission) = open();
    let made = create(&admission, app("help desk"));
    let known = admission.authenticate(Some(&made.secret), false).expect("the key is right");
    assert_eq!(known, made.principal);
    assert_eq!(known.name, "help desk");
    assert_eq!(known.groups, ["staff"]);
    assert_eq!(known.budget_per_day, Some(MicroUsd(1_000)));
    assert!(!format!("{made:?}").contains(&made.secret[20..]), "a secret is not printed by accident");
}

#[test]
fn only_the_whole_key_opens() {
    let (_folder, _storage, admission) = open();
    let made = create(&admission, app("one"));
    let other = create(&admission, app("two"));
    let secret = made.secret.as_str();
    let (id, own) = key::parse(secret).expect("it has the form of a key");
    let others_secret = key::parse(&other.secret).expect("it has the form of a key").1;
    let check = |sent: Option<&str>, expected: &str| {
        let denied = admission.authenticate(sent, true).map(|principal| principal.name);
        let got = match denied {
            Ok(name) => name,
            Err(Denied::NoKey) => "no key".to_owned(),
            Err(Denied::WrongKey) => "wrong key".to_owned(),
            Err(other) => other.to_string(),
        };
        assert_eq!(got, expected, "{sent:?}");
    };
    check(Some(secret), "one");
    check(Some(&format!("  {secret} ")), "one");
    check(None, "no key");
    check(Some(""), "no key");
    check(Some("  "), "no key");
    check(Some("sk-proj-1234567890"), "wrong key");
    check(Some(id), "wrong key");
    check(Some(own), "wrong key");
    check(Some(&format!("sk-shipway-{id}-{others_secret}")), "wrong key");
    check(Some(&format!("sk-shipway-00000000-{own}")), "wrong key");
    check(Some(&secret[..secret.len() - 1]), "wrong key");
    check(Some(&format!("{secret}A")), "wrong key");
    check(Some(&secret.to_uppercase()), "wrong key");
    check(Some("sk-shipway-ääääääää-ü"), "wrong key");
    for position in key_positions(secret) {
        let mut bytes = secret.as_bytes().to_vec();
        bytes[position] = if bytes[position] == b'a' { b'b' } else { b'a' };
        check(Some(&String::from_utf8(bytes).expect("still ASCII")), "wrong key");
    }
}

/// Every position of id and secret.
fn key_positions(secret: &str) -> impl Iterator<Item = usize> + use<> {
    ("sk-shipway-".len()..secret.len()).filter(|position| *position != "sk-shipway-".len() + 8)
}

#[test]
fn unknown_ids_are_compared_like_wrong_secrets() {
    let hash = key::hash("right");
    assert!(key::matches(Some(&hash), "right"));
    assert!(!key::matches(Some(&hash), "wrong"));
    assert!(!key::matches(None, "right"));
    // The stand-in for an unknown key is all zeroes; no secret hashes to it, and even that would not open.
    assert!(!key::matches(Some(&[0; 32]), "right"));
}

#[test]
fn the_database_holds_no_secret() {
    let (folder, storage, admission) = open();
    let made = create(&admission, app("one"));
    let secret = key::parse(&made.secret).expect("it has the form of a key").1.as_bytes().to_vec();
    drop((storage, admission));
    let bytes = std::fs::read(folder.path().join("shipway.db")).expect("the file is there");
    assert!(bytes.windows(10).any(|window| window == b"help desk\0" || window.starts_with(b"one")));
    assert!(!bytes.windows(secret.len()).any(|window| window == secret));
}

#[test]
fn a_key_made_or_revoked_elsewhere_is_known_to_the_next_request() {
    let (folder, _storage, here) = open();
    let elsewhere = Admission::open(&Storage::open(folder.path()).expect("it opens")).expect("it opens");
    let made = create(&elsewhere, app("one"));
    here.authenticate(Some(&made.secret), false).expect("it is known at once");
    assert!(elsewhere.revoke(&made.principal.key).expect("it is written"));
    assert!(!elsewhere.revoke(&made.principal.key).expect("it is written"), "once is enough");
    let begun = Instant::now();
    let denied = loop {
        match here.authenticate(Some(&made.secret), true) {
            Ok(_) => assert!(begun.elapsed() < Duration::from_secs(1), "a revoked key must stop working"),
            Err(denied) => break denied,
        }
    };
    assert!(matches!(denied, Denied::WrongKey));
    let listed = here.list().expect("it lists");
    assert_eq!(listed.len(), 1);
    assert!(listed[0].revoked.is_some());
}

#[test]
fn developer_mode_ends_with_the_first_key_and_does_not_come_back() {
    let (_folder, _storage, admission) = open();
    assert!(matches!(admission.authenticate(None, false), Err(Denied::NoKey)));
    for sent in [None, Some("whatever an SDK insists on")] {
        assert_eq!(admission.authenticate(sent, true).expect("no key exists yet"), Principal::developer());
    }
    let made = create(&admission, app("one"));
    assert!(matches!(admission.authenticate(None, true), Err(Denied::NoKey)));
    admission.revoke(&made.principal.key).expect("it is written");
    assert!(admission.any().expect("it reads"));
    assert!(matches!(admission.authenticate(None, true), Err(Denied::NoKey)), "revoking opens no door");
}

#[test]
fn storage_trouble_lets_nobody_in_and_does_not_blame_the_key() {
    let (_folder, storage, admission) = open();
    let made = create(&admission, app("one"));
    storage.write_blocking(|tx| Ok(tx.execute_batch("DROP TABLE admission_keys")?)).expect("it is dropped");
    let stranger = format!("{}00000000{}", &made.secret[..11], &made.secret[19..]);
    let begun = Instant::now();
    while admission.authenticate(Some(&made.secret), true).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(1), "a revocation could be missed");
    }
    for sent in [Some(made.secret.as_str()), Some(&stranger), None] {
        let denied = admission.authenticate(sent, true).expect_err("keys cannot be read");
        assert!(matches!(denied, Denied::StorageDown(_)), "{denied:?}");
        assert_ne!(denied.fault(), Fault::Caller);
        assert_eq!(denied.remedy(), Remedy::RetrySame);
    }
}

#[test]
fn keys_that_make_no_sense_are_not_made() {
    let (_folder, _storage, admission) = open();
    let check = |new: NewKey| {
        let error = admission.create(new).expect_err("it makes no sense");
        assert_eq!(error.fault(), Fault::Caller);
    };
    check(app(" "));
    check(app("two\nlines"));
    check(app(&"x".repeat(101)));
    check(NewKey { use_cases: Some(Vec::new()), ..app("one") });
    check(NewKey { budget_per_day: Some(MicroUsd(-1)), ..app("one") });
    check(NewKey { limits: KeyLimits { concurrency: Some(0), ..KeyLimits::default() }, ..app("one") });
    assert!(admission.list().expect("it lists").is_empty());
}

#[test]
fn the_right_to_the_use_case_comes_first() {
    let (_folder, _storage, admission) = open();
    let made = create(&admission, app("one")).principal;
    let denied = admission.admit(made.clone(), "refunds", None, Cost::UNKNOWN).expect_err("it may not");
    assert!(matches!(denied, Denied::NotAllowed { use_case } if use_case == "refunds"));
    assert!(matches!(admission.admit(made.clone(), Principal::MODELS, None, cost(1)), Err(Denied::NotAllowed { .. })));
    let admitted = admission.admit(made, "support", None, cost(1)).expect("it may");
    assert_eq!(admitted.use_case(), "support");
}

/// Key budget, use case budget, spent before, estimate → whose budget refuses.
#[test]
fn budgets_refuse_what_could_pass_them() {
    let check = |key: Option<i64>, use_case: Option<i64>, before: i64, estimate: Cost, refuses: &str| {
        let (_folder, _storage, admission) = open();
        let first = admission.admit_at(principal(None), "support", None, Cost::ZERO, noon()).expect("no budget yet");
        first.settle_at(cost(before), noon());
        let result = admission.admit_at(principal(key), "support", use_case.map(MicroUsd), estimate, noon());
        let got = match &result {
            Ok(_) => "nobody".to_owned(),
            Err(Denied::BudgetSpent { whose, resets, .. }) => {
                assert_eq!(*resets, noon().start_of_day().plus(DAY));
                format!("{whose} spent")
            }
            Err(Denied::BudgetUnknowable { whose, .. }) => format!("{whose} unknowable"),
            Err(other) => other.to_string(),
        };
        assert_eq!(got, refuses, "{key:?} {use_case:?} {before} {estimate:?}");
    };
    check(None, None, 0, cost(1_000_000), "nobody");
    check(None, None, 0, Cost::UNKNOWN, "nobody");
    check(Some(100), Some(100), 0, cost(100), "nobody");
    check(Some(100), Some(100), 1, cost(100), "API key k spent");
    check(Some(100), None, 0, cost(101), "API key k spent");
    check(Some(200), Some(100), 0, cost(101), "use case \"support\" spent");
    check(Some(100), None, 0, Cost::UNKNOWN, "API key k unknowable");
    check(None, Some(100), 0, Cost { known: MicroUsd(1), part_unknown: true }, "use case \"support\" unknowable");
    check(Some(0), Some(0), 0, Cost::ZERO, "nobody");
    check(Some(0), None, 0, cost(1), "API key k spent");
    check(Some(i64::MAX), None, 5, cost(i64::MAX), "nobody");
}

#[test]
fn reservations_are_settled_or_released() {
    let (_folder, _storage, admission) = open();
    let now = noon();
    let account = Whose::UseCase("support".to_owned());
    let admit = || admission.admit_at(principal(Some(1_000)), "support", Some(MicroUsd(1_000)), cost(400), now);
    let standing = || {
        let (spent, reserved) = admission.standing_at(&account, now);
        (spent.0, reserved.0)
    };
    let (first, second) = (admit().expect("400 of 1000"), admit().expect("800 of 1000"));
    assert!(admit().is_err(), "1200 of 1000");
    assert_eq!(standing(), (0, 800));
    first.settle_at(cost(100), now);
    assert_eq!(standing(), (100, 400), "less than estimated frees the rest");
    drop(second);
    assert_eq!(standing(), (100, 0), "dropped: nothing was spent");
    admit().expect("500 of 1000").settle_at(cost(700), now);
    assert_eq!(standing(), (800, 0), "more than estimated counts too");
    assert!(admit().is_err());
    let small = admission.admit_at(principal(None), "support", None, cost(150), now).expect("no limit asked for");
    small.settle_at(Cost { known: MicroUsd(20), part_unknown: true }, now);
    assert_eq!(standing(), (950, 0), "of an unknown cost the reservation counts");
    assert_eq!(admission.overshot(), (1, MicroUsd(300)), "700 where 400 were reserved");
}

#[test]
fn a_new_day_begins_with_what_is_still_reserved() {
    let (_folder, _storage, admission) = open();
    let tomorrow = noon().plus(DAY);
    let admit = |now| admission.admit_at(principal(Some(100)), "support", None, cost(60), now);
    let account = Whose::Key("k".to_owned());
    let late = admit(noon()).expect("60 of 100");
    admission
        .admit_at(principal(None), "support", None, Cost::ZERO, noon())
        .expect("no limit")
        .settle_at(cost(40), noon());
    assert!(admit(noon()).is_err(), "40 spent, 60 reserved");
    assert_eq!(admission.standing_at(&account, tomorrow), (MicroUsd(0), MicroUsd(60)));
    late.settle_at(cost(50), tomorrow);
    assert_eq!(admission.standing_at(&account, tomorrow), (MicroUsd(50), MicroUsd(0)));
    let again: Result<Admitted, _> = admit(noon());
    assert!(again.is_err(), "a clock that goes back brings no money back");
}

#[test]
fn todays_spending_is_taken_over_from_the_records() {
    let (_folder, _storage, admission) = open();
    let spent = |key: &str, micros| (key.to_owned(), "support".to_owned(), cost(micros));
    let today = Timestamp::now();
    admission.seed(&[spent("k", 60), spent("other", 30)], today.minus(DAY));
    assert_eq!(admission.standing(&Whose::Key("k".to_owned())).0, MicroUsd(0), "yesterday is over");
    for _ in 0..2 {
        admission.seed(&[spent("k", 60), spent("other", 30)], today);
    }
    assert_eq!(admission.standing(&Whose::Key("k".to_owned())).0, MicroUsd(60), "twice is as once");
    assert_eq!(admission.standing(&Whose::UseCase("support".to_owned())).0, MicroUsd(90));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever many threads reserve, settle (below their estimate) and drop, the limit holds at every moment.
    #[test]
    fn the_limit_holds_for_any_number_of_threads(
        limit in 0_i64..2_000,
        plan in prop::collection::vec(prop::collection::vec((0_i64..200, 0_i64..3), 1..30), 2..6),
    ) {
        let (_folder, _storage, admission) = open();
        let spent = AtomicI64::new(0);
        let now = noon();
        std::thread::scope(|scope| {
            for steps in &plan {
                let (admission, spent) = (&admission, &spent);
                scope.spawn(move || {
                    for (estimate, end) in steps {
                        let budget = Some(MicroUsd(limit));
                        let held = admission.admit_at(principal(Some(limit)), "support", budget, cost(*estimate), now);
                        let Ok(held) = held else { continue };
                        let (booked, reserved) = admission.standing_at(&Whose::Key("k".to_owned()), now);
                        assert!(booked.0 + reserved.0 <= limit);
                        match end {
                            0 => drop(held),
                            end => {
                                let actual = estimate / end;
                                spent.fetch_add(actual, Ordering::SeqCst);
                                held.settle_at(cost(actual), now);
                            }
                        }
                    }
                });
            }
        });
        let (booked, reserved) = admission.standing_at(&Whose::UseCase("support".to_owned()), now);
        prop_assert_eq!(booked.0, spent.load(Ordering::SeqCst));
        prop_assert_eq!(reserved.0, 0);
        prop_assert!(booked.0 <= limit);
    }

    #[test]
    fn no_text_breaks_the_parser(text in "\\PC{0,80}", tail in "(sk-shipway-)?[0-9a-f]{0,9}-?[A-Za-z0-9_-]{0,44}") {
        let (_, _) = (key::parse(&text), key::parse(&tail));
    }
}

/// The look-up stands on the path of every request: it must stay in the microseconds, also unoptimised.
#[test]
fn authentication_is_cheap() {
    let (_folder, _storage, admission) = open();
    let made = create(&admission, app("one"));
    let begun = Instant::now();
    for _ in 0..1_000 {
        admission.authenticate(Some(&made.secret), false).expect("the key is right");
    }
    let each = begun.elapsed() / 1_000;
    println!("authenticate: {each:?} each");
    assert!(each.as_micros() < 100, "{each:?}");
}
