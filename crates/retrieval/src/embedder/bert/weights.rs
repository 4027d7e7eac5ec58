//! The parameters of a BERT encoder, in the layout that the forward pass multiplies by.

use super::tensors::Tensors;
use kernels::{Linear, Precision, Table, Workspace};

/// Scale and shift of one layer normalisation.
pub(crate) struct Norm {
    pub(crate) scale: Vec<f32>,
    pub(crate) shift: Vec<f32>,
}

pub(crate) struct Layer {
    /// Query, key and value side by side: one product instead of three.
    pub(crate) query_key_value: Linear,
    pub(crate) attention_output: Linear,
    pub(crate) attention_norm: Norm,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) output_norm: Norm,
}

pub(crate) struct Weights {
    pub(crate) words: Table,
    /// Position vectors with that of the first segment added.
    pub(crate) positions: Table,
    /// From the first segment's vector to the second's; nothing where there is but one.
    pub(crate) second_segment: Vec<f32>,
    pub(crate) embedding_norm: Norm,
    pub(crate) layers: Vec<Layer>,
    /// Numbers in a vector.
    pub(crate) hidden: usize,
    /// Attention heads; the file does not tell.
    pub(crate) heads: usize,
    /// Added to the variance in each layer normalisation.
    pub(crate) epsilon: f32,
}

const WORDS: &str = "embeddings.word_embeddings.weight";
const SEGMENTS: &str = "embeddings.token_type_embeddings.weight";
const POOLER: &str = "pooler.dense";
const CLASSIFIER: &str = "classifier";

/// Rows of the large table of words that are read at once.
const ROWS_AT_ONCE: usize = 512;

impl Weights {
    /// Reads the tensors by the names that `transformers` gives them in `BertModel`, whatever stands before these.
    pub(crate) fn read(
        tensors: &dyn Tensors,
        heads: usize,
        epsilon: f32,
        precision: Precision,
    ) -> Result<Self, String> {
        let names = tensors.names();
        let prefix = names.iter().find_map(|name| name.strip_suffix(WORDS));
        let prefix = prefix.ok_or_else(|| format!("it is no BERT encoder: it has no tensor {WORDS}"))?;
        let reader = Reader { tensors, prefix, precision };
        let (_, hidden) = reader.sizes(WORDS)?;
        if heads == 0 || hidden == 0 || !hidden.is_multiple_of(heads) {
            return Err(format!("{hidden} numbers a piece cannot be shared by {heads} attention heads"));
        }
        let layers = (0..)
            .map(|number| format!("encoder.layer.{number}"))
            .take_while(|name| names.contains(&format!("{prefix}{name}.output.dense.weight")))
            .map(|name| reader.layer(&name, hidden))
            .collect::<Result<Vec<_>, _>>()?;
        if layers.is_empty() {
            return Err("it is no BERT encoder: it has no tensor encoder.layer.0.output.dense.weight".to_owned());
        }
        Ok(Self {
            words: reader.words(hidden)?,
            positions: reader.positions(hidden)?,
            second_segment: reader.second_segment(hidden)?,
            embedding_norm: reader.norm("embeddings.LayerNorm", hidden)?,
            layers,
            hidden,
            heads,
            epsilon,
        })
    }
}

/// What makes a number for each label of an encoder's first row, in a model that was trained to judge texts.
pub(crate) struct Head {
    pooler: Linear,
    classifier: Linear,
}

impl Head {
    /// Reads what `BertForSequenceClassification` has above its encoder. `wanted` is what the model should be, for the reason
    /// why it is not.
    pub(crate) fn read(tensors: &dyn Tensors, hidden: usize, wanted: &str) -> Result<Self, String> {
        let names = tensors.names();
        let none = || format!("it is no {wanted}: it has no tensors {POOLER} and {CLASSIFIER}");
        let linear = |name: &str| {
            let ending = format!("{name}.weight");
            let prefix = names.iter().find_map(|found| found.strip_suffix(&ending)).ok_or_else(none)?;
            // A head is small and its rounding would go straight into the score.
            Reader { tensors, prefix, precision: Precision::Fp32 }.linear(&[name.to_owned()], hidden)
        };
        let (pooler, classifier) = (linear(POOLER)?, linear(CLASSIFIER)?);
        match pooler.outputs() == hidden {
            true => Ok(Self { pooler, classifier }),
            false => Err(format!("{POOLER} gives {} numbers instead of {hidden}", pooler.outputs())),
        }
    }

    pub(crate) fn labels(&self) -> usize {
        self.classifier.outputs()
    }

    /// What the last layer says of each label, without bounds, for a row of the encoder.
    pub(crate) fn logits(&self, row: &[f32], workspace: &mut Workspace) -> Vec<f32> {
        let (mut pooled, mut logits) = (vec![0.0; self.pooler.outputs()], vec![0.0; self.labels()]);
        self.pooler.apply(row, &mut pooled, workspace);
        pooled.iter_mut().for_each(|value| *value = value.tanh());
        self.classifier.apply(&pooled, &mut logits, workspace);
        logits
    }
}

/// The logistic function: from a number without bounds to 0 to 1.
pub(crate) fn as_share(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

struct Reader<'a> {
    tensors: &'a dyn Tensors,
    prefix: &'a str,
    precision: Precision,
}

impl Reader<'_> {
    fn words(&self, hidden: usize) -> Result<Table, String> {
        let (rows, _) = self.sizes(WORDS)?;
        let name = format!("{}{WORDS}", self.prefix);
        let mut words = Table::new(self.precision, hidden);
        let mut buffer = vec![0.0; ROWS_AT_ONCE * hidden];
        for start in (0..rows).step_by(ROWS_AT_ONCE) {
            let part = &mut buffer[..ROWS_AT_ONCE.min(rows - start) * hidden];
            self.tensors.read(&name, start * hidden, part)?;
            words.extend(part);
        }
        Ok(words)
    }

    fn positions(&self, hidden: usize) -> Result<Table, String> {
        let mut positions = self.matrix("embeddings.position_embeddings.weight", hidden)?;
        let segments = self.matrix(SEGMENTS, hidden)?;
        let first = segments.get(..hidden).ok_or("it has no vector for the first segment")?;
        for row in positions.chunks_exact_mut(hidden) {
            row.iter_mut().zip(first).for_each(|(value, segment)| *value += segment);
        }
        let mut table = Table::new(Precision::Fp32, hidden);
        table.extend(&positions);
        Ok(table)
    }

    fn second_segment(&self, hidden: usize) -> Result<Vec<f32>, String> {
        let segments = self.matrix(SEGMENTS, hidden)?;
        let (first, second) = segments.split_at(hidden.min(segments.len()));
        Ok(second.iter().zip(first).map(|(second, first)| second - first).collect())
    }

    fn layer(&self, name: &str, hidden: usize) -> Result<Layer, String> {
        let named = |part: &str| format!("{name}.{part}");
        let up = self.linear(&[named("intermediate.dense")], hidden)?;
        Ok(Layer {
            query_key_value: self
                .linear(&["query", "key", "value"].map(|part| named(&format!("attention.self.{part}"))), hidden)?,
            attention_output: self.linear(&[named("attention.output.dense")], hidden)?,
            attention_norm: self.norm(&named("attention.output.LayerNorm"), hidden)?,
            down: self.linear(&[named("output.dense")], up.outputs())?,
            up,
            output_norm: self.norm(&named("output.LayerNorm"), hidden)?,
        })
    }

    /// Layers side by side, as one.
    fn linear(&self, names: &[String], inputs: usize) -> Result<Linear, String> {
        let (mut weight, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            weight.extend(self.matrix(&format!("{name}.weight"), inputs)?);
            bias.extend(self.vector(&format!("{name}.bias"), weight.len() / inputs - bias.len())?);
        }
        Linear::new(self.precision, &weight, &bias).ok_or_else(|| format!("{} is empty or too large", names.join(", ")))
    }

    /// Old files call scale and shift gamma and beta.
    fn norm(&self, name: &str, hidden: usize) -> Result<Norm, String> {
        let [scale, shift] = [("weight", "gamma"), ("bias", "beta")].map(|(new, old)| {
            let new = format!("{name}.{new}");
            if self.sizes(&new).is_err() { format!("{name}.{old}") } else { new }
        });
        Ok(Norm { scale: self.vector(&scale, hidden)?, shift: self.vector(&shift, hidden)? })
    }

    /// Rows and columns; a vector is one row.
    fn sizes(&self, name: &str) -> Result<(usize, usize), String> {
        let name = format!("{}{name}", self.prefix);
        match self.tensors.shape(&name)?[..] {
            [columns] => Ok((1, columns)),
            [rows, columns] => Ok((rows, columns)),
            ref shape => Err(format!("{name} has the shape {shape:?}")),
        }
    }

    fn matrix(&self, name: &str, columns: usize) -> Result<Vec<f32>, String> {
        let (rows, found) = self.sizes(name)?;
        if found != columns {
            return Err(format!("{name} has rows of {found} numbers instead of {columns}"));
        }
        let mut values = vec![0.0; rows * columns];
        self.tensors.read(&format!("{}{name}", self.prefix), 0, &mut values)?;
        Ok(values)
    }

    fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, String> {
        let values = self.matrix(name, length)?;
        if values.len() == length { Ok(values) } else { Err(format!("{name} has more than one row")) }
    }
}
