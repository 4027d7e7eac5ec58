//! The vector leg against exact arithmetic.

use super::super::best::order;
use super::*;
use crate::embedded::segment::Segment;
use crate::filter::Filter;
use proptest::prelude::*;
use roaring::RoaringBitmap;
use serde_json::Map;

/// Unit vectors around a few centres, drawn from a seed; every 50th is zero.
fn vectors(count: usize, dimensions: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut state = seed | 1;
    let mut draw = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let centres: Vec<Vec<f32>> = (0..20).map(|_| (0..dimensions).map(|_| draw()).collect()).collect();
    let mut one = |index: usize| {
        let mut vector: Vec<f32> = centres[index % 20].iter().map(|value| value + 0.8 * draw()).collect();
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        let length = if index % 50 == 49 || length == 0.0 { f32::INFINITY } else { length };
        vector.iter_mut().for_each(|value| *value /= length);
        vector
    };
    (0..count).map(&mut one).collect()
}

fn segment(vectors: &[Vec<f32>], dimensions: usize) -> Segment {
    let mut builder = Segment::builder(dimensions);
    for (index, vector) in vectors.iter().enumerate() {
        builder.document(index as i64, &format!("{index:06}"), None, &Map::new());
        builder.passage(0, "", (index % 70 != 69).then_some(vector));
    }
    builder.finish()
}

fn cosine(one: &[f32], other: &[f32]) -> f64 {
    one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_scan_gives_the_nearest_permitted_rows(
        seed in any::<u64>(),
        count in 0usize..700,
        dimensions in 1usize..70,
        share in 0u32..=8,
        most in 0usize..30,
    ) {
        let vectors = vectors(count, dimensions, seed);
        let segment = segment(&vectors, dimensions);
        let live: RoaringBitmap = (0..count as u32).filter(|row| row.wrapping_mul(2_654_435_761) >> 20 & 7 < share).collect();
        let permitted = segment.permitted(&[], &Filter::default(), Some(&live));
        let question = vectors.first().cloned().unwrap_or_else(|| vec![1.0; dimensions]);
        let found = segment.by_vector(&question, &permitted, most);

        let near = |row: &u32| row % 70 != 69 && vectors[*row as usize].iter().any(|value| *value != 0.0);
        let exact = |row: u32| cosine(&question, &vectors[row as usize]) as f32;
        let mut expected: Vec<Scored> = live.iter().filter(near).map(|row| (row, exact(row))).collect();
        expected.sort_by(order);
        expected.truncate(most);
        prop_assert_eq!(found.len(), expected.len());
        for ((row, score), best) in found.iter().zip(&expected) {
            prop_assert!(live.contains(*row) && near(row));
            prop_assert!((score - exact(*row)).abs() < 2e-5, "{} is not {}", score, exact(*row));
            prop_assert!((score - best.1).abs() < 2e-5, "{} was found where {} is nearer", score, best.1);
        }
        prop_assert!(found.is_sorted_by(|one, next| order(one, next).is_lt()));
        let rows: Vec<u32> = found.iter().map(|one| one.0).collect();
        prop_assert_eq!(segment.vectors.cosines(&question, &rows), found.iter().map(|one| one.1).collect::<Vec<_>>());
    }

    #[test]
    fn a_row_comes_back_within_a_64_000th(values in proptest::collection::vec(-1.0f32..1.0, 1..40)) {
        let most = values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        let mut planes = Planes::new(values.len());
        planes.push(Some(&values));
        let mut found = vec![0.0; values.len()];
        planes.read_row(0, &mut found);
        prop_assert!(values.iter().zip(&found).all(|(one, other)| (one - other).abs() <= most / 60_000.0 + f32::MIN_POSITIVE));
    }
}

#[test]
fn nothing_is_near_to_a_vector_that_cannot_be_compared() {
    let segment = segment(&vectors(100, 8, 3), 8);
    let permitted = segment.permitted(&[], &Filter::default(), None);
    for vector in [vec![0.0; 8], vec![f32::NAN; 8], vec![f32::INFINITY; 8], vec![1.0; 7], Vec::new(), vec![1e-44; 8]] {
        assert_eq!(segment.by_vector(&vector, &permitted, 5), Vec::new(), "{vector:?}");
    }
}

fn share_found(vectors: &Vectors, questions: &[Vec<f32>], live: &[u32], segment: &Segment) -> f64 {
    let live: RoaringBitmap = live.iter().copied().collect();
    let permitted = segment.permitted(&[], &Filter::default(), Some(&live));
    let graph = vectors.graph.get().expect("the graph was built");
    let (mut found, mut wanted) = (0, 0);
    for question in questions {
        let exact: Vec<u32> = vectors.top(question, &permitted, 10).into_iter().map(|one| one.0).collect();
        let coarse = vectors.planes.quantised(question).expect("a question");
        let near = graph.search(&vectors.planes, &coarse, permitted.row_bits(), 10, usize::MAX).expect("enough steps");
        assert!(near.iter().all(|one| live.contains(one.0)), "a row that is not permitted");
        found += vectors.best_of(question, &near, 10).iter().filter(|one| exact.contains(&one.0)).count();
        wanted += exact.len();
    }
    f64::from(found as u32) / f64::from(wanted as u32)
}

#[test]
fn a_graph_finds_what_a_scan_finds_and_is_the_same_each_time() {
    let data = vectors(4_000, 24, 11);
    let segment = segment(&data, 24);
    segment.build_graph(&|| true);
    assert!(!segment.wants_graph());
    let questions: Vec<Vec<f32>> = data.iter().step_by(101).filter(|one| one[0] != 0.0).cloned().collect();
    let every = |step: u32| (0..4_000).step_by(step as usize).collect::<Vec<u32>>();
    for (name, live) in [("all", every(1)), ("half", every(2)), ("a fifth", every(5)), ("a cluster", every(20))] {
        let share = share_found(&segment.vectors, &questions, &live, &segment);
        assert!(share >= 0.99, "{name}: {share}");
    }
    let again = growth::grow(&segment.vectors.planes, &|| true);
    assert!(again.as_ref() == segment.vectors.graph.get(), "the same rows give another graph");
    assert!(growth::grow(&segment.vectors.planes, &|| false).is_none(), "told to stop");
}
