//! From what some requests cost to what a month of them would.

use crate::error::Error;
use serde::Serialize;
use usecase::{Cost, MicroUsd};

/// Requests a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Volume(pub u64);

/// Days of the month that is projected to.
const DAYS: u64 = 30;

impl Volume {
    /// Reads `100000/month`, `5000/day`, `300/hour`, or a number alone, which is of a month.
    ///
    /// # Errors
    /// `BadVolume`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (count, unit) = text.split_once('/').unwrap_or((text, "month"));
        let times = match unit.trim() {
            "month" => 1,
            "day" => DAYS,
            "hour" => DAYS * 24,
            _ => 0,
        };
        let count = count.trim().replace(['_', ','], "").parse::<u64>().ok();
        let volume = count.and_then(|count| count.checked_mul(times)).filter(|volume| *volume > 0);
        volume.map(Self).ok_or_else(|| Error::BadVolume { text: text.to_owned() })
    }
}

/// What a request costs on average, and a month of requests like those that were measured. What is not known of the part
/// stays unknown of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Projection {
    pub per_request: Cost,
    /// Requests of the month, and what they cost together; `null` without a volume.
    pub per_month: Option<(Volume, Cost)>,
}

impl Projection {
    /// `None` when no answer said what it cost.
    pub fn of(cost: Cost, priced: u64, volume: Option<Volume>) -> Option<Self> {
        let share = |requests: u64| {
            let known = i128::from(cost.known.0) * i128::from(requests) / i128::from(priced.max(1));
            Cost { known: MicroUsd(i64::try_from(known).unwrap_or(i64::MAX)), ..cost }
        };
        let per_month = volume.map(|volume| (volume, share(volume.0)));
        (priced > 0).then(|| Self { per_request: share(1), per_month })
    }
}
