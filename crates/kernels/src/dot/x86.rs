//! The scan over rows of 8-bit integers on x86: bound by memory, not by arithmetic, from AVX2 on.

use super::scalar;
use crate::load::{load_32, load_64, load_part_of_64};
use std::arch::x86_64::{
    __m256i, __m512i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm256_add_epi32, _mm256_castsi256_si128,
    _mm256_cvtepi8_epi16, _mm256_extracti128_si256, _mm256_madd_epi16, _mm256_setzero_si256, _mm512_add_epi32,
    _mm512_dpbusd_epi32, _mm512_reduce_add_epi32, _mm512_set1_epi8, _mm512_setzero_si512, _mm512_xor_si512,
};

/// The byte product takes one side without a sign. Flipping the top bit of a row's number adds 128 to it, which adds
/// 128 times the sum of `one` to the result: that is taken off again. Sums may wrap on the way; the end is exact.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn dots_avx512(one: &[i8], rows: &[i8], found: &mut [i32]) {
    let excess = one.iter().fold(0i32, |sum, value| sum.wrapping_add(i32::from(*value))).wrapping_mul(128);
    let (chunks, rest) = one.as_chunks::<64>();
    let rest_of_one = load_part_of_64(rest);
    for (row, place) in rows.chunks_exact(one.len().max(1)).zip(found) {
        let (row_chunks, row_rest) = row.as_chunks::<64>();
        let mut sums = [_mm512_setzero_si512(); 2];
        let (pairs, single) = chunks.as_chunks::<2>();
        let (row_pairs, row_single) = row_chunks.as_chunks::<2>();
        for (a, b) in pairs.iter().zip(row_pairs) {
            sums[0] = with_products(sums[0], load_64(&b[0]), load_64(&a[0]));
            sums[1] = with_products(sums[1], load_64(&b[1]), load_64(&a[1]));
        }
        for (a, b) in single.iter().zip(row_single) {
            sums[0] = with_products(sums[0], load_64(b), load_64(a));
        }
        if !rest.is_empty() {
            sums[1] = with_products(sums[1], load_part_of_64(row_rest), rest_of_one);
        }
        *place = _mm512_reduce_add_epi32(_mm512_add_epi32(sums[0], sums[1])).wrapping_sub(excess);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn with_products(sums: __m512i, row: __m512i, one: __m512i) -> __m512i {
    _mm512_dpbusd_epi32(sums, _mm512_xor_si512(row, _mm512_set1_epi8(i8::MIN)), one)
}

#[target_feature(enable = "avx2")]
pub(super) fn dots_avx2(one: &[i8], rows: &[i8], found: &mut [i32]) {
    let (chunks, rest) = one.as_chunks::<32>();
    for (row, place) in rows.chunks_exact(one.len().max(1)).zip(found) {
        let (row_chunks, row_rest) = row.as_chunks::<32>();
        let mut sums = [_mm256_setzero_si256(); 2];
        for (a, b) in chunks.iter().zip(row_chunks) {
            let (a, b) = (load_32(a), load_32(b));
            let low = _mm256_madd_epi16(
                _mm256_cvtepi8_epi16(_mm256_castsi256_si128(a)),
                _mm256_cvtepi8_epi16(_mm256_castsi256_si128(b)),
            );
            let high = _mm256_madd_epi16(
                _mm256_cvtepi8_epi16(_mm256_extracti128_si256::<1>(a)),
                _mm256_cvtepi8_epi16(_mm256_extracti128_si256::<1>(b)),
            );
            sums[0] = _mm256_add_epi32(sums[0], low);
            sums[1] = _mm256_add_epi32(sums[1], high);
        }
        *place = sum_of(_mm256_add_epi32(sums[0], sums[1])).wrapping_add(scalar(rest, row_rest));
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn sum_of(eight: __m256i) -> i32 {
    let four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256::<1>(eight));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b0100_1110>(four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b1011_0001>(two)))
}
