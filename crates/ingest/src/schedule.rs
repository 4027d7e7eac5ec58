//! When a feed is due, and whether its data is still fresh. Cron expressions have five fields and mean UTC.

use crate::error::{Error, Result};
use crate::report::Freshness;
use chrono::{DateTime, Utc};
use usecase::declared::{Feed, read_cron};
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
            // Read also when nothing ran yet: a schedule that is none must not look like one.
            let due = next_occurrence(expression, last.unwrap_or(Timestamp(0)))?;
            Ok(Some(if last.is_some() { due } else { Timestamp(0) }))
        }
    }
}

/// The first moment of the expression after `last`.
fn next_occurrence(expression: &str, last: Timestamp) -> Result<Timestamp> {
    let unusable = |reason: String| Error::Schedule(format!("`cron = \"{expression}\"`: {reason}"));
    let cron = read_cron(expression).map_err(unusable)?;
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
