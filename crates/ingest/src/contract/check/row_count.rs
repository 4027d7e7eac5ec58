//! `row_count`: how many documents the feed has at least and at most, good and bad together. It guards against half an
//! export, so outside of it the whole run is refused.

use crate::error::{Error, Result};
use usecase::declared::RowCount;

pub(in crate::contract) fn judge(count: &RowCount, seen: usize) -> Result<()> {
    let seen = seen as u64;
    let refuse = |bound: &str, limit: u64| Err(Error::RowCount(format!("{seen} documents, {bound} {limit} expected")));
    match (count.min, count.max) {
        (Some(min), _) if seen < min => refuse("at least", min),
        (_, Some(max)) if seen > max => refuse("at most", max),
        _ => Ok(()),
    }
}
