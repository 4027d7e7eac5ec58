//! The word leg against summing every term of every row.

use super::packing::{BLOCK, PADDING, pack, put_varint, take_varint, unpack, unpack_one, width};
use crate::backend::WordQuery;
use crate::embedded::segment::Segment;
use crate::filter::Filter;
use proptest::prelude::*;
use roaring::RoaringBitmap;
use serde_json::Map;

/// Words that stem to themselves, the first ones in most rows and the last in few.
const WORDS: [&str; 8] = ["rack", "lamp", "moon", "fork", "brick", "cloud", "plum", "zinc"];

/// Rows of words drawn from a seed: word `n` in about one of `3 n` rows, now and then many times.
fn rows(count: usize, seed: u64) -> Vec<Vec<(usize, u32)>> {
    let mut state = seed | 1;
    let mut draw = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut row = || {
        let held = (0..WORDS.len()).filter_map(|word| {
            let held = draw(1 + 3 * word as u64 * word as u64) == 0;
            held.then(|| (word, if draw(50) == 0 { 300 } else { 1 + draw(4) as u32 }))
        });
        held.collect()
    };
    (0..count).map(|_| row()).collect()
}

fn segment(rows: &[Vec<(usize, u32)>]) -> Segment {
    let mut builder = Segment::builder(0);
    for (index, row) in rows.iter().enumerate() {
        let words = row.iter().flat_map(|(word, count)| std::iter::repeat_n(WORDS[*word], *count as usize));
        builder.document(index as i64, &format!("{index:06}"), None, &Map::new());
        builder.passage(0, &words.collect::<Vec<_>>().join(" "), None);
    }
    builder.finish()
}

fn score(query: &WordQuery, row: &[(usize, u32)]) -> f32 {
    let length: u32 = row.iter().map(|(_, count)| count).sum();
    let part = |(term, weight): &(String, f32)| {
        let count = row.iter().find(|(word, _)| WORDS[*word] == term).map(|(_, count)| *count)?;
        (*weight > 0.0).then(|| query.part(*weight, count as f32, length as f32))
    };
    query.terms.iter().filter_map(part).sum::<f32>() + 0.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_top_has_the_rows_and_the_very_scores_of_a_full_sum(
        seed in any::<u64>(),
        count in prop_oneof![0usize..300, 2_000usize..12_000],
        weights in proptest::collection::vec((0usize..WORDS.len(), -1.0f32..9.0), 0..6),
        share in prop_oneof![Just(0u32), Just(1), Just(13), Just(500), Just(999), Just(1_000)],
        most in prop_oneof![Just(0usize), Just(1), Just(10), Just(100), Just(usize::MAX)],
    ) {
        let rows = rows(count, seed);
        let segment = segment(&rows);
        let mut terms: Vec<(String, f32)> = weights.into_iter().map(|(word, weight)| (WORDS[word].to_owned(), weight)).collect();
        terms.push(("unheard".to_owned(), 3.0));
        let query = WordQuery { terms, average_length: 4.5, k1: 1.2, b: 0.75 };
        let live: RoaringBitmap = (0..count as u32).filter(|row| row.wrapping_mul(2_654_435_761) >> 10 & 1023 < share * 1024 / 1000).collect();
        let permitted = segment.permitted(&[], &Filter::default(), (share < 1_000).then_some(&live));

        let seen = |row: u32| share == 1_000 || live.contains(row);
        let mut expected: Vec<(u32, f32)> = (0..count as u32).filter(|row| seen(*row)).map(|row| (row, score(&query, &rows[row as usize]))).collect();
        let all: Vec<u32> = (0..count as u32).rev().collect();
        for (row, found) in all.iter().zip(segment.word_scores(&query, &all)) {
            prop_assert_eq!(found.to_bits(), score(&query, &rows[*row as usize]).to_bits());
        }
        let names: Vec<String> = query.terms.iter().map(|one| one.0.clone()).collect();
        let statistics = segment.statistics(&names, &permitted);
        prop_assert_eq!(statistics.passages, expected.len() as u64);
        let length = |row: &u32| rows[*row as usize].iter().map(|one| u64::from(one.1)).sum::<u64>();
        prop_assert_eq!(statistics.words, expected.iter().map(|one| length(&one.0)).sum::<u64>());
        for (name, holding) in names.iter().zip(&statistics.holding) {
            let holds = |row: u32| rows[row as usize].iter().any(|one| WORDS[one.0] == name);
            prop_assert_eq!(*holding, expected.iter().filter(|one| holds(one.0)).count() as u64);
        }
        expected.retain(|one| one.1 > 0.0);
        expected.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        expected.truncate(most);
        prop_assert_eq!(segment.by_words(&query, &permitted, most), expected);
    }

    #[test]
    fn what_is_packed_comes_out_again(bits in 0u32..=32, numbers in proptest::collection::vec(any::<u32>(), BLOCK)) {
        let mut block = [0; BLOCK];
        for (place, number) in block.iter_mut().zip(numbers) {
            *place = if bits == 0 { 0 } else { number >> (32 - bits) };
        }
        let (mut bytes, width) = (Vec::new(), width(&block));
        pack(&block, width, &mut bytes);
        prop_assert_eq!(bytes.len(), width as usize * BLOCK / 8);
        bytes.extend(PADDING);
        let mut found = [1; BLOCK];
        unpack(&bytes, width, &mut found);
        prop_assert_eq!(found, block);
        prop_assert!((0..BLOCK).all(|index| unpack_one(&bytes, width, index) == block[index]));
    }

    #[test]
    fn numbers_of_seven_bits_come_out_again(numbers in proptest::collection::vec(any::<u64>(), 0..9)) {
        let mut bytes = Vec::new();
        numbers.iter().for_each(|number| put_varint(*number, &mut bytes));
        let mut rest = bytes.as_slice();
        let found: Vec<u64> = numbers.iter().map(|_| take_varint(&mut rest)).collect();
        prop_assert_eq!(found, numbers);
        prop_assert!(rest.is_empty());
    }
}
