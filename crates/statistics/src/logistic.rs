//! Logistic regression over sparse features, trained by AdaGrad (J. Duchi, E. Hazan, Y. Singer, JMLR 12 (2011) 2121) with
//! the weights' L2 shrinkage applied where a weight is touched. One pass order per epoch, drawn from the seed.

use crate::random::Random;

/// One example.
#[derive(Clone, Debug)]
pub struct Row {
    /// Features and their values. A feature may stand twice; its values add up.
    pub features: Vec<(u32, f32)>,
    /// What it is: 1 or 0, or anything between where it is known only so well.
    pub target: f32,
    /// How much it counts.
    pub weight: f32,
}

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The features are numbers below this.
    pub width: usize,
    pub epochs: usize,
    /// The first step's length.
    pub rate: f32,
    /// How hard weights are pulled to zero, per example of the whole set.
    pub l2: f32,
    pub seed: u64,
}

/// A trained model before it is rounded.
#[derive(Clone, Debug)]
pub struct Logistic {
    pub weights: Vec<f32>,
    pub bias: f32,
}

impl Logistic {
    /// The log-odds of an example.
    pub fn log_odds(&self, features: &[(u32, f32)]) -> f32 {
        self.bias + features.iter().map(|(feature, value)| self.weights[*feature as usize] * value).sum::<f32>()
    }
}

/// Trains on the rows. Features must be below `settings.width`.
///
/// # Panics
/// On a feature that is not below the width: the caller's mistake.
pub fn train(rows: &[Row], settings: Settings) -> Logistic {
    let mut weights = vec![0.0_f32; settings.width];
    let mut seen = vec![1e-6_f32; settings.width];
    let (mut bias, mut bias_seen) = (0.0_f32, 1e-6_f32);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut random = Random::new(settings.seed);
    for _ in 0..settings.epochs {
        random.shuffle(&mut order);
        for place in &order {
            let row = &rows[*place];
            let odds = bias + row.features.iter().map(|(at, value)| weights[*at as usize] * value).sum::<f32>();
            let error = (1.0 / (1.0 + (-odds).exp()) - row.target) * row.weight;
            for (at, value) in &row.features {
                let at = *at as usize;
                let slope = error * value + settings.l2 * weights[at];
                seen[at] += slope * slope;
                weights[at] -= settings.rate * slope / seen[at].sqrt();
            }
            bias_seen += error * error;
            bias -= settings.rate * error / bias_seen.sqrt();
        }
    }
    Logistic { weights, bias }
}
