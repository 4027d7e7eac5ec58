//! The parameters of a BERT encoder, read from a safetensors file into the layout that the forward pass multiplies by.

use ndarray::{Array1, Array2, Axis, concatenate};
use safetensors::{Dtype, SafeTensors};

/// Shift and scale of one layer normalisation.
pub(super) struct Norm {
    pub(super) scale: Array1<f32>,
    pub(super) shift: Array1<f32>,
}

/// `x · weight + bias`; the weight is kept as input × output.
pub(super) struct Linear {
    pub(super) weight: Array2<f32>,
    pub(super) bias: Array1<f32>,
}

pub(super) struct Layer {
    /// Query, key and value side by side: one product instead of three.
    pub(super) query_key_value: Linear,
    pub(super) attention_output: Linear,
    pub(super) attention_norm: Norm,
    pub(super) up: Linear,
    pub(super) down: Linear,
    pub(super) output_norm: Norm,
}

pub(super) struct Weights {
    pub(super) words: Array2<f32>,
    /// Position vectors with that of the first segment added: there is only ever one segment.
    pub(super) positions: Array2<f32>,
    pub(super) embedding_norm: Norm,
    pub(super) layers: Vec<Layer>,
    /// Attention heads; the file does not tell.
    pub(super) heads: usize,
}

impl Weights {
    /// Reads the tensors by the names that `transformers` gives them in `BertModel`.
    pub(super) fn read(file: &[u8], heads: usize) -> Result<Self, String> {
        let file = SafeTensors::deserialize(file).map_err(|error| error.to_string())?;
        let tensors = Tensors(&file);
        let words = tensors.matrix("embeddings.word_embeddings.weight")?;
        let mut positions = tensors.matrix("embeddings.position_embeddings.weight")?;
        positions += &tensors.matrix("embeddings.token_type_embeddings.weight")?.row(0);
        let layers = (0..)
            .map(|number| format!("encoder.layer.{number}"))
            .take_while(|name| file.tensor(&format!("{name}.output.dense.weight")).is_ok())
            .map(|name| tensors.layer(&name))
            .collect::<Result<Vec<_>, _>>()?;
        let hidden = words.ncols();
        if layers.is_empty() || heads == 0 || !hidden.is_multiple_of(heads) || positions.ncols() != hidden {
            return Err(format!("it is no encoder with {heads} attention heads"));
        }
        Ok(Self { words, positions, embedding_norm: tensors.norm("embeddings.LayerNorm")?, layers, heads })
    }

    /// Numbers in a vector.
    pub(super) fn hidden(&self) -> usize {
        self.words.ncols()
    }
}

struct Tensors<'a>(&'a SafeTensors<'a>);

impl Tensors<'_> {
    fn layer(&self, name: &str) -> Result<Layer, String> {
        let linear = |part: &str| self.linear(&format!("{name}.{part}"));
        let norm = |part: &str| self.norm(&format!("{name}.{part}"));
        let parts = [linear("attention.self.query")?, linear("attention.self.key")?, linear("attention.self.value")?];
        let weights = parts.each_ref().map(|part| part.weight.view());
        let biases = parts.each_ref().map(|part| part.bias.view());
        let joined = |error: ndarray::ShapeError| format!("{name} has parts that do not fit: {error}");
        Ok(Layer {
            query_key_value: Linear {
                weight: concatenate(Axis(1), &weights).map_err(joined)?.as_standard_layout().into_owned(),
                bias: concatenate(Axis(0), &biases).map_err(joined)?,
            },
            attention_output: linear("attention.output.dense")?,
            attention_norm: norm("attention.output.LayerNorm")?,
            up: linear("intermediate.dense")?,
            down: linear("output.dense")?,
            output_norm: norm("output.LayerNorm")?,
        })
    }

    fn linear(&self, name: &str) -> Result<Linear, String> {
        let weight = self.matrix(&format!("{name}.weight"))?.t().as_standard_layout().into_owned();
        let bias = self.vector(&format!("{name}.bias"))?;
        if weight.ncols() == bias.len() { Ok(Linear { weight, bias }) } else { Err(format!("{name} does not fit")) }
    }

    fn norm(&self, name: &str) -> Result<Norm, String> {
        Ok(Norm { scale: self.vector(&format!("{name}.weight"))?, shift: self.vector(&format!("{name}.bias"))? })
    }

    fn matrix(&self, name: &str) -> Result<Array2<f32>, String> {
        let (shape, values) = self.values(name)?;
        let [rows, columns] = shape[..] else { return Err(format!("{name} has the shape {shape:?}")) };
        Array2::from_shape_vec((rows, columns), values).map_err(|error| format!("{name}: {error}"))
    }

    fn vector(&self, name: &str) -> Result<Array1<f32>, String> {
        Ok(Array1::from_vec(self.values(name)?.1))
    }

    fn values(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>), String> {
        let tensor = self.0.tensor(name).map_err(|error| format!("{name}: {error}"))?;
        if tensor.dtype() != Dtype::F32 {
            return Err(format!("{name} holds {:?} instead of 32-bit floats", tensor.dtype()));
        }
        let values = tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        Ok((tensor.shape().to_vec(), values))
    }
}
