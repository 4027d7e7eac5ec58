//! The table of schedules: what was declared, when it last ran, when it is due.

use super::{freshness, next_due};
use usecase::declared::Feed;
use usecase::{Period, Timestamp};

fn moment(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("the table holds RFC 3339 moments")
}

fn feed(every: Option<&str>, cron: Option<&str>) -> Feed {
    Feed {
        every: every.map(|text| Period::parse(text).expect("the table holds periods")),
        cron: cron.map(str::to_owned),
        ..Feed::of_files("docs/*.md")
    }
}

#[test]
fn due_moments() {
    // 2026-03-04 is a Wednesday.
    let table = [
        (None, None, Some("2026-03-04T10:00:00Z"), None),
        (Some("1h"), None, None, Some("1970-01-01T00:00:00Z")),
        (Some("1h"), None, Some("2026-03-04T10:00:00Z"), Some("2026-03-04T11:00:00Z")),
        (Some("2w"), None, Some("2026-03-04T10:00:00Z"), Some("2026-03-18T10:00:00Z")),
        (None, Some("0 3 * * *"), None, Some("1970-01-01T00:00:00Z")),
        (None, Some("0 3 * * *"), Some("2026-03-04T02:59:59Z"), Some("2026-03-04T03:00:00Z")),
        (None, Some("0 3 * * *"), Some("2026-03-04T03:00:00Z"), Some("2026-03-05T03:00:00Z")),
        (None, Some("*/15 * * * *"), Some("2026-03-04T03:07:30.5Z"), Some("2026-03-04T03:15:00Z")),
        (None, Some("30 8 * * MON-FRI"), Some("2026-03-06T09:00:00Z"), Some("2026-03-09T08:30:00Z")),
        (None, Some("0 0 13 * FRI"), Some("2026-03-04T00:00:00Z"), Some("2026-03-06T00:00:00Z")),
        (None, Some("0 0 29 2 *"), Some("2026-03-04T00:00:00Z"), Some("2028-02-29T00:00:00Z")),
        (None, Some("@daily"), Some("2026-03-04T10:00:00Z"), Some("2026-03-05T00:00:00Z")),
    ];
    for (every, cron, last, expected) in table {
        let due = next_due(&feed(every, cron), last.map(moment)).expect("the schedule is good");
        assert_eq!(due, expected.map(moment), "every {every:?}, cron {cron:?}, last {last:?}");
    }
}

#[test]
fn schedules_that_are_none() {
    let table = [
        (Some("1h"), Some("0 3 * * *"), "not both"),
        (Some("0s"), None, "longer than nothing"),
        (None, Some("every day"), "every day"),
        (None, Some("0 0 3 * * *"), "0 0 3 * * *"),
        (None, Some("61 * * * *"), "61 * * * *"),
        (None, Some("0 0 31 2 *"), "0 0 31 2 *"),
    ];
    for (every, cron, part) in table {
        let error = next_due(&feed(every, cron), Some(moment("2026-03-04T10:00:00Z"))).expect_err("refused");
        assert!(error.to_string().contains(part), "{error} should name {part}");
    }
}

#[test]
fn freshness_by_age() {
    let now = moment("2026-03-04T10:00:00Z");
    let table = [
        (Some("24h"), None, false),
        (None, None, false),
        (None, Some("2020-01-01T00:00:00Z"), true),
        (Some("24h"), Some("2026-03-03T10:00:00Z"), true),
        (Some("24h"), Some("2026-03-03T09:59:59.999Z"), false),
        (Some("24h"), Some("2026-03-04T10:00:05Z"), true),
    ];
    for (within, last, fresh) in table {
        let judged = freshness(within.and_then(Period::parse), last.map(moment), now);
        assert_eq!(judged.fresh, fresh, "within {within:?}, last {last:?}");
    }
}
