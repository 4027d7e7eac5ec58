//! The interval of a mean: Student's, which is wide where there are few values.

use super::{Z_TWO_SIDED_95, float};
use serde::Serialize;

/// A mean with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Mean {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// The mean of these values; of a single one, or of none, nothing is known: the interval is endless.
pub fn interval(values: &[f64]) -> Mean {
    let count = float(values.len());
    let mean = values.iter().sum::<f64>() / count.max(1.0);
    if values.len() < 2 {
        return Mean { mean, low: f64::NEG_INFINITY, high: f64::INFINITY };
    }
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let half = student(count - 1.0) * (variance / count).sqrt();
    Mean { mean, low: mean - half, high: mean + half }
}

/// The 97.5 % quantile of Student's distribution: exact for one and two degrees of freedom, else from the normal one
/// (Abramowitz and Stegun, 26.7.5), within .2 %.
fn student(freedom: f64) -> f64 {
    const Z: f64 = Z_TWO_SIDED_95;
    if freedom < 1.5 {
        return 12.706_204_736;
    }
    if freedom < 2.5 {
        return 4.302_652_730;
    }
    let first = (Z.powi(3) + Z) / 4.0;
    let second = (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0;
    let third = (3.0 * Z.powi(7) + 19.0 * Z.powi(5) + 17.0 * Z.powi(3) - 15.0 * Z) / 384.0;
    Z + first / freedom + second / freedom.powi(2) + third / freedom.powi(3)
}

#[cfg(test)]
mod tests {
    use super::{interval, student};

    #[test]
    fn quantiles_agree_with_printed_tables() {
        for (freedom, expected) in
            [(1.0, 12.706), (2.0, 4.303), (3.0, 3.182), (5.0, 2.571), (10.0, 2.228), (30.0, 2.042)]
        {
            let found = student(freedom);
            assert!((found / expected - 1.0).abs() < 0.01, "{freedom}: {found}");
        }
    }

    #[test]
    fn an_interval_is_around_the_mean() {
        let found = interval(&[1.0, 2.0, 3.0]);
        assert!((found.mean - 2.0).abs() < 1e-12 && (found.high - 2.0 - 4.302_652_730 / 3f64.sqrt()).abs() < 1e-9);
        assert!(interval(&[1.0]).high.is_infinite() && interval(&[]).low.is_infinite());
        let even = interval(&[0.5; 9]);
        assert_eq!((even.low, even.high), (0.5, 0.5));
    }
}
