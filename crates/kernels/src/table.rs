//! Vectors that are looked up by number: the embeddings of word pieces, most of a small encoder's memory.

use crate::level::Level;
use crate::linear::Precision;
use crate::rows::quantise_signed;

/// Rows of one length. With [`Precision::Int8`] each row is bytes and the worth of one of them.
pub struct Table {
    columns: usize,
    form: Form,
}

enum Form {
    Fp32(Vec<f32>),
    Int8 { bytes: Vec<i8>, scales: Vec<f32> },
}

impl Table {
    /// An empty table; `columns` is at least one.
    pub fn new(precision: Precision, columns: usize) -> Self {
        let form = match precision {
            Precision::Fp32 => Form::Fp32(Vec::new()),
            Precision::Int8 => Form::Int8 { bytes: Vec::new(), scales: Vec::new() },
        };
        Self { columns: columns.max(1), form }
    }

    /// Adds whole rows at the end; numbers that make no whole row are left out.
    pub fn extend(&mut self, values: &[f32]) {
        let whole = values.len() / self.columns * self.columns;
        match &mut self.form {
            Form::Fp32(all) => all.extend_from_slice(&values[..whole]),
            Form::Int8 { bytes, scales } => {
                let mut place = bytes.len();
                bytes.resize(place + whole, 0);
                for row in values.chunks_exact(self.columns) {
                    scales.push(quantise_signed(Level::widest(), row, &mut bytes[place..place + self.columns]));
                    place += self.columns;
                }
            }
        }
    }

    pub fn rows(&self) -> usize {
        match &self.form {
            Form::Fp32(all) => all.len() / self.columns,
            Form::Int8 { scales, .. } => scales.len(),
        }
    }

    /// Adds a row to the numbers of `place`; a row that is not there adds nothing.
    pub fn add(&self, row: usize, place: &mut [f32]) {
        let (from, to) = (row.saturating_mul(self.columns), row.saturating_add(1).saturating_mul(self.columns));
        match &self.form {
            Form::Fp32(all) => {
                let values = all.get(from..to).unwrap_or_default();
                place.iter_mut().zip(values).for_each(|(place, value)| *place += value);
            }
            Form::Int8 { bytes, scales } => {
                let (values, scale) =
                    (bytes.get(from..to).unwrap_or_default(), scales.get(row).copied().unwrap_or(0.0));
                place.iter_mut().zip(values).for_each(|(place, value)| *place += f32::from(*value) * scale);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    //! Rows come back, exactly or within half a step.

    use super::{Precision, Table};

    #[test]
    fn rows_are_added() {
        for precision in [Precision::Fp32, Precision::Int8] {
            let mut table = Table::new(precision, 3);
            table.extend(&[1.0, -2.0, 0.5, 0.0, 0.0]);
            table.extend(&[0.25, 0.0, -0.125]);
            assert_eq!(table.rows(), 2);
            let mut place = [1.0; 3];
            table.add(0, &mut place);
            table.add(1, &mut place);
            table.add(2, &mut place);
            table.add(usize::MAX, &mut place);
            for (found, expected) in place.iter().zip([2.25, -1.0, 1.375]) {
                assert!((found - expected).abs() < 0.01, "{place:?}");
            }
        }
    }
}
