//! The floor: an embedder that needs no download. It knows spelling, not meaning: stemmed words and the letter groups
//! within them, hashed into a fixed number of dimensions with a sign (Weinberger et al. 2009, "Feature hashing for
//! large scale multitask learning"), so that related spellings lie near each other.
//!
//! Deterministic and free of any corpus: equal text gives equal vectors on every machine.

use super::{Embedder, normalise};
use crate::Error;
use crate::words::each_term;

/// Letter groups of these lengths, in code points, are taken from each word with its ends marked.
const GROUPS: std::ops::RangeInclusive<usize> = 3..=5;

/// What all letter groups of a word weigh together, the whole word being 1.
const GROUPS_WEIGHT: f32 = 0.5;

pub struct Lexical {
    identity: String,
    dimensions: usize,
}

impl Default for Lexical {
    fn default() -> Self {
        Self::with_dimensions(1024)
    }
}

impl Lexical {
    /// The floor in another number of dimensions, at least one.
    pub fn with_dimensions(dimensions: usize) -> Self {
        let dimensions = dimensions.max(1);
        Self { identity: format!("lexical-v1/{dimensions}"), dimensions }
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut counts = std::collections::BTreeMap::<String, u32>::new();
        each_term(text, &mut |term| *counts.entry(term.to_owned()).or_default() += 1);
        let mut vector = vec![0.0; self.dimensions];
        for (term, count) in counts {
            // Sublinear: the tenth mention says less than the first.
            let weight = 1.0 + (count as f32).ln();
            let marked: Vec<char> = format!("<{term}>").chars().collect();
            let groups: Vec<String> =
                (std::env::var("GA").map_or(3,|v|v.parse().unwrap_or(3))..=std::env::var("GB").map_or(5,|v|v.parse().unwrap_or(5))).flat_map(|length: usize| marked.windows(length)).map(|group| group.iter().collect()).collect();
            let ev=|n:&str,d:f32| std::env::var(n).ok().and_then(|v| v.parse().ok()).unwrap_or(d);
            let weight = weight * (term.chars().count() as f32 / 5.0).powf(ev("LP",0.0));
            let each = weight * (ev("GW",0.5) / groups.len().max(1) as f32).sqrt();
            self.add(&mut vector, term.as_bytes(), weight);
            groups.iter().for_each(|group| self.add(&mut vector, group.as_bytes(), each));
        }
        normalise(&mut vector);
        vector
    }

    fn add(&self, vector: &mut [f32], feature: &[u8], weight: f32) {
        let hash = fnv1a(feature);
        let place = (hash >> 1) % self.dimensions as u64;
        vector[place as usize] += if hash & 1 == 0 { weight } else { -weight };
    }
}

impl Embedder for Lexical {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn fusion_weight(&self) -> f32 {
        0.8
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }
}

/// FNV-1a in 64 bits, then mixed: the plain hash's low bits, which choose the sign, depend on too little.
fn fnv1a(bytes: &[u8]) -> u64 {
    let hash =
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    // The finaliser of MurmurHash3.
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}
