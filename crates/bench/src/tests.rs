//! Arrivals, frames, the search for the knee, headers, volumes, the picture; and whole measurements against a server of
//! a few lines on loopback.

mod live;

use crate::arrivals::{Arrivals, Pace};
use crate::connection::{Failure, Told};
use crate::frames::{End, Frames};
use crate::knee::{Search, Step};
use crate::measured::{Measured, Times, cost, timing};
use crate::profile::ticks;
use crate::projection::{Projection, Volume};
use crate::report::histogram;
use proptest::prelude::*;
use std::time::Duration;
use usecase::{Cost, MicroUsd};

fn arrivals(pace: Pace, seconds: u64) -> Vec<Duration> {
    let mut arrivals = Arrivals::new(pace, Duration::from_secs(seconds));
    std::iter::from_fn(|| arrivals.next(Duration::ZERO)).collect()
}

#[test]
fn arrivals_come_at_their_rate_whatever_is_answered() {
    let even = arrivals(Pace::Constant { per_second: 50.0 }, 2);
    assert_eq!((even.len(), even[0], even[99]), (100, Duration::ZERO, Duration::from_millis(1_980)));
    let random = arrivals(Pace::Poisson { per_second: 50.0, seed: 7 }, 100);
    // 5,000 on average, with a deviation of 71.
    assert!((4_700..5_300).contains(&random.len()), "{}", random.len());
    assert!(random.windows(2).all(|pair| pair[0] <= pair[1]));
    assert_eq!(random, arrivals(Pace::Poisson { per_second: 50.0, seed: 7 }, 100), "a seed repeats its arrivals");
    assert_ne!(random, arrivals(Pace::Poisson { per_second: 50.0, seed: 8 }, 100));
    // In a Poisson process the gaps deviate as much as they are long.
    let gaps: Vec<f64> = random.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    assert!((0.9..1.1).contains(&(variance.sqrt() / mean)), "{}", variance.sqrt() / mean);
}

#[test]
fn closed_arrivals_are_due_at_once_until_the_end() {
    let mut closed = Arrivals::new(Pace::Closed, Duration::from_secs(1));
    assert_eq!(closed.next(Duration::from_millis(999)), Some(Duration::from_millis(999)));
    assert_eq!(closed.next(Duration::from_secs(1)), None);
}

const STREAM: &str = ": keepalive\n\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"Gr\u{fc}\u{df}\"}}]}\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\" Gott \u{1f600}\"}}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n";

#[test]
fn a_stream_is_read_however_it_is_cut() {
    let check = |tail: &str, end: Option<End>| {
        let bytes = format!("{STREAM}{tail}").into_bytes();
        for size in 1..bytes.len() {
            let mut frames = Frames::default();
            let pieces: u64 = bytes.chunks(size).map(|piece| frames.take(piece)).sum();
            assert_eq!(
                (pieces, frames.text.as_str(), frames.end),
                (2, "Gr\u{fc}\u{df} Gott \u{1f600}", end),
                "{tail:?} by {size}"
            );
        }
    };
    check("data: [DONE]\n\n", Some(End::Done));
    check("", None);
    check("data: {\"error\":{\"message\":\"overloaded\"}}\n\n", Some(End::Error));
    check("data: {\"choices\":[\n\n", Some(End::Error));
    // Half a line is no frame.
    check("data: [DON", None);
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        Frames::default().take(&bytes);
    }
}

#[test]
fn the_knee_is_found() {
    let check = |start: f64, capacity: f64| {
        let mut search = Search::from(start);
        while let Some(rate) = search.next() {
            search.told(Step { rate, answered: rate, p99_us: 1, failed: 0, held: rate <= capacity });
        }
        (search.knee(), search.steps.len())
    };
    for (start, capacity) in [(10.0, 1_000.0), (10_000.0, 70.0), (50.0, 50.0), (1.0, 0.9)] {
        let (knee, steps) = check(start, capacity);
        let knee = knee.expect("it holds at some rate");
        assert!(knee <= capacity && knee * 1.1 >= capacity * 0.999, "{start} {capacity}: {knee}");
        assert!(steps <= 24, "{steps}");
    }
    assert_eq!(check(10.0, 0.0).0, None, "nothing holds");
}

#[test]
fn a_rate_holds_in_time_without_errors_and_without_a_growing_queue() {
    let check = |first_ms: u64, second_ms: u64, failed: u64, held: bool| {
        let mut measured = Measured::default();
        for (half, millis) in [(0, first_ms), (1, second_ms)] {
            measured.note(Duration::from_millis(millis), half, &Ok(Told::default()));
        }
        (0..failed).for_each(|_| measured.note(Duration::ZERO, 0, &Err(Failure::Timeout)));
        let step = Step::judge(10.0, Duration::from_millis(500), &measured);
        assert_eq!(step.held, held, "{first_ms} {second_ms} {failed}");
    };
    check(100, 120, 0, true);
    check(100, 120, 1, false);
    check(100, 501, 0, false);
    check(100, 300, 0, false);
    check(1, 6, 0, true);
}

#[test]
fn headers_are_read() {
    let ms = |millis: f64| Duration::from_secs_f64(millis / 1e3);
    assert_eq!(timing("own;dur=0.500, total;dur=1.500, model;dur=0.900"), Some((ms(0.5), ms(1.5))));
    assert_eq!(timing("total;dur=1.5"), None);
    assert_eq!(timing("own;dur=x, total;dur=1"), None);
    let known = |micros, part_unknown| Some(Cost { known: MicroUsd(micros), part_unknown });
    assert_eq!(cost("0.000120"), known(120, false));
    assert_eq!(cost("unknown"), known(0, true));
    assert_eq!(cost("0.000120+unknown"), known(120, true));
    assert_eq!(cost("free"), None);
}

#[test]
fn a_month_is_projected_and_unknown_stays_unknown() {
    let cases = [("100000/month", 100_000), ("5_000/day", 150_000), ("10/hour", 7_200), ("42", 42), ("1,000", 1_000)];
    for (text, volume) in cases {
        assert_eq!(Volume::parse(text).expect(text), Volume(volume), "{text}");
    }
    for text in ["", "0", "many", "5/week", "-3/day", "99999999999999999999"] {
        assert!(Volume::parse(text).is_err(), "{text}");
    }
    let cost = Cost { known: MicroUsd(2_500), part_unknown: true };
    let projection = Projection::of(cost, 10, Some(Volume(1_000))).expect("ten answers told");
    assert_eq!(projection.per_request, Cost { known: MicroUsd(250), part_unknown: true });
    let month = Cost { known: MicroUsd(250_000), part_unknown: true };
    assert_eq!(projection.per_month, Some((Volume(1_000), month)));
    assert_eq!(Projection::of(Cost::ZERO, 0, Some(Volume(1))), None);
}

#[test]
fn cpu_time_is_read_behind_a_name_with_spaces_and_brackets() {
    assert_eq!(ticks("7 (a ) b) S 1 7 7 0 -1 4194560 1 0 0 0 25 17 0 0 20 0 4 0 1"), 42);
    assert_eq!(ticks(""), 0);
}

#[test]
fn the_picture_counts_every_answer() {
    assert!(histogram(&Times::default()).is_empty());
    for values in [vec![1_u64], vec![5, 5, 5], (1..2_000).collect(), vec![1, 600_000_000]] {
        let mut times = Times::default();
        values.iter().for_each(|us| times.note(Duration::from_micros(*us)));
        let lines = histogram(&times);
        let counted: u64 = lines.iter().filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum();
        assert_eq!(counted, values.len() as u64, "{lines:#?}");
        assert!(lines.len() <= 15 && lines.iter().any(|line| line.contains('█')), "{lines:#?}");
    }
}
