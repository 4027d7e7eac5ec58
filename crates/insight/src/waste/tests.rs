//! Each kind of waste by its definition, the money of it, and the limit that follows from good answers.

use super::{GoodBy, Kind, Recorded, Waste, phrases, waste};
use crate::outcomes::tests::request;
use ledger::{RequestRow, Status};
use proptest::prelude::*;
use usecase::declared::Outcome;
use usecase::{Attempt, AttemptEnd, Cost, MicroUsd, Timestamp, Usage};

const QUESTION: &str = "How long is the warranty on a lamp?";

fn attempt(model: &str, output: u64, end: AttemptEnd) -> Attempt {
    Attempt {
        model: model.to_owned(),
        started: Timestamp(0),
        first_token_us: None,
        duration_us: 1,
        end,
        usage: Usage { output_tokens: output, ..Usage::default() },
        cost: Cost::ZERO,
        saved: MicroUsd(0),
    }
}

fn recorded(answer: &str, attempts: Vec<Attempt>) -> Recorded {
    Recorded {
        row: request(0, None, 0),
        attempts,
        question: QUESTION.to_owned(),
        answer: answer.to_owned(),
        finish_reason: Some("stop".to_owned()),
    }
}

/// Two dollars for a million tokens of `small`, ten for `large`, and no price for others.
fn measure(recorded: &[Recorded]) -> Waste {
    let price = |model: &str| match model {
        "own/small" => Some(MicroUsd(2_000_000)),
        "own/large" => Some(MicroUsd(10_000_000)),
        _ => None,
    };
    waste(recorded, &[], &Outcome::default(), &price)
}

#[test]
fn sentences_that_say_nothing() {
    let check = |answer: &str, expected: &[Kind]| {
        let found: Vec<Kind> = phrases::shares(QUESTION, answer).into_keys().collect();
        assert_eq!(found, expected, "{answer}");
    };
    check("Two years from the day of delivery.", &[]);
    check("Certainly! The lamp has a warranty of two years.", &[Kind::Opening]);
    check("Certainly, the lamp has a warranty of two years and a month from delivery.", &[]);
    check("Surely the lamp has a warranty. It lasts two years.", &[]);
    check("Great question! I'd be happy to help you with that. It is two years.", &[Kind::Opening]);
    check("The warranty on a lamp. It is two years.", &[]);
    check("You want to know how long the warranty on a lamp is. It is two years.", &[Kind::Restated]);
    check("How long is the warranty on a lamp? It is two years.", &[Kind::Restated]);
    check("You ask how long the warranty on a lamp is.", &[]);
    check("The warranty on a lamp is two years long. It begins with delivery.", &[]);
    check("It is two years. Let me know if you have questions.", &[Kind::Closing]);
    check("Let me know if the lamp is broken. It is two years.", &[]);
    check(
        "The shop repairs broken lamps at home. Post is free. The shop repairs the broken lamps at home.",
        &[Kind::Repeated],
    );
    check("The shop repairs 2 broken lamps. The shop repairs 3 broken lamps.", &[]);
    check("", &[]);
}

#[test]
fn tokens_that_nobody_got_are_those_of_other_attempts() {
    let escalated = vec![
        attempt("own/small", 100, AttemptEnd::Answered),
        attempt("own/small", 50, AttemptEnd::Answered),
        attempt("own/large", 200, AttemptEnd::Answered),
    ];
    let found = measure(&[recorded("Two years.", escalated)]);
    assert_eq!(found.output.tokens, 350);
    assert_eq!(found.output.cost, MicroUsd(300 + 2_000));
    assert_eq!((found.kinds[&Kind::Unseen].tokens, found.kinds[&Kind::Unseen].cost), (150, MicroUsd(300)));

    // Samples that agreed come after the answer that was given.
    let sampled = vec![
        attempt("own/small", 100, AttemptEnd::Answered),
        attempt("own/small", 90, AttemptEnd::Answered),
        attempt("own/small", 80, AttemptEnd::Answered),
    ];
    assert_eq!(measure(&[recorded("Two years.", sampled)]).kinds[&Kind::Unseen].tokens, 170);

    let mut withheld = recorded("", vec![attempt("other/m", 40, AttemptEnd::Answered)]);
    withheld.row = RequestRow { status: Some(Status::Abstained), ..withheld.row };
    let found = measure(&[withheld]);
    let unseen = found.kinds[&Kind::Unseen];
    assert_eq!((unseen.answers, unseen.tokens, unseen.unpriced_tokens), (1, 40, 40));
    assert_eq!((unseen.cost, found.good_answers), (MicroUsd(0), 0));
}

#[test]
fn a_limit_needs_a_hundred_good_answers() {
    let answers = |count: u64| -> Vec<Recorded> {
        let one = |tokens| recorded("Two years.", vec![attempt("own/small", tokens, AttemptEnd::Answered)]);
        (1..=count).map(one).collect()
    };
    let few = measure(&answers(99));
    assert_eq!((few.max_tokens, few.good_by), (None, GoodBy::NoComplaint));
    assert_eq!(few.kinds.get(&Kind::Overlong), None);
    let mut many = answers(200);
    let cut = Recorded { finish_reason: Some("length".to_owned()), ..many[199].clone() };
    many.push(cut);
    let found = measure(&many);
    assert_eq!((found.max_tokens, found.good_answers), (Some(198), 200), "the one that was cut is no measure");
    let overlong = found.kinds[&Kind::Overlong];
    assert_eq!((overlong.answers, overlong.tokens), (11, (1..=10).sum::<u64>() + 10));
    assert_eq!((found.kinds[&Kind::Cut].answers, found.kinds[&Kind::Cut].tokens), (1, 200));
}

proptest! {
    #[test]
    fn shares_of_any_text_are_shares(
        question in ".{0,80}",
        answer in "([Cc]ertainly[.!,] |[a-z0-9 ]{0,30}[.!?] |Let me know if .{0,9}[.] ){0,12}",
    ) {
        let total: f64 = phrases::shares(&question, &answer).values().sum();
        prop_assert!((0.0..=1.0 + 1e-9).contains(&total), "{total}");
    }
}
