//! A tiny model that judges texts, for tests, and its arithmetic in 64 bits, written plainly after the paper.

use super::tiny::{HIDDEN, Named, Written, safetensors, tensors, write_settings};
use std::collections::HashMap;

/// The tiny encoder with a head of so many labels, as `BertForSequenceClassification` names its tensors.
pub(crate) fn judging(labels: usize) -> Vec<Named> {
    let values = |count: usize, step: usize| (0..count).map(|at| ((at * step % 23) as f32 - 11.0) / 12.0).collect();
    let mut all: Vec<Named> =
        tensors().into_iter().map(|(name, shape, values)| (format!("bert.{name}"), shape, values)).collect();
    all.push(("bert.pooler.dense.weight".to_owned(), vec![HIDDEN, HIDDEN], values(HIDDEN * HIDDEN, 7)));
    all.push(("bert.pooler.dense.bias".to_owned(), vec![HIDDEN], values(HIDDEN, 5)));
    all.push(("classifier.weight".to_owned(), vec![labels, HIDDEN], values(labels * HIDDEN, 3)));
    all.push(("classifier.bias".to_owned(), vec![labels], values(labels, 9)));
    all
}

pub(crate) fn folder(tensors: &[Named]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_settings(folder.path());
    let file = safetensors(tensors, Written::F32, "");
    std::fs::write(folder.path().join("model.safetensors"), file).expect("the weights can be written");
    folder
}

/// The model in 64 bits.
pub(crate) struct Plain(HashMap<String, Vec<f64>>);

impl Plain {
    pub(crate) fn new(tensors: &[Named]) -> Self {
        let wide = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect();
        Self(tensors.iter().map(|(name, _, values)| (name.clone(), wide(values))).collect())
    }

    fn row(&self, name: &str, at: usize) -> &[f64] {
        &self.0[&format!("bert.embeddings.{name}.weight")][at * HIDDEN..(at + 1) * HIDDEN]
    }

    fn linear(&self, name: &str, input: &[f64]) -> Vec<f64> {
        let rows = self.0[&format!("{name}.weight")].chunks_exact(input.len());
        let dot = |row: &[f64]| row.iter().zip(input).map(|(weight, value)| weight * value).sum::<f64>();
        rows.zip(&self.0[&format!("{name}.bias")]).map(|(row, bias)| dot(row) + bias).collect()
    }

    fn norm(&self, name: &str, input: &[f64]) -> Vec<f64> {
        let count = input.len() as f64;
        let mean = input.iter().sum::<f64>() / count;
        let variance = input.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        let (scale, shift) = (&self.0[&format!("{name}.weight")], &self.0[&format!("{name}.bias")]);
        let of = |at: usize| (input[at] - mean) / (variance + 1e-12).sqrt() * scale[at] + shift[at];
        (0..input.len()).map(of).collect()
    }

    /// What the head says of each label.
    pub(crate) fn logits(&self, pieces: &[u32], second: usize) -> Vec<f64> {
        let mut state: Vec<Vec<f64>> = (0..pieces.len())
            .map(|at| {
                let parts = [
                    self.row("word_embeddings", pieces[at] as usize),
                    self.row("position_embeddings", at),
                    self.row("token_type_embeddings", usize::from(at >= second)),
                ];
                let sum: Vec<f64> = (0..HIDDEN).map(|of| parts.iter().map(|part| part[of]).sum()).collect();
                self.norm("bert.embeddings.LayerNorm", &sum)
            })
            .collect();
        for layer in 0..2 {
            state = self.layer(&format!("bert.encoder.layer.{layer}"), &state);
        }
        let pooled: Vec<f64> = self.linear("bert.pooler.dense", &state[0]).into_iter().map(f64::tanh).collect();
        self.linear("classifier", &pooled)
    }

    fn layer(&self, name: &str, state: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let all = |part: &str| -> Vec<Vec<f64>> {
            state.iter().map(|row| self.linear(&format!("{name}.attention.self.{part}"), row)).collect()
        };
        let (query, key, value) = (all("query"), all("key"), all("value"));
        let plus = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a + b).collect::<Vec<f64>>();
        (0..state.len())
            .map(|at| {
                let attended: Vec<f64> = (0..2).flat_map(|head| attend(&query[at], &key, &value, head)).collect();
                let attended = self.linear(&format!("{name}.attention.output.dense"), &attended);
                let middle = self.norm(&format!("{name}.attention.output.LayerNorm"), &plus(&attended, &state[at]));
                let wide = self.linear(&format!("{name}.intermediate.dense"), &middle);
                let wide: Vec<f64> = wide.into_iter().map(gelu).collect();
                let out = self.linear(&format!("{name}.output.dense"), &wide);
                self.norm(&format!("{name}.output.LayerNorm"), &plus(&out, &middle))
            })
            .collect()
    }
}

fn attend(query: &[f64], keys: &[Vec<f64>], values: &[Vec<f64>], head: usize) -> Vec<f64> {
    let part = head * HIDDEN / 2..(head + 1) * HIDDEN / 2;
    let dot = |key: &Vec<f64>| part.clone().map(|of| query[of] * key[of]).sum::<f64>();
    let weights: Vec<f64> = keys.iter().map(|key| (dot(key) / (HIDDEN as f64 / 2.0).sqrt()).exp()).collect();
    let sum: f64 = weights.iter().sum();
    part.clone().map(|of| weights.iter().zip(values).map(|(weight, value)| weight / sum * value[of]).sum()).collect()
}

/// By the series of the error function, which converges everywhere.
fn gelu(x: f64) -> f64 {
    let z = x / std::f64::consts::SQRT_2;
    let (mut term, mut sum) = (z, z);
    for n in 1..200 {
        let n = f64::from(n);
        term *= -z * z / n;
        sum += term / (2.0 * n + 1.0);
    }
    x / 2.0 * (1.0 + 2.0 / std::f64::consts::PI.sqrt() * sum)
}
