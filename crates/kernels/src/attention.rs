//! Scaled dot-product attention of a text with itself, head by head (Vaswani et al. 2017), in floats.

use crate::level::Level;
use crate::linear::{Floats, Rows, Workspace};
use crate::product::{PANEL, run};
use crate::rows::softmax;

/// Rows of scores that are held at once: memory grows with a text's length, not with its square.
const ROWS_AT_ONCE: usize = 48;

/// Attends each of a text's rows to all of them. A row of `query_key_value` holds all heads' queries, then keys, then
/// values, `hidden` numbers each; a row of `output` has `hidden`.
///
/// # Panics
/// When `hidden` is no multiple of `heads`, or the buffers have other sizes than that.
pub fn attention(heads: usize, hidden: usize, query_key_value: &[f32], output: &mut [f32], workspace: &mut Workspace) {
    attention_at(Level::widest(), heads, hidden, query_key_value, output, workspace);
}

pub(crate) fn attention_at(
    level: Level,
    heads: usize,
    hidden: usize,
    query_key_value: &[f32],
    output: &mut [f32],
    workspace: &mut Workspace,
) {
    let (width, stride) = (hidden / heads, 3 * hidden);
    let rows = output.len() / hidden;
    assert_eq!((heads * width, rows * stride), (hidden, query_key_value.len()), "heads and rows");
    if rows == 0 {
        return;
    }
    for head in 0..heads {
        let part =
            |which: usize| Rows { values: &query_key_value[which * hidden + head * width..], stride, count: rows };
        fill_transposed(&mut workspace.keys, part(1), width);
        fill(&mut workspace.values, part(2), width);
        for start in (0..rows).step_by(ROWS_AT_ONCE) {
            let count = ROWS_AT_ONCE.min(rows - start);
            let query = Rows { values: &query_key_value[start * stride + head * width..], stride, count };
            let place = &mut output[start * hidden + head * width..];
            attend(level, query, rows, place, hidden, workspace);
        }
    }
}

/// Some rows' attention to all the text's rows.
fn attend(level: Level, query: Rows<'_>, rows: usize, output: &mut [f32], stride: usize, workspace: &mut Workspace) {
    let Workspace { keys, values, scores, .. } = workspace;
    let (panels, width) = (rows.div_ceil(PANEL), keys.len() / rows.div_ceil(PANEL));
    // Scores are written in whole panels; those of no row are never read.
    let wide = panels * PANEL;
    scores.resize(query.count * wide, 0.0);
    let nothing = vec![[0.0; PANEL]; panels.max(width.div_ceil(PANEL))];
    let bias = &nothing[..panels];
    run(level, &mut Floats { level, input: query, panels: keys, bias, output: scores, columns: wide, stride: wide });
    let scale = 1.0 / (width as f32).sqrt();
    scores.chunks_exact_mut(wide).for_each(|row| softmax(level, &mut row[..rows], scale));
    let input = Rows { values: scores, stride: wide, count: query.count };
    let bias = &nothing[..width.div_ceil(PANEL)];
    run(level, &mut Floats { level, input, panels: values, bias, output, columns: width, stride });
}

/// Panels whose columns are the rows of `from`: the product with them is that with the transposed matrix.
fn fill_transposed(panels: &mut Vec<[f32; PANEL]>, from: Rows<'_>, width: usize) {
    panels.clear();
    panels.resize(from.count.div_ceil(PANEL) * width, [0.0; PANEL]);
    for (number, row) in from.values.chunks(from.stride).take(from.count).enumerate() {
        let panel = &mut panels[number / PANEL * width..][..width];
        panel.iter_mut().zip(row).for_each(|(step, value)| step[number % PANEL] = *value);
    }
}

/// Panels whose steps are the rows of `from`.
fn fill(panels: &mut Vec<[f32; PANEL]>, from: Rows<'_>, width: usize) {
    panels.clear();
    for first in (0..width).step_by(PANEL) {
        let columns = PANEL.min(width - first);
        panels.extend(from.values.chunks(from.stride).take(from.count).map(|row| {
            let mut step = [0.0; PANEL];
            step[..columns].copy_from_slice(&row[first..first + columns]);
            step
        }));
    }
}

#[cfg(test)]
mod tests;
