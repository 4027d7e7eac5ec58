//! A model's parameters out of an ONNX file: the constants of its graph. Only they are read; the graph is not run, but
//! followed where the exporter renamed a layer's weights (to `onnx::MatMul_123`, say) to see which layer they are of.
//!
//! The file is a Protocol Buffers message; the numbers of its fields are those of `onnx.proto` (ONNX 1.x, `ModelProto`).

use super::tensors::{Float, Tensors, filled};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

pub(crate) struct Onnx {
    file: Vec<u8>,
    tensors: HashMap<String, Tensor>,
}

struct Tensor {
    /// As the graph has it.
    shape: Vec<usize>,
    float: Result<Float, String>,
    /// Where its numbers lie in the file.
    data: Range<usize>,
    /// A product in a graph takes weights input by input; layers are named output by output.
    turned: bool,
}

/// A step of the graph.
#[derive(Default)]
struct Node {
    name: String,
    operator: String,
    domain: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
    /// Whether a `Gemm` turns its second input itself.
    turns_weight: bool,
}

impl Onnx {
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        Self::parse(std::fs::read(path).map_err(|error| error.to_string())?)
    }

    fn parse(file: Vec<u8>) -> Result<Self, String> {
        let (mut tensors, mut nodes) = (HashMap::new(), Vec::new());
        let no_model = |reason| format!("it is no ONNX model: {reason}");
        for graph in Message::whole(&file).all(7).map_err(no_model)? {
            for place in Message::part(&file, graph.clone()).all(5).map_err(no_model)? {
                let (name, tensor) = tensor(Message::part(&file, place)).map_err(no_model)?;
                tensors.insert(name, tensor);
            }
            for place in Message::part(&file, graph).all(1).map_err(no_model)? {
                nodes.push(node(Message::part(&file, place)).map_err(no_model)?);
            }
        }
        if let Some(node) = nodes.iter().find(|node| node.is_unlike_the_model()) {
            return Err(format!(
                "its graph was quantised or fused (operator {}); supported is the model as it was exported, in floats",
                node.operator
            ));
        }
        for (old, new) in renamed(&nodes, &tensors) {
            if let Some(tensor) = tensors.remove(&old) {
                tensors.insert(new, Tensor { turned: true, ..tensor });
            }
        }
        Ok(Self { file, tensors })
    }

    /// A tensor and the kind of its numbers, when there are as many as its shape says.
    fn tensor(&self, name: &str) -> Result<(&Tensor, Float), String> {
        let tensor = self.tensors.get(name).ok_or_else(|| format!("it has no tensor {name}"))?;
        let float = tensor.float.as_ref().map_err(|reason| format!("{name} {reason}"))?;
        filled(name, &tensor.shape, *float, tensor.data.len() as u64)?;
        Ok((tensor, *float))
    }
}

impl Tensors for Onnx {
    fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Result<Vec<usize>, String> {
        let (tensor, _) = self.tensor(name)?;
        let mut shape = tensor.shape.clone();
        if tensor.turned {
            shape.reverse();
        }
        Ok(shape)
    }

    fn read(&self, name: &str, from: usize, place: &mut [f32]) -> Result<(), String> {
        let (tensor, float) = self.tensor(name)?;
        let data = self.file.get(tensor.data.clone()).unwrap_or_default();
        if (from + place.len()) * float.bytes() > data.len() {
            return Err(format!("{name} ends early"));
        }
        match tensor.shape[..] {
            [inputs, outputs] if tensor.turned && inputs > 0 => turn(data, float, inputs, outputs, from, place),
            _ => float.read(&data[from * float.bytes()..], place),
        }
        Ok(())
    }
}

/// Numbers of a matrix output by output that lies input by input. A few outputs at once: each stretch of memory that the
/// processor fetches is used whole.
fn turn(data: &[u8], float: Float, inputs: usize, outputs: usize, from: usize, place: &mut [f32]) {
    const OUTPUTS_AT_ONCE: usize = 16;
    let mut row = [0.0; OUTPUTS_AT_ONCE];
    let (first, last) = (from / inputs, (from + place.len()).div_ceil(inputs).min(outputs));
    for output in (first..last).step_by(OUTPUTS_AT_ONCE) {
        let row = &mut row[..OUTPUTS_AT_ONCE.min(last - output)];
        for input in 0..inputs {
            float.read(&data[(input * outputs + output) * float.bytes()..], row);
            for (number, value) in row.iter().enumerate() {
                let target = (output + number) * inputs + input;
                if let Some(place) = target.checked_sub(from).and_then(|target| place.get_mut(target)) {
                    *place = *value;
                }
            }
        }
    }
}

impl Node {
    /// Operators that no export of a BERT encoder in floats has.
    fn is_unlike_the_model(&self) -> bool {
        self.domain == "com.microsoft" || self.operator.contains("Quantize") || self.operator.ends_with("Integer")
    }
}

/// Constants that are weights of products: their names, and those of the layers' weights they are.
fn renamed(nodes: &[Node], tensors: &HashMap<String, Tensor>) -> Vec<(String, String)> {
    let mut added: HashMap<&str, &str> = HashMap::new();
    for node in nodes.iter().filter(|node| node.operator == "Add") {
        if let [one, other] = &node.inputs[..] {
            added.insert(one, other);
            added.insert(other, one);
        }
    }
    let is_weight = |name: &&String| tensors.get(*name).is_some_and(|tensor| tensor.shape.len() == 2);
    let products = nodes.iter().filter(|node| node.operator == "MatMul" || node.is_plain_gemm());
    let found = products.filter_map(|node| {
        let weight = node.inputs.get(1).filter(is_weight)?;
        // The bias, added by the product itself or in the next step, has kept its layer's name.
        let sum = node.outputs.first().and_then(|output| added.get(output.as_str()).copied());
        let bias = node.inputs.get(2).map(String::as_str).or(sum).filter(|name| tensors.contains_key(*name));
        let layer = match bias.and_then(|name| name.strip_suffix(".bias")) {
            Some(layer) => layer.to_owned(),
            // Else the step has: `/encoder/layer.0/attention/self/query/MatMul`.
            None => node.name.rsplit_once('/')?.0.trim_start_matches('/').replace('/', "."),
        };
        Some((weight.clone(), format!("{layer}.weight")))
    });
    found.collect()
}

impl Node {
    fn is_plain_gemm(&self) -> bool {
        self.operator == "Gemm" && !self.turns_weight
    }
}

/// `NodeProto`.
fn node(message: Message<'_>) -> Result<Node, String> {
    let (file, mut node) = (message.file, Node::default());
    for field in message {
        match field? {
            (1, Value::Bytes(place)) => node.inputs.push(text(file, place)),
            (2, Value::Bytes(place)) => node.outputs.push(text(file, place)),
            (3, Value::Bytes(place)) => node.name = text(file, place),
            (4, Value::Bytes(place)) => node.operator = text(file, place),
            (5, Value::Bytes(place)) => node.turns_weight |= turns(Message::part(file, place))?,
            (7, Value::Bytes(place)) => node.domain = text(file, place),
            _ => {}
        }
    }
    Ok(node)
}

/// Whether an `AttributeProto` is `transB = 1`.
fn turns(message: Message<'_>) -> Result<bool, String> {
    let (file, mut is_it, mut value) = (message.file, false, 0);
    for field in message {
        match field? {
            (1, Value::Bytes(place)) => is_it = text(file, place) == "transB",
            (3, Value::Number(number)) => value = number,
            _ => {}
        }
    }
    Ok(is_it && value == 1)
}

/// `TensorProto`.
fn tensor(message: Message<'_>) -> Result<(String, Tensor), String> {
    let (mut name, mut kind, mut elsewhere) = (String::new(), 0, false);
    let (file, mut shape, mut data) = (message.file, Vec::new(), 0..0);
    for field in message {
        match field? {
            (1, Value::Number(size)) => shape.push(size as usize),
            (1, Value::Bytes(place)) => shape = numbers(Message::part(file, place))?,
            (2, Value::Number(number)) => kind = number,
            // Floats as such, and any numbers as raw bytes: the same bytes.
            (4 | 9, Value::Bytes(place)) => data = place,
            (8, Value::Bytes(place)) => name = text(file, place),
            (14, Value::Number(number)) => elsewhere = number == 1,
            _ => {}
        }
    }
    let float = match kind {
        _ if elsewhere => Err("lies in another file; supported is one file with all in it".to_owned()),
        1 => Ok(Float::F32),
        10 => Ok(Float::F16),
        16 => Ok(Float::BF16),
        other => Err(format!("holds numbers of ONNX type {other}; floats of 32 or 16 bits are supported")),
    };
    Ok((name, Tensor { shape, float, data, turned: false }))
}

fn text(file: &[u8], place: Range<usize>) -> String {
    String::from_utf8_lossy(file.get(place).unwrap_or_default()).into_owned()
}

/// Numbers that lie end to end, without keys.
fn numbers(mut message: Message<'_>) -> Result<Vec<usize>, String> {
    let mut all = Vec::new();
    while message.place.start < message.place.end {
        all.push(message.number()? as usize);
    }
    Ok(all)
}

/// A message of Protocol Buffers; iterating gives the number and value of each field.
struct Message<'a> {
    file: &'a [u8],
    place: Range<usize>,
}

enum Value {
    Number(u64),
    Bytes(Range<usize>),
    /// A number of fixed width, which nothing here needs.
    Fixed,
}

impl<'a> Message<'a> {
    fn whole(file: &'a [u8]) -> Self {
        Self { file, place: 0..file.len() }
    }

    fn part(file: &'a [u8], place: Range<usize>) -> Self {
        Self { file, place }
    }

    /// Places of all messages in a field.
    fn all(self, wanted: u64) -> Result<Vec<Range<usize>>, String> {
        let mut places = Vec::new();
        for field in self {
            if let (number, Value::Bytes(place)) = field?
                && number == wanted
            {
                places.push(place);
            }
        }
        Ok(places)
    }

    /// Seven bits a byte, the lowest first.
    fn number(&mut self) -> Result<u64, String> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.file[..self.place.end].get(self.place.start).ok_or("a number is cut off")?;
            self.place.start += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("a number is too long".to_owned())
    }

    fn skip(&mut self, bytes: u64) -> Result<Range<usize>, String> {
        let start = self.place.start;
        let left = (self.place.end - start) as u64;
        if bytes > left {
            return Err("a field is longer than what holds it".to_owned());
        }
        self.place.start += bytes as usize;
        Ok(start..self.place.start)
    }

    fn field(&mut self) -> Result<(u64, Value), String> {
        let key = self.number()?;
        let value = match key & 7 {
            0 => Value::Number(self.number()?),
            1 => self.skip(8).map(|_| Value::Fixed)?,
            2 => {
                let length = self.number()?;
                Value::Bytes(self.skip(length)?)
            }
            5 => self.skip(4).map(|_| Value::Fixed)?,
            other => return Err(format!("a field has the unknown kind {other}")),
        };
        Ok((key >> 3, value))
    }
}

impl Iterator for Message<'_> {
    type Item = Result<(u64, Value), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.place.start >= self.place.end {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.place.start = self.place.end;
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests;
