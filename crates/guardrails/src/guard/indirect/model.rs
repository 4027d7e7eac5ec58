//! The trained weights and the two thresholds that were found with them.
//!
//! On disk: the threshold of a cut and the lower one of what hangs on it (each 4 bytes, little-endian `f32`, log-odds), then
//! the table as `statistics::Hashed` writes it.

use super::features::{Features, Pages};
use statistics::Hashed;
use std::sync::LazyLock;

pub(crate) struct Model {
    /// The least log-odds of a unit that is cut.
    pub(crate) threshold: f32,
    /// The least log-odds of a unit that is cut because it stands beside one.
    pub(crate) beside: f32,
    table: Hashed,
}

const HEADER: usize = 8;
/// Log-odds of a unit without a message: below every threshold, and a finite number.
const SAYS_NOTHING: f32 = -20.0;

pub(super) static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::from_bytes(include_bytes!("../../../weights/indirect.swh")).expect("the file was written by the trainer")
});

impl Model {
    pub(crate) fn new(threshold: f32, beside: f32, table: Hashed) -> Self {
        Self { threshold, beside, table }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.table.len());
        bytes.extend_from_slice(&self.threshold.to_le_bytes());
        bytes.extend_from_slice(&self.beside.to_le_bytes());
        bytes.extend(self.table.to_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (threshold, rest) = bytes.split_first_chunk::<4>()?;
        let (beside, table) = rest.split_first_chunk::<4>()?;
        let table = Hashed::from_bytes(table).ok()?;
        Some(Self { threshold: f32::from_le_bytes(*threshold), beside: f32::from_le_bytes(*beside), table })
    }

    /// The log-odds of one unit.
    fn log_odds(&self, features: &Features) -> f32 {
        let sum = |features: &[u32]| features.iter().map(|feature| self.table.weight(*feature)).sum::<i32>() as f32;
        (sum(&features.words) * features.norm() + sum(&features.traits)) * self.table.scale() + self.table.bias()
    }

    /// The log-odds of each unit of a document; [`SAYS_NOTHING`] where it has too few words.
    pub(crate) fn judge(&self, pages: &Pages) -> Vec<f32> {
        let mut features = Features::default();
        let units = 0..pages.len();
        units
            .map(|place| {
                if !pages.says_enough(place) {
                    return SAYS_NOTHING;
                }
                pages.features(place, &mut features);
                self.log_odds(&features)
            })
            .collect()
    }
}
