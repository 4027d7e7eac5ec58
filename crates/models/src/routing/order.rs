//! In which order the targets of a chain are asked: a pure function of what was declared, how the targets are, what they
//! would cost, and one random number.

use std::cmp::Ordering;
use usecase::MicroUsd;
use usecase::declared::SpreadBy;

/// One of several equal targets, as it is at this moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing {
    /// Of its name: the same in every process.
    pub(super) hash: u64,
    pub(super) weight: u32,
    /// What one more call would wait for; see `latency`.
    pub(super) load: f64,
    /// What this request would cost there.
    pub(super) price: Option<MicroUsd>,
    /// Whether it may be asked at all.
    pub(super) open: bool,
}

/// The places of equal targets in the order in which they are asked.
pub(super) fn order(equal: &[Standing], by: SpreadBy, random: u64) -> Vec<usize> {
    match by {
        SpreadBy::Weight => by_weight(equal, random),
        SpreadBy::Latency => by_latency(equal, random),
        SpreadBy::Price => by_price(equal),
    }
}

/// Weighted rendezvous hashing (Thaler and Ravishankar 1998; with weights, the logarithmic method of Schindelhauer and
/// Schomaker 2005): each target is first for its share of all numbers, and the same number always gives the same
/// order. When a target falls out, only its own share moves.
fn by_weight(equal: &[Standing], random: u64) -> Vec<usize> {
    sorted(equal, |target| {
        // 53 bits of it as a fraction above 0 and below 1.
        let fraction = ((mix(random ^ target.hash) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        // The smaller, the earlier: an exponential variate whose rate is the weight.
        -fraction.ln() / f64::from(target.weight.max(1))
    })
}

/// Power of two choices (Mitzenmacher 2001): of two that are drawn the one with the smaller load is first, so that
/// nobody is flooded by all callers at once for having been quick a moment ago. The others follow by their load.
fn by_latency(equal: &[Standing], random: u64) -> Vec<usize> {
    let mut places = sorted(equal, |target| target.load);
    let open: Vec<usize> = (0..equal.len()).filter(|place| equal[*place].open).collect();
    if open.len() > 1 {
        let draw = |number: u64, sides: usize| usize::try_from(number % sides as u64).unwrap_or(0);
        let one = draw(random, open.len());
        let other = (one + 1 + draw(mix(random), open.len() - 1)) % open.len();
        let (one, other) = (open[one], open[other]);
        let first = if equal[other].load < equal[one].load { other } else { one };
        places.retain(|place| *place != first);
        places.insert(0, first);
    }
    places
}

fn by_price(equal: &[Standing]) -> Vec<usize> {
    sorted(equal, |target| target.price.map_or(f64::INFINITY, |price| price.0 as f64))
}

/// Ties stay in listed order.
fn sorted(equal: &[Standing], key: impl Fn(&Standing) -> f64) -> Vec<usize> {
    let keys: Vec<f64> = equal.iter().map(key).collect();
    let mut places: Vec<usize> = (0..equal.len()).collect();
    places.sort_by(|a, b| keys[*a].partial_cmp(&keys[*b]).unwrap_or(Ordering::Equal));
    places
}

/// The finisher of Sebastiano Vigna's SplitMix64: every bit depends on every other.
pub(super) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number for a text, the same in every process and version (FNV-1a, mixed).
pub(super) fn hash(text: &str) -> u64 {
    let fnv = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    mix(text.bytes().fold(0xcbf2_9ce4_8422_2325, fnv))
}
