//! Cron expressions, read the same way by the config check and by whoever runs the feeds.

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};

/// Reads a five-field cron expression (minute, hour, day of month, month, day of week), or a nickname such as
/// `@daily`. Times are UTC.
///
/// # Errors
/// One sentence without a full stop that says what is wrong.
pub fn read_cron(text: &str) -> Result<Cron, String> {
    let fields = text.split_whitespace().count();
    if fields != 5 && !text.trim().starts_with('@') {
        return Err(format!("a cron expression has five fields, this has {fields}"));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let cron =
        parser.parse(text).map_err(|error| format!("this cron expression cannot be read: {}", reason(&error)))?;
    // Any moment will do: an expression that does not fire after this one (31 February) never fires.
    let start = chrono::DateTime::UNIX_EPOCH;
    match cron.find_next_occurrence(&start, false) {
        Ok(_) => Ok(cron),
        Err(_) => Err("this cron expression never comes due".to_owned()),
    }
}

/// The parser's reason without the name of its kind of error in front.
fn reason(error: &CronError) -> String {
    let reason = match error {
        CronError::InvalidPattern(reason)
        | CronError::IllegalCharacters(reason)
        | CronError::ComponentError(reason) => reason.clone(),
        other => other.to_string(),
    };
    reason.trim_end_matches('.').to_lowercase()
}
