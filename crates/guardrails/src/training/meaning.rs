//! Trains the table of word vectors.

use super::{Sources, Trained};
use crate::measured::Unreadable;

pub(super) fn train(_sources: &Sources<'_>) -> Result<Option<Trained>, Unreadable> {
    Ok(None)
}
