//! A linear model over hashed features (K. Weinberger et al., ICML 2009): a table of 8-bit weights, a scale, a bias. Small
//! enough to lie in the binary and in the processor's cache.
//!
//! On disk: `SWH1`, the table's bits (1 byte), scale and bias (each 4 bytes, little-endian `f32`), then the weights.

/// A trained model. Which text gives which features is the business of whoever trains it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hashed {
    bits: u32,
    scale: f32,
    bias: f32,
    weights: Vec<i8>,
}

/// Bytes that are no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

const MAGIC: &[u8; 4] = b"SWH1";
const HEADER: usize = 13;
const MOST_BITS: u32 = 24;

impl Hashed {
    /// Rounds weights (a power of two of them) to 8 bits: the largest becomes 127, unless `clip` (at most so large) is
    /// given, which keeps the small ones apart where a few are huge.
    ///
    /// # Panics
    /// When the number of weights is no power of two up to 2^24: the trainer's mistake.
    pub fn quantised(weights: &[f32], bias: f32, clip: Option<f32>) -> Self {
        assert!(weights.len().is_power_of_two() && weights.len() <= 1 << MOST_BITS, "a table of 2^n weights");
        let largest = weights.iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
        let largest = clip.map_or(largest, |clip| largest.min(clip)).max(f32::MIN_POSITIVE);
        let scale = largest / 127.0;
        let rounded = weights.iter().map(|weight| (weight / scale).round().clamp(-127.0, 127.0) as i8).collect();
        Self { bits: weights.len().trailing_zeros(), scale, bias, weights: rounded }
    }

    /// How many weights there are: features are numbers below this, or are cut down to it by [`Hashed::weight`].
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// The weight of a feature in units of [`Hashed::scale`]. Of a longer number the low bits count.
    #[inline]
    pub fn weight(&self, feature: u32) -> i32 {
        i32::from(self.weights[feature as usize & (self.weights.len() - 1)])
    }

    pub fn scale(&self) -> f32 {
        self.scale
    }

    pub fn bias(&self) -> f32 {
        self.bias
    }

    /// The log-odds of a sum of weights times what each counts: `sum * scale * norm + bias`.
    #[inline]
    pub fn log_odds(&self, sum: i64, norm: f32) -> f32 {
        sum as f32 * self.scale * norm + self.bias
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.weights.len());
        bytes.extend_from_slice(MAGIC);
        bytes.push(self.bits as u8);
        bytes.extend_from_slice(&self.scale.to_le_bytes());
        bytes.extend_from_slice(&self.bias.to_le_bytes());
        bytes.extend(self.weights.iter().map(|weight| weight.to_le_bytes()[0]));
        bytes
    }

    /// # Errors
    /// Bytes that [`Hashed::to_bytes`] did not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        let (header, table) = bytes.split_at_checked(HEADER).ok_or(Unreadable)?;
        let number = |at: usize| header[at..at + 4].try_into().map(f32::from_le_bytes).map_err(|_| Unreadable);
        let bits = u32::from(header[4]);
        if &header[..4] != MAGIC || bits > MOST_BITS || table.len() != 1 << bits {
            return Err(Unreadable);
        }
        let weights = table.iter().map(|byte| i8::from_le_bytes([*byte])).collect();
        Ok(Self { bits, scale: number(5)?, bias: number(9)?, weights })
    }
}
