//! How far a share could be from what was seen: the score interval (E. B. Wilson, JASA 22 (1927) 209).

/// Bounds of a share, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// The interval of the share `hits` of `total`; `z` is the normal quantile, 1.96 for 95 %. Of nothing it is 0 to 1.
pub fn wilson(hits: usize, total: usize, z: f64) -> Interval {
    if total == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (n, share) = (total as f64, hits as f64 / total as f64);
    let centre = share + z * z / (2.0 * n);
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    let low = if hits == 0 { 0.0 } else { ((centre - spread) / scale).max(0.0) };
    let high = if hits == total { 1.0 } else { ((centre + spread) / scale).min(1.0) };
    Interval { low, high }
}
