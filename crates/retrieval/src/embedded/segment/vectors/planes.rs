//! Rows in two planes of signed bytes. A row's numbers are its scale times (coarse + fine / 254): the scale makes the
//! largest number 127 coarse steps, and the fine plane divides the half step that rounding may err to either side into
//! 127. Together they err by less than a 64,000th of the largest number.

use super::super::bytes::{Damaged, Reader, Writer};

/// The largest coarse number.
const MOST: f32 = 127.0;
/// Fine steps in a coarse one.
const FINE: f32 = 254.0;

/// Quantised rows end to end.
#[derive(Debug, Default, PartialEq)]
pub(in super::super) struct Planes {
    dimensions: usize,
    coarse: Vec<i8>,
    fine: Vec<i8>,
    /// By row; 0 for one that is near to nothing.
    scales: Vec<f32>,
}

impl Planes {
    pub(in super::super) fn new(dimensions: usize) -> Self {
        Self { dimensions, ..Self::default() }
    }

    /// Adds the next row. One of another length, or with a number that is not finite, is near to nothing.
    pub(in super::super) fn push(&mut self, vector: Option<&[f32]>) {
        let scale = vector.map_or(0.0, |vector| self.scale(vector));
        self.scales.push(scale);
        let Some(vector) = vector.filter(|_| scale > 0.0) else {
            self.coarse.resize(self.coarse.len() + self.dimensions, 0);
            self.fine.resize(self.fine.len() + self.dimensions, 0);
            return;
        };
        for value in vector {
            let steps = value / scale;
            let coarse = steps.round();
            self.coarse.push(coarse as i8);
            self.fine.push(((steps - coarse) * FINE).round() as i8);
        }
    }

    pub(in super::super) fn shrink(&mut self) {
        self.coarse.shrink_to_fit();
        self.fine.shrink_to_fit();
        self.scales.shrink_to_fit();
    }

    /// The step of a vector's coarse plane; 0 when nothing can be near to it.
    fn scale(&self, vector: &[f32]) -> f32 {
        if vector.len() != self.dimensions || !vector.iter().all(|value| value.is_finite()) {
            return 0.0;
        }
        let scale = vector.iter().fold(0.0f32, |most, value| most.max(value.abs())) / MOST;
        // Smaller ones would lose their bits in the division.
        if scale.is_normal() { scale } else { 0.0 }
    }

    /// A question's coarse plane; `None` when nothing can be near to it.
    pub(super) fn quantised(&self, vector: &[f32]) -> Option<Vec<i8>> {
        let scale = self.scale(vector);
        (scale > 0.0).then(|| vector.iter().map(|value| (value / scale).round() as i8).collect())
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(super) fn rows(&self) -> usize {
        self.scales.len()
    }

    /// The coarse plane of some neighbouring rows.
    pub(super) fn coarse(&self, rows: std::ops::Range<usize>) -> &[i8] {
        &self.coarse[rows.start * self.dimensions..rows.end * self.dimensions]
    }

    pub(super) fn scale_of(&self, row: u32) -> f32 {
        self.scales[row as usize]
    }

    /// How near a row is to a coarse plane, on the scale of that plane.
    pub(super) fn nearness(&self, coarse: &[i8], row: u32) -> f32 {
        let row = row as usize;
        kernels::dot_i8(coarse, self.coarse(row..row + 1)) as f32 * self.scales[row]
    }

    /// How near two rows are to each other.
    pub(super) fn between(&self, one: u32, other: u32) -> f32 {
        self.nearness(self.coarse(one as usize..one as usize + 1), other) * self.scales[one as usize]
    }

    /// The numbers of a row from both planes.
    pub(super) fn read_row(&self, row: u32, values: &mut [f32]) {
        let from = row as usize * self.dimensions;
        let (coarse, fine) = (&self.coarse[from..from + self.dimensions], &self.fine[from..from + self.dimensions]);
        let scale = self.scales[row as usize];
        for ((value, coarse), fine) in values.iter_mut().zip(coarse).zip(fine) {
            *value = scale * (f32::from(*coarse) + f32::from(*fine) / FINE);
        }
    }

    pub(super) fn memory(&self) -> usize {
        self.coarse.capacity() + self.fine.capacity() + self.scales.capacity() * 4
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u64(self.dimensions as u64);
        writer.i8s(&self.coarse);
        writer.i8s(&self.fine);
        writer.f32s(&self.scales);
    }

    pub(super) fn read(reader: &mut Reader, rows: usize) -> Result<Self, Damaged> {
        let dimensions = usize::try_from(reader.u64()?).map_err(|_| Damaged("vectors"))?;
        let planes = Self { dimensions, coarse: reader.i8s()?, fine: reader.i8s()?, scales: reader.f32s()? };
        let numbers = rows.checked_mul(dimensions);
        let whole = numbers == Some(planes.coarse.len()) && numbers == Some(planes.fine.len()) && planes.rows() == rows;
        if whole { Ok(planes) } else { Err(Damaged("vectors")) }
    }
}
