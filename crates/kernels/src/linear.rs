//! A linear layer, `x · weightᵀ + bias` for many rows `x`, over floats or over 8-bit integers.
//!
//! With integers each output has its own scale for its weights (-127 to 127, symmetric), and each row of input its own
//! range (0 to 255 from its least value to its greatest), found as it comes: "dynamic quantisation". With
//! `x ≈ least + step · q` and `w ≈ scale · p` the product is `step · scale · Σ q·p + least · scale · Σ p`, where the
//! first sum is exact in integers and the second belongs to the weights.

use crate::level::Level;
use crate::product::{DEPTH_STEP, PANEL, Products, Work, blocks, group, most_rows, run, with_height};
use crate::rows::{quantise_signed, quantise_unsigned};

/// How weights are kept and multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// A byte a weight; products in integers.
    Int8,
    /// Four bytes a weight; products in 32-bit floats.
    Fp32,
}

impl Precision {
    /// Its name in identities: `int8` or `fp32`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Fp32 => "fp32",
        }
    }
}

/// Buffers that products need on the way; one is enough for all layers that run one after another.
#[derive(Default)]
pub struct Workspace {
    row: Vec<u8>,
    bytes: Vec<u8>,
    ranges: Vec<Range>,
    pub(crate) keys: Vec<[f32; PANEL]>,
    pub(crate) values: Vec<[f32; PANEL]>,
    pub(crate) scores: Vec<f32>,
}

/// What a row's bytes mean: `least + step · byte`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) least: f32,
    pub(crate) step: f32,
}

/// The weights of a linear layer, packed for this machine.
pub struct Linear {
    level: Level,
    inputs: usize,
    outputs: usize,
    /// Padded to whole panels, as are scales and totals.
    bias: Vec<[f32; PANEL]>,
    form: Form,
}

enum Form {
    Fp32 { panels: Vec<[f32; PANEL]> },
    Int8 { panels: Vec<i8>, scales: Vec<[f32; PANEL]>, totals: Vec<[f32; PANEL]> },
}

/// More inputs could overflow a 32-bit sum of products of 255 and 127.
const MOST_INPUTS: usize = 65_536;

impl Linear {
    /// Packs weights that lie output by output. `None` when there are not as many for each number of the bias, none at
    /// all, or over 65,536 for one output.
    pub fn new(precision: Precision, weight: &[f32], bias: &[f32]) -> Option<Self> {
        Self::at(Level::widest(), precision, weight, bias)
    }

    pub(crate) fn at(level: Level, precision: Precision, weight: &[f32], bias: &[f32]) -> Option<Self> {
        let inputs = weight.len().checked_div(bias.len())?;
        if inputs == 0 || inputs > MOST_INPUTS || inputs * bias.len() != weight.len() {
            return None;
        }
        let form = match precision {
            Precision::Fp32 => Form::Fp32 { panels: float_panels(weight, inputs) },
            Precision::Int8 => byte_panels(level, weight, inputs),
        };
        Some(Self { level, inputs, outputs: bias.len(), bias: in_panels(bias), form })
    }

    /// Numbers in a row of input.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Numbers in a row of output.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Writes the product of every row of `input` to `output`, whose old content does not matter.
    ///
    /// # Panics
    /// When `output` has not the same number of rows.
    pub fn apply(&self, input: &[f32], output: &mut [f32], workspace: &mut Workspace) {
        let rows = input.len() / self.inputs;
        assert_eq!((rows * self.inputs, rows * self.outputs), (input.len(), output.len()), "rows in and rows out");
        match &self.form {
            Form::Fp32 { panels } => {
                let input = Rows { values: input, stride: self.inputs, count: rows };
                let columns = self.outputs;
                let work = &mut Floats {
                    level: self.level,
                    input,
                    panels,
                    bias: &self.bias,
                    output,
                    columns,
                    stride: columns,
                };
                run(self.level, work);
            }
            Form::Int8 { panels, scales, totals } => {
                self.quantise(input, rows, workspace);
                let Workspace { bytes, ranges, .. } = workspace;
                run(self.level, &mut Bytes { linear: self, panels, scales, totals, bytes, ranges, output });
            }
        }
    }

    /// Input rows to bytes, interleaved as the blocks take them: a group of the first row, of the second, and so on.
    fn quantise(&self, input: &[f32], rows: usize, workspace: &mut Workspace) {
        let depth = self.inputs.next_multiple_of(DEPTH_STEP);
        let Workspace { row, bytes, ranges, .. } = workspace;
        row.clear();
        row.resize(depth, 0);
        bytes.resize(rows * depth, 0);
        ranges.clear();
        for (start, height) in blocks(rows, most_rows(self.level)) {
            let block = &mut bytes[start * depth..(start + height) * depth];
            for place in 0..height {
                let values = &input[(start + place) * self.inputs..][..self.inputs];
                ranges.push(quantise_unsigned(self.level, values, &mut row[..self.inputs]));
                match group(self.level) {
                    4 => interleave::<4>(row, block, place, height),
                    2 => interleave::<2>(row, block, place, height),
                    _ => interleave::<1>(row, block, place, height),
                }
            }
        }
    }
}

fn interleave<const GROUP: usize>(row: &[u8], block: &mut [u8], place: usize, height: usize) {
    let places = block.as_chunks_mut::<GROUP>().0.iter_mut().skip(place).step_by(height);
    places.zip(row.as_chunks::<GROUP>().0).for_each(|(place, group)| *place = *group);
}

fn in_panels(values: &[f32]) -> Vec<[f32; PANEL]> {
    let padded = |part: &[f32]| std::array::from_fn(|place| part.get(place).copied().unwrap_or(0.0));
    values.chunks(PANEL).map(padded).collect()
}

fn float_panels(weight: &[f32], inputs: usize) -> Vec<[f32; PANEL]> {
    let outputs: Vec<&[f32]> = weight.chunks_exact(inputs).collect();
    let mut panels = Vec::with_capacity(outputs.len().div_ceil(PANEL) * inputs);
    for panel in outputs.chunks(PANEL) {
        panels.extend((0..inputs).map(|input| {
            let mut step = [0.0; PANEL];
            step.iter_mut().zip(panel).for_each(|(place, output)| *place = output[input]);
            step
        }));
    }
    panels
}

fn byte_panels(level: Level, weight: &[f32], inputs: usize) -> Form {
    let (depth, group) = (inputs.next_multiple_of(DEPTH_STEP), group(level));
    let outputs = weight.len() / inputs;
    let mut panels = vec![0i8; outputs.div_ceil(PANEL) * depth * PANEL];
    let (mut scales, mut totals) = (Vec::with_capacity(outputs), Vec::with_capacity(outputs));
    let mut row = vec![0i8; depth];
    for (number, values) in weight.chunks_exact(inputs).enumerate() {
        let scale = quantise_signed(level, values, &mut row[..inputs]);
        let total: i32 = row.iter().map(|value| i32::from(*value)).sum();
        scales.push(scale);
        totals.push(scale * total as f32);
        let panel = &mut panels[number / PANEL * depth * PANEL..][..depth * PANEL];
        let steps = panel.chunks_exact_mut(PANEL * group).zip(row.chunks_exact(group));
        steps.for_each(|(step, values)| step[number % PANEL * group..][..group].copy_from_slice(values));
    }
    Form::Int8 { panels, scales: in_panels(&scales), totals: in_panels(&totals) }
}

/// A product of bytes on its way.
struct Bytes<'a> {
    linear: &'a Linear,
    panels: &'a [i8],
    scales: &'a [[f32; PANEL]],
    totals: &'a [[f32; PANEL]],
    bytes: &'a [u8],
    ranges: &'a [Range],
    output: &'a mut [f32],
}

impl Work for Bytes<'_> {
    #[inline(always)]
    fn run<P: Products>(&mut self, products: &P) {
        for panel in 0..self.scales.len() {
            for (start, height) in blocks(self.ranges.len(), most_rows(self.linear.level)) {
                with_height!(height, block_of_bytes(self, products, panel, start));
            }
        }
    }
}

#[inline(always)]
fn block_of_bytes<const R: usize, P: Products>(work: &mut Bytes<'_>, products: &P, panel: usize, start: usize) {
    let depth = work.linear.inputs.next_multiple_of(DEPTH_STEP);
    let rows = &work.bytes[start * depth..(start + R) * depth];
    let sums = products.bytes::<R>(rows, &work.panels[panel * depth * PANEL..][..depth * PANEL]);
    let (scales, totals, bias) = (&work.scales[panel], &work.totals[panel], &work.linear.bias[panel]);
    let outputs = work.linear.outputs;
    for (row, (sums, range)) in sums.iter().zip(&work.ranges[start..start + R]).enumerate() {
        let mut found = [0.0; PANEL];
        for column in 0..PANEL {
            let exact = sums[column] as f32 * scales[column];
            found[column] = exact * range.step + totals[column] * range.least + bias[column];
        }
        write(&found, &mut work.output[(start + row) * outputs..][..outputs], panel);
    }
}

/// Puts a panel's part of a row in its place; the last panel may be wider than the row.
#[inline(always)]
fn write(found: &[f32; PANEL], row: &mut [f32], panel: usize) {
    let place = &mut row[panel * PANEL..];
    match place.first_chunk_mut() {
        Some(whole) => *whole = *found,
        None => place.copy_from_slice(&found[..place.len()]),
    }
}

/// Rows of floats that lie `stride` apart.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) stride: usize,
    pub(crate) count: usize,
}

/// A product of floats on its way: each row with as many numbers as a panel is deep.
pub(crate) struct Floats<'a> {
    pub(crate) level: Level,
    pub(crate) input: Rows<'a>,
    pub(crate) panels: &'a [[f32; PANEL]],
    /// One for each panel.
    pub(crate) bias: &'a [[f32; PANEL]],
    pub(crate) output: &'a mut [f32],
    /// Numbers of a row of output that are written.
    pub(crate) columns: usize,
    /// From one row of output to the next.
    pub(crate) stride: usize,
}

impl Work for Floats<'_> {
    #[inline(always)]
    fn run<P: Products>(&mut self, products: &P) {
        for panel in 0..self.bias.len() {
            for (start, height) in blocks(self.input.count, most_rows(self.level)) {
                with_height!(height, block_of_floats(self, products, panel, start));
            }
        }
    }
}

#[inline(always)]
fn block_of_floats<const R: usize, P: Products>(work: &mut Floats<'_>, products: &P, panel: usize, start: usize) {
    let depth = work.panels.len() / work.bias.len();
    let mut rows: [&[f32]; R] = [&[]; R];
    for (row, place) in rows.iter_mut().enumerate() {
        *place = &work.input.values[(start + row) * work.input.stride..][..depth];
    }
    let sums = products.floats::<R>(rows, &work.panels[panel * depth..][..depth]);
    let bias = &work.bias[panel];
    for (row, sums) in sums.iter().enumerate() {
        let mut found = [0.0; PANEL];
        for column in 0..PANEL {
            found[column] = sums[column] + bias[column];
        }
        write(&found, &mut work.output[(start + row) * work.stride..][..work.columns], panel);
    }
}

#[cfg(test)]
mod tests;
