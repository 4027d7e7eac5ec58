//! Arithmetic on many numbers at once: dot products, matrix products over 8-bit integers and 32-bit floats, and what
//! else an encoder computes, in the widest vector instructions that the processor has. A plain form gives the same
//! integers everywhere. The only room with `unsafe` in it.
//!
//! In reading order: `level` (which instructions there are), `dot` (one vector with many), `product` (a block of
//! rows with a panel of columns, the inner loops), `linear` (a layer's weights and its product with many rows),
//! `attention`, `rows` (what is done to each row: softmax, GELU, layer norm), `table` (vectors looked up by number),
//! `load` (memory to registers).

mod attention;
mod dot;
mod level;
mod linear;
#[cfg(target_arch = "x86_64")]
mod load;
mod product;
mod rows;
mod table;

pub use attention::attention;
pub use dot::{dot_f32, dot_i8, dots_i8};
pub use level::Level;
pub use linear::{Linear, Precision, Workspace};
pub use rows::{gelu, layer_norm};
pub use table::Table;
