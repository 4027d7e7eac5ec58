//! Going over the coarse plane of every permitted row.

use super::super::best::{Best, Scored};
use super::super::bits::{Bits, ones};
use super::planes::Planes;

/// Rows that are looked at together: those of one word of a set of bits.
const TOGETHER: usize = 64;
/// From so many permitted rows of a word on it is quicker to multiply with all of them at once.
const MANY: u32 = 24;

/// The nearest permitted rows (`None`: of all) by the coarse plane, in any order.
pub(super) fn scan(planes: &Planes, coarse: &[i8], permitted: Option<&Bits>, most: usize) -> Vec<Scored> {
    let mut best = Best::new(most);
    let mut products = [0i32; TOGETHER];
    for (index, start) in (0..planes.rows()).step_by(TOGETHER).enumerate() {
        let together = TOGETHER.min(planes.rows() - start);
        let word = permitted.map_or(u64::MAX >> (TOGETHER - together), |bits| bits.words()[index]);
        if word.count_ones() >= MANY {
            kernels::dots_i8(coarse, planes.coarse(start..start + together), &mut products[..together]);
        } else {
            for bit in ones(word).map(|bit| bit as usize) {
                products[bit] = kernels::dot_i8(coarse, planes.coarse(start + bit..start + bit + 1));
            }
        }
        for bit in ones(word) {
            let row = start as u32 + bit;
            let (scale, product) = (planes.scale_of(row), products[bit as usize] as f32);
            if scale > 0.0 && product * scale >= best.floor() {
                best.offer(row, product * scale);
            }
        }
    }
    best.into_sorted()
}
