//! Keeping the best of many: by score, and at equal scores the lower row.

use std::cmp::Ordering;

/// A row and its score.
pub(super) type Scored = (u32, f32);

/// Best first.
pub(super) fn order(one: &Scored, other: &Scored) -> Ordering {
    other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
}

/// Takes rows in any order and keeps the best `most`.
pub(super) struct Best {
    most: usize,
    kept: Vec<Scored>,
    /// No row below this score can be among the best.
    floor: f32,
}

impl Best {
    pub(super) fn new(most: usize) -> Self {
        Self { most, kept: Vec::with_capacity(most.saturating_mul(2).min(4096)), floor: f32::NEG_INFINITY }
    }

    /// What a score must reach to be worth an [`Best::offer`].
    pub(super) fn floor(&self) -> f32 {
        self.floor
    }

    pub(super) fn offer(&mut self, row: u32, score: f32) {
        if score >= self.floor && self.most > 0 {
            self.kept.push((row, score));
            // Cutting back at twice the size makes each offer cost a constant on average.
            if self.kept.len() >= self.most.saturating_mul(2) {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        if self.kept.len() > self.most {
            self.kept.select_nth_unstable_by(self.most - 1, order);
            self.kept.truncate(self.most);
        }
        if self.kept.len() == self.most {
            self.floor = self.kept.iter().map(|one| one.1).fold(f32::INFINITY, f32::min);
        }
    }

    /// Best first.
    pub(super) fn into_sorted(mut self) -> Vec<Scored> {
        self.kept.sort_unstable_by(order);
        self.kept.truncate(self.most);
        self.kept
    }
}
