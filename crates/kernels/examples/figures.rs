//! Prints what the kernels reach on this machine.
//!
//! ```text
//! cargo run --release -p kernels --example figures
//! ```

use kernels::{Level, Linear, Precision, Workspace, attention, dot_f32, dots_i8, gelu, layer_norm};
use std::hint::black_box;
use std::time::Instant;

fn main() {
    println!("levels: {:?}", Level::available());
    scan();
    for precision in [Precision::Int8, Precision::Fp32] {
        for (inputs, outputs) in [(384, 1152), (384, 384), (384, 1536), (1536, 384)] {
            for rows in [8, 15, 256] {
                product(precision, inputs, outputs, rows);
            }
        }
    }
    for rows in [15, 217] {
        attended(rows);
    }
    let mut values = numbers(256 * 1536);
    let count = values.len() as f64;
    let seconds = best(|| gelu(black_box(&mut values)));
    println!("gelu: {:.2} ns a number", seconds * 1e9 / count);
    let (scale, shift) = (numbers(384), numbers(384));
    let seconds = best(|| layer_norm(black_box(&mut values), &scale, &shift, 1e-12));
    println!("layer norm: {:.2} ns a number", seconds * 1e9 / count);
}

/// The shortest of several runs, in seconds.
fn best(mut work: impl FnMut()) -> f64 {
    let time = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed().as_secs_f64()
    };
    (0..30).map(time).fold(f64::INFINITY, f64::min)
}

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|number| (number * 7919 % 2003) as f32 / 1001.5 - 1.0).collect()
}

fn scan() {
    for count in [1_000usize, 52_892] {
        let rows: Vec<i8> = (0..count * 384).map(|number| (number * 7919 % 255) as u8 as i8).collect();
        let mut found = vec![0; count];
        let seconds = best(|| dots_i8(&rows[..384], black_box(&rows), &mut found));
        println!("dots_i8, {count} × 384: {:.3} ms, {:.1} GB/s", seconds * 1e3, rows.len() as f64 / seconds / 1e9);
    }
    let values = numbers(384 * 1000);
    let seconds = best(|| {
        let (one, rows) = (&values[..384], values.chunks_exact(384));
        black_box(rows.map(|row| dot_f32(one, row)).sum::<f32>());
    });
    println!("dot_f32, 384: {:.1} ns", seconds * 1e6);
}

fn product(precision: Precision, inputs: usize, outputs: usize, rows: usize) {
    let linear = Linear::new(precision, &numbers(inputs * outputs), &numbers(outputs)).expect("the shape fits");
    let (input, mut output) = (numbers(rows * inputs), vec![0.0; rows * outputs]);
    let mut workspace = Workspace::default();
    let seconds = best(|| linear.apply(black_box(&input), &mut output, &mut workspace));
    let products = (rows * inputs * outputs) as f64;
    println!(
        "{} {rows} × {inputs} × {outputs}: {:.1} µs, {:.1} G products/s",
        precision.name(),
        seconds * 1e6,
        products / seconds / 1e9
    );
}

fn attended(rows: usize) {
    let (input, mut output) = (numbers(rows * 1152), vec![0.0; rows * 384]);
    let mut workspace = Workspace::default();
    let seconds = best(|| attention(12, 384, black_box(&input), &mut output, &mut workspace));
    println!("attention, {rows} rows of 12 × 32: {:.1} µs", seconds * 1e6);
}
