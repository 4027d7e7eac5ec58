//! The inner loops of matrix products: a block of up to twelve rows with a panel of 32 columns, whose sums stay in
//! registers while the shared dimension runs. (Goto and van de Geijn, "Anatomy of High-Performance Matrix
//! Multiplication", 2008.)
//!
//! Panels lie end to end, so that a product reads its weights once from front to back. Where an instruction sums
//! several products, as many neighbours along the shared dimension lie side by side: see [`group`].

use crate::level::{Level, Path};

/// Columns of a panel.
pub(crate) const PANEL: usize = 32;

/// Rows of a block at most. With twelve, 24 sums, two weights and one input fit the 32 registers of AVX-512; where there
/// are 16 registers, a panel is taken in two halves of six rows.
pub(crate) fn most_rows(level: Level) -> usize {
    match level.path() {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => 12,
        _ => 6,
    }
}

/// Numbers along the shared dimension are padded with zeros to a multiple of this, whatever the level's group.
pub(crate) const DEPTH_STEP: usize = 4;

/// Numbers that lie side by side in a panel of bytes: what one instruction multiplies and adds up.
pub(crate) fn group(level: Level) -> usize {
    match level.path() {
        Path::Plain => 1,
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => 2,
        #[cfg(target_arch = "x86_64")]
        Path::AvxVnni | Path::Avx512 => 4,
    }
}

/// Products of one level. `block` gives the products of `R` rows with one panel.
pub(crate) trait Products {
    /// Bytes: rows interleaved in groups, a panel of groups.
    fn bytes<const R: usize>(&self, rows: &[u8], panel: &[i8]) -> [[i32; PANEL]; R];
    /// Floats: each row by itself, at least as long as the panel is deep.
    fn floats<const R: usize>(&self, rows: [&[f32]; R], panel: &[[f32; PANEL]]) -> [[f32; PANEL]; R];
}

/// Rows cut to one length, after which their numbers can be read without asking for it again. (A loop and no closure:
/// closures are not compiled for the instructions of the function around them.)
#[inline(always)]
pub(crate) fn cut<const R: usize>(mut rows: [&[f32]; R], length: usize) -> [&[f32]; R] {
    for row in &mut rows {
        *row = &row[..length];
    }
    rows
}

/// What every processor can do.
pub(crate) struct Plain;

impl Products for Plain {
    #[inline(always)]
    fn bytes<const R: usize>(&self, rows: &[u8], panel: &[i8]) -> [[i32; PANEL]; R] {
        let mut sums = [[0i32; PANEL]; R];
        for (inputs, weights) in rows.as_chunks::<R>().0.iter().zip(panel.as_chunks::<PANEL>().0) {
            for (sums, input) in sums.iter_mut().zip(inputs) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    // At most 255 · 127, which a 16-bit product with an unsigned input would not hold.
                    *sum += i32::from(i16::from(*weight)) * i32::from(i16::from(*input));
                }
            }
        }
        sums
    }

    #[inline(always)]
    fn floats<const R: usize>(&self, rows: [&[f32]; R], panel: &[[f32; PANEL]]) -> [[f32; PANEL]; R] {
        let mut sums = [[0.0f32; PANEL]; R];
        let rows = cut(rows, panel.len());
        for (place, weights) in panel.iter().enumerate() {
            for (sums, row) in sums.iter_mut().zip(rows) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += row[place] * weight;
                }
            }
        }
        sums
    }
}

/// A product of many rows with many panels, cut into blocks by the products of a level.
pub(crate) trait Work {
    /// # Panics
    /// Where the buffers are shorter than their dimensions say.
    fn run<P: Products>(&mut self, products: &P);
}

/// Runs work at a level.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn run(_: Level, work: &mut impl Work) {
    work.run(&Plain);
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::run;

/// Rows from `start` on in blocks as even as may be, none above `most`: a single row left over would leave most of the
/// arithmetic units waiting. Gives first row and height.
pub(crate) fn blocks(rows: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = rows.div_ceil(most);
    let (height, taller) = (rows.checked_div(count).unwrap_or(0), rows.checked_rem(count).unwrap_or(0));
    (0..count).map(move |block| {
        let start = block * height + block.min(taller);
        (start, height + usize::from(block < taller))
    })
}

/// Calls a function with the height of a block as a constant, so that its loop over rows is unrolled.
macro_rules! with_height {
    ($height:expr, $function:ident($($argument:expr),*)) => {
        match $height {
            1 => $function::<1, _>($($argument),*),
            2 => $function::<2, _>($($argument),*),
            3 => $function::<3, _>($($argument),*),
            4 => $function::<4, _>($($argument),*),
            5 => $function::<5, _>($($argument),*),
            6 => $function::<6, _>($($argument),*),
            7 => $function::<7, _>($($argument),*),
            8 => $function::<8, _>($($argument),*),
            9 => $function::<9, _>($($argument),*),
            10 => $function::<10, _>($($argument),*),
            11 => $function::<11, _>($($argument),*),
            _ => $function::<12, _>($($argument),*),
        }
    };
}
pub(crate) use with_height;

#[cfg(target_arch = "x86_64")]
mod x86;
