//! The inner loops in the instructions of x86, and the one place where a level becomes code compiled for it.

use super::{PANEL, Plain, Products, Work, cut};
use crate::level::{Level, Path};
use crate::load::{
    load_8_floats, load_16_floats, load_32, load_64, store_8_floats, store_8_integers, store_16_floats,
    store_16_integers,
};
use std::arch::x86_64::{
    _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_dpbusd_avx_epi32, _mm256_extracti128_si256,
    _mm256_fmadd_ps, _mm256_madd_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256,
    _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512,
};

/// Half a panel.
const HALF: usize = PANEL / 2;

/// Runs work at a level.
#[expect(unsafe_code, reason = "the instructions must be known to be there")]
pub(crate) fn run(level: Level, work: &mut impl Work) {
    match level.path() {
        Path::Plain => work.run(&Plain),
        // SAFETY: a level exists only where the processor said that it has these instructions.
        Path::Avx2 => unsafe { run_avx2(work) },
        // SAFETY: as above.
        Path::AvxVnni => unsafe { run_avx_vnni(work) },
        // SAFETY: as above.
        Path::Avx512 => unsafe { run_avx512(work) },
    }
}

#[target_feature(enable = "avx2,fma")]
fn run_avx2(work: &mut impl Work) {
    work.run(&Avx2(()));
}

#[target_feature(enable = "avx2,fma,avxvnni")]
fn run_avx_vnni(work: &mut impl Work) {
    work.run(&AvxVnni(()));
}

#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn run_avx512(work: &mut impl Work) {
    work.run(&Avx512(()));
}

/// Made only in `run_avx2`.
struct Avx2(());

/// Made only in `run_avx_vnni`.
struct AvxVnni(());

/// Made only in `run_avx512`.
struct Avx512(());

#[expect(unsafe_code, reason = "the instructions must be known to be there")]
impl Products for Avx2 {
    #[inline(always)]
    fn bytes<const R: usize>(&self, rows: &[u8], panel: &[i8]) -> [[i32; PANEL]; R] {
        // SAFETY: this type is made only in a function that may be called only where AVX2 is.
        unsafe { bytes_avx2(rows, panel) }
    }

    #[inline(always)]
    fn floats<const R: usize>(&self, rows: [&[f32]; R], panel: &[[f32; PANEL]]) -> [[f32; PANEL]; R] {
        // SAFETY: as above, and FMA with it.
        unsafe { floats_256(rows, panel) }
    }
}

#[expect(unsafe_code, reason = "the instructions must be known to be there")]
impl Products for AvxVnni {
    #[inline(always)]
    fn bytes<const R: usize>(&self, rows: &[u8], panel: &[i8]) -> [[i32; PANEL]; R] {
        // SAFETY: this type is made only in a function that may be called only where AVX-VNNI is.
        unsafe { bytes_avx_vnni(rows, panel) }
    }

    #[inline(always)]
    fn floats<const R: usize>(&self, rows: [&[f32]; R], panel: &[[f32; PANEL]]) -> [[f32; PANEL]; R] {
        // SAFETY: as above, and AVX2 and FMA with it.
        unsafe { floats_256(rows, panel) }
    }
}

#[expect(unsafe_code, reason = "the instructions must be known to be there")]
impl Products for Avx512 {
    #[inline(always)]
    fn bytes<const R: usize>(&self, rows: &[u8], panel: &[i8]) -> [[i32; PANEL]; R] {
        // SAFETY: this type is made only in a function that may be called only where AVX-512 with VNNI is.
        unsafe { bytes_avx512(rows, panel) }
    }

    #[inline(always)]
    fn floats<const R: usize>(&self, rows: [&[f32]; R], panel: &[[f32; PANEL]]) -> [[f32; PANEL]; R] {
        // SAFETY: as above.
        unsafe { floats_512(rows, panel) }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn bytes_avx512<const R: usize>(rows: &[u8], panel: &[i8]) -> [[i32; PANEL]; R] {
    let mut sums = [[_mm512_setzero_si512(); 2]; R];
    let fours = rows.as_chunks::<4>().0.as_chunks::<R>().0;
    let weights = panel.as_chunks::<64>().0.as_chunks::<2>().0;
    for (inputs, [left, right]) in fours.iter().zip(weights) {
        let (left, right) = (load_64(left), load_64(right));
        for (sums, input) in sums.iter_mut().zip(inputs) {
            let input = _mm512_set1_epi32(i32::from_ne_bytes(*input));
            sums[0] = _mm512_dpbusd_epi32(sums[0], input, left);
            sums[1] = _mm512_dpbusd_epi32(sums[1], input, right);
        }
    }
    let mut found = [[0; PANEL]; R];
    for (found, sums) in found.iter_mut().zip(sums) {
        for (half, sum) in found.as_chunks_mut::<HALF>().0.iter_mut().zip(sums) {
            store_16_integers(sum, half);
        }
    }
    found
}

#[inline]
#[target_feature(enable = "avx2,avxvnni")]
fn bytes_avx_vnni<const R: usize>(rows: &[u8], panel: &[i8]) -> [[i32; PANEL]; R] {
    let mut found = [[0; PANEL]; R];
    let fours = rows.as_chunks::<4>().0.as_chunks::<R>().0;
    for half in 0..2 {
        let mut sums = [[_mm256_setzero_si256(); 2]; R];
        let weights = panel.as_chunks::<32>().0.as_chunks::<4>().0;
        for (inputs, weights) in fours.iter().zip(weights) {
            let (left, right) = (load_32(&weights[2 * half]), load_32(&weights[2 * half + 1]));
            for (sums, input) in sums.iter_mut().zip(inputs) {
                let input = _mm256_set1_epi32(i32::from_ne_bytes(*input));
                sums[0] = _mm256_dpbusd_avx_epi32(sums[0], input, left);
                sums[1] = _mm256_dpbusd_avx_epi32(sums[1], input, right);
            }
        }
        for (found, sums) in found.iter_mut().zip(sums) {
            let places = found.as_chunks_mut::<8>().0[2 * half..].iter_mut();
            places.zip(sums).for_each(|(place, sum)| store_8_integers(sum, place));
        }
    }
    found
}

/// Without byte products: both sides widened to 16 bits, where neighbours are multiplied and added up exactly. (The
/// older byte product of AVX2 adds two products in 16 bits and would cut sums off.)
#[inline]
#[target_feature(enable = "avx2")]
fn bytes_avx2<const R: usize>(rows: &[u8], panel: &[i8]) -> [[i32; PANEL]; R] {
    let mut found = [[0; PANEL]; R];
    let twos = rows.as_chunks::<2>().0.as_chunks::<R>().0;
    for half in 0..2 {
        let mut sums = [[_mm256_setzero_si256(); 2]; R];
        let weights = panel.as_chunks::<32>().0.as_chunks::<2>().0;
        for (inputs, weights) in twos.iter().zip(weights) {
            let weights = load_32(&weights[half]);
            let left = _mm256_cvtepi8_epi16(_mm256_castsi256_si128(weights));
            let right = _mm256_cvtepi8_epi16(_mm256_extracti128_si256::<1>(weights));
            for (sums, input) in sums.iter_mut().zip(inputs) {
                let input = _mm256_set1_epi32(i32::from(input[0]) | (i32::from(input[1]) << 16));
                sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(input, left));
                sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(input, right));
            }
        }
        for (found, sums) in found.iter_mut().zip(sums) {
            let places = found.as_chunks_mut::<8>().0[2 * half..].iter_mut();
            places.zip(sums).for_each(|(place, sum)| store_8_integers(sum, place));
        }
    }
    found
}

#[inline]
#[target_feature(enable = "avx512f")]
fn floats_512<const R: usize>(rows: [&[f32]; R], panel: &[[f32; PANEL]]) -> [[f32; PANEL]; R] {
    let mut sums = [[_mm512_setzero_ps(); 2]; R];
    let rows = cut(rows, panel.len());
    for (place, weights) in panel.iter().enumerate() {
        let halves = weights.as_chunks::<HALF>().0;
        let (left, right) = (load_16_floats(&halves[0]), load_16_floats(&halves[1]));
        for (sums, row) in sums.iter_mut().zip(rows) {
            let input = _mm512_set1_ps(row[place]);
            sums[0] = _mm512_fmadd_ps(input, left, sums[0]);
            sums[1] = _mm512_fmadd_ps(input, right, sums[1]);
        }
    }
    let mut found = [[0.0; PANEL]; R];
    for (found, sums) in found.iter_mut().zip(sums) {
        for (half, sum) in found.as_chunks_mut::<HALF>().0.iter_mut().zip(sums) {
            store_16_floats(sum, half);
        }
    }
    found
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn floats_256<const R: usize>(rows: [&[f32]; R], panel: &[[f32; PANEL]]) -> [[f32; PANEL]; R] {
    let mut found = [[0.0; PANEL]; R];
    let rows = cut(rows, panel.len());
    for half in 0..2 {
        let mut sums = [[_mm256_setzero_ps(); 2]; R];
        for (place, weights) in panel.iter().enumerate() {
            let quarters = weights.as_chunks::<8>().0;
            let (left, right) = (load_8_floats(&quarters[2 * half]), load_8_floats(&quarters[2 * half + 1]));
            for (sums, row) in sums.iter_mut().zip(rows) {
                let input = _mm256_set1_ps(row[place]);
                sums[0] = _mm256_fmadd_ps(input, left, sums[0]);
                sums[1] = _mm256_fmadd_ps(input, right, sums[1]);
            }
        }
        for (found, sums) in found.iter_mut().zip(sums) {
            let places = found.as_chunks_mut::<8>().0[2 * half..].iter_mut();
            places.zip(sums).for_each(|(place, sum)| store_8_floats(sum, place));
        }
    }
    found
}
