//! When a feed is due, and whether its data is still fresh. Cron expressions have five fields and mean UTC.

use crate::error::{Error, Result};
use crate::report::Freshness;
use chrono::{DateTime, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use usecase::declared::Feed;
use usecase::{Period, Timestamp};

/// The moment from which the feed may run again; `None` when it runs by hand only. A feed that never ran is due at
/// once. `last` is the start of the last run, good or not, so that a broken feed is not tried in a tight loop.
///
/// # Errors
/// The schedule is not one: a cron expression that cannot be read or never comes, an empty period, or both at once.
pub(crate) fn next_due(feed: &Feed, last: Option<Timestamp>) -> Result<Option<Timestamp>> {
    match (feed.every, &feed.cron) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Error::Schedule("give `every` or `cron`, not both".to_owned())),
        (Some(period), None) if period.micros() == 0 => {
            Err(Error::Schedule("`every` must be longer than nothing".to_owned()))
        }
        (Some(period), None) => Ok(Some(last.map_or(Timestamp(0), |last| last.plus(period)))),
        (None, Some(expression)) => {
            let cron = parse_cron(expression)?;
            last.map_or(Ok(Some(Timestamp(0))), |last| next_occurrence(&cron, expression, last).map(Some))
        }
    }
}

fn parse_cron(expression: &str) -> Result<Cron> {
    // `dom_and_dow` stays off: "13 * FRI" then means the 13th or any Friday, as in every crontab.
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(expression).map_err(|error| Error::Schedule(format!("`cron = \"{expression}\"`: {error}")))
}

fn next_occurrence(cron: &Cron, expression: &str, last: Timestamp) -> Result<Timestamp> {
    let unusable = |reason: String| Error::Schedule(format!("`cron = \"{expression}\"`: {reason}"));
    let after: DateTime<Utc> =
        DateTime::from_timestamp_micros(last.0).ok_or_else(|| unusable("the last run lies out of time".to_owned()))?;
    let next = cron.find_next_occurrence(&after, false).map_err(|error| unusable(error.to_string()))?;
    Ok(Timestamp(next.timestamp_micros()))
}

/// Judges the age of the last good run at `now`.
pub(crate) fn freshness(within: Option<Period>, last_good: Option<Timestamp>, now: Timestamp) -> Freshness {
    let fresh = match (last_good, within) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(last), Some(within)) => last.plus(within) >= now,
    };
    Freshness { last_good, fresh, within }
}

#[cfg(test)]
mod tests;
