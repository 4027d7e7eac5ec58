//! Money in whole micro-dollars (1 USD = 1,000,000), because binary fractions lose cents; and sums that remember
//! that a part of them is unknown, because unknown is never zero.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// An amount in micro-dollars. Written by people as `"25 USD"`, kept in records as the integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MicroUsd(pub i64);

impl MicroUsd {
    pub const ZERO: Self = Self(0);

    /// Reads `25 USD`, `0.25 USD` or `$0.25`: up to six decimal places, no sign.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = text.strip_suffix("USD").or_else(|| text.strip_prefix('$'))?.trim();
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 6 {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
        Some(Self(whole.checked_mul(1_000_000)?.checked_add(micros)?))
    }
}

impl fmt::Display for MicroUsd {
    /// Dollars with at least two and at most six decimal places: `$0.25`, `$0.000413`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let fraction = format!("{:06}", micros % 1_000_000);
        let shown = fraction.trim_end_matches('0');
        write!(f, "{sign}${}.{shown:0<2}", micros / 1_000_000)
    }
}

impl Add for MicroUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for MicroUsd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl AddAssign for MicroUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for MicroUsd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for MicroUsd {
    /// Accepts what people write (`"25 USD"`) and what records hold (an integer of micro-dollars).
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Micros(i64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Micros(micros) => Ok(Self(micros)),
            Written::Text(text) => Self::parse(&text)
                .ok_or_else(|| serde::de::Error::custom("an amount of money is written like \"25 USD\"")),
        }
    }
}

impl JsonSchema for MicroUsd {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\s*([0-9]{1,12}(\.[0-9]{1,6})?\s*USD|\$\s*[0-9]{1,12}(\.[0-9]{1,6})?)\s*$",
            "x-expected": "an amount of money, like \"25 USD\" or \"0.25 USD\"",
        })
    }
}

/// What something cost: the part that is known, and whether a part is not (an unpriced token, a missing usage report).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Everything that could be priced, in micro-dollars.
    pub known: MicroUsd,
    /// True when the real cost is `known` plus something nobody can name.
    pub part_unknown: bool,
}

impl Cost {
    pub const ZERO: Self = Self { known: MicroUsd::ZERO, part_unknown: false };
    pub const UNKNOWN: Self = Self { known: MicroUsd::ZERO, part_unknown: true };

    pub fn known(amount: MicroUsd) -> Self {
        Self { known: amount, part_unknown: false }
    }
}

impl Add for Cost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { known: self.known + other.known, part_unknown: self.part_unknown || other.part_unknown }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Cost {
    /// `$0.25`, `unknown`, or `$0.25 and an unknown part`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.part_unknown, self.known) {
            (false, known) => known.fmt(f),
            (true, MicroUsd::ZERO) => f.write_str("unknown"),
            (true, known) => write!(f, "{known} and an unknown part"),
        }
    }
}
