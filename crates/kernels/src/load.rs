//! Memory to vector registers and back, through references whose length the type knows: no other file of the room
//! touches a pointer.

#![expect(unsafe_code, reason = "the processor's loads and stores take pointers")]

use std::arch::x86_64::{
    __m256, __m256i, __m512, __m512i, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_storeu_ps, _mm256_storeu_si256,
    _mm512_loadu_ps, _mm512_loadu_si512, _mm512_maskz_loadu_epi8, _mm512_storeu_ps, _mm512_storeu_si512,
};

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_32(bytes: &[i8; 32]) -> __m256i {
    // SAFETY: the reference covers the 32 bytes that are read, and the load asks for no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn load_64(bytes: &[i8; 64]) -> __m512i {
    // SAFETY: the reference covers the 64 bytes that are read, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// The first 64 bytes or as many as there are, then zeros.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) fn load_part_of_64(bytes: &[i8]) -> __m512i {
    let mask = if bytes.len() < 64 { (1u64 << bytes.len()) - 1 } else { u64::MAX };
    // SAFETY: the mask has a bit for no byte beyond the slice, and bytes without a bit are not read.
    unsafe { _mm512_maskz_loadu_epi8(mask, bytes.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn load_8_floats(values: &[f32; 8]) -> __m256 {
    // SAFETY: the reference covers the 8 floats that are read, and the load asks for no alignment.
    unsafe { _mm256_loadu_ps(values.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn load_16_floats(values: &[f32; 16]) -> __m512 {
    // SAFETY: the reference covers the 16 floats that are read, and the load asks for no alignment.
    unsafe { _mm512_loadu_ps(values.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn store_8_integers(values: __m256i, place: &mut [i32; 8]) {
    // SAFETY: the reference covers the 32 bytes that are written, and the store asks for no alignment.
    unsafe { _mm256_storeu_si256(place.as_mut_ptr().cast(), values) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn store_16_integers(values: __m512i, place: &mut [i32; 16]) {
    // SAFETY: the reference covers the 64 bytes that are written, and the store asks for no alignment.
    unsafe { _mm512_storeu_si512(place.as_mut_ptr().cast(), values) }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn store_8_floats(values: __m256, place: &mut [f32; 8]) {
    // SAFETY: the reference covers the 8 floats that are written, and the store asks for no alignment.
    unsafe { _mm256_storeu_ps(place.as_mut_ptr(), values) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn store_16_floats(values: __m512, place: &mut [f32; 16]) {
    // SAFETY: the reference covers the 16 floats that are written, and the store asks for no alignment.
    unsafe { _mm512_storeu_ps(place.as_mut_ptr(), values) }
}
