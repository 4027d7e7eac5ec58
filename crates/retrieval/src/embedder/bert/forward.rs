//! The forward pass of a BERT encoder (Devlin et al. 2018), as sentence-transformers runs it.
//!
//! Several texts go through at once, laid end to end: the large products see one tall matrix, only attention looks at
//! each text by itself, and nothing is ever padded.

use super::recipe::Pooling;
use super::weights::{Head, Layer, Norm, Weights};
use crate::embedder::normalise;
use kernels::{Linear, Workspace, attention, gelu, layer_norm};
use std::ops::Range;

/// Two texts as one sequence of pieces, or one text with nothing behind it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) pieces: Vec<u32>,
    /// Where the second one begins; beyond the end where there is none.
    pub(crate) second: usize,
}

/// Buffers of a pass, used again by the next.
#[derive(Default)]
pub(crate) struct Pass {
    state: Vec<f32>,
    query_key_value: Vec<f32>,
    attended: Vec<f32>,
    middle: Vec<f32>,
    wide: Vec<f32>,
    workspace: Workspace,
}

impl Pass {
    /// The unit vector of each sequence of pieces. Pieces beyond the vocabulary and sequences longer than the model's
    /// positions are the caller's to avoid; they are clamped here.
    pub(crate) fn embed(&mut self, weights: &Weights, pooling: Pooling, sequences: &[Vec<u32>]) -> Vec<Vec<f32>> {
        let hidden = weights.hidden;
        let spans = self.encode(weights, sequences.iter().map(|sequence| (sequence.as_slice(), usize::MAX)));
        spans
            .into_iter()
            .map(|span| pooled(pooling, &self.state[span.start * hidden..span.end * hidden], hidden))
            .collect()
    }

    /// What the head says of each pair, from the row of its `[CLS]`.
    pub(crate) fn judge(&mut self, weights: &Weights, head: &Head, pairs: &[Pair]) -> Vec<Vec<f32>> {
        let hidden = weights.hidden;
        let spans = self.encode(weights, pairs.iter().map(|pair| (pair.pieces.as_slice(), pair.second)));
        let Self { state, workspace, .. } = self;
        let row = |span: &Range<usize>| &state[span.start * hidden..(span.start + 1) * hidden];
        spans.iter().map(|span| head.logits(row(span), workspace)).collect()
    }

    /// Runs sequences, each with the place from which on its pieces are of the second segment, and gives their rows.
    fn encode<'a>(
        &mut self,
        weights: &Weights,
        sequences: impl Iterator<Item = (&'a [u32], usize)> + Clone,
    ) -> Vec<Range<usize>> {
        let mut rows = 0;
        let spans: Vec<Range<usize>> = sequences
            .clone()
            .map(|(sequence, _)| {
                rows += sequence.len();
                rows - sequence.len()..rows
            })
            .collect();
        self.look_up(weights, sequences, rows);
        for layer in &weights.layers {
            self.through(layer, weights, &spans);
        }
        spans
    }

    fn look_up<'a>(&mut self, weights: &Weights, sequences: impl Iterator<Item = (&'a [u32], usize)>, rows: usize) {
        let last = |count: usize| count.saturating_sub(1);
        let (words, positions) = (last(weights.words.rows()), last(weights.positions.rows()));
        self.state.clear();
        self.state.resize(rows * weights.hidden, 0.0);
        let placed = |(sequence, second): (&'a [u32], usize)| {
            sequence.iter().enumerate().map(move |(position, piece)| (position, *piece, position >= second))
        };
        let pieces = sequences.flat_map(placed);
        for (row, (position, piece, is_second)) in self.state.chunks_exact_mut(weights.hidden).zip(pieces) {
            weights.words.add((piece as usize).min(words), row);
            weights.positions.add(position.min(positions), row);
            if is_second {
                add(row, &weights.second_segment);
            }
        }
        normalise_rows(&mut self.state, &weights.embedding_norm, weights.epsilon);
    }

    fn through(&mut self, layer: &Layer, weights: &Weights, spans: &[Range<usize>]) {
        let (hidden, epsilon) = (weights.hidden, weights.epsilon);
        let Self { state, query_key_value, attended, middle, wide, workspace } = self;
        apply(&layer.query_key_value, state, query_key_value, workspace);
        attended.resize(state.len(), 0.0);
        for span in spans {
            let input = &query_key_value[3 * span.start * hidden..3 * span.end * hidden];
            attention(weights.heads, hidden, input, &mut attended[span.start * hidden..span.end * hidden], workspace);
        }
        apply(&layer.attention_output, attended, middle, workspace);
        add(middle, state);
        normalise_rows(middle, &layer.attention_norm, epsilon);
        apply(&layer.up, middle, wide, workspace);
        gelu(wide);
        apply(&layer.down, wide, state, workspace);
        add(state, middle);
        normalise_rows(state, &layer.output_norm, epsilon);
    }
}

fn apply(layer: &Linear, input: &[f32], output: &mut Vec<f32>, workspace: &mut Workspace) {
    output.resize(input.len() / layer.inputs() * layer.outputs(), 0.0);
    layer.apply(input, output, workspace);
}

fn add(state: &mut [f32], other: &[f32]) {
    state.iter_mut().zip(other).for_each(|(value, other)| *value += other);
}

fn normalise_rows(state: &mut [f32], norm: &Norm, epsilon: f32) {
    layer_norm(state, &norm.scale, &norm.shift, epsilon);
}

/// One vector of a text's rows, at length one.
fn pooled(pooling: Pooling, rows: &[f32], hidden: usize) -> Vec<f32> {
    let mut vector = vec![0.0; hidden];
    match pooling {
        Pooling::Mean => rows.chunks_exact(hidden).for_each(|row| add(&mut vector, row)),
        Pooling::First => rows.chunks_exact(hidden).take(1).for_each(|row| add(&mut vector, row)),
    }
    normalise(&mut vector);
    vector
}

#[cfg(test)]
mod tests;
