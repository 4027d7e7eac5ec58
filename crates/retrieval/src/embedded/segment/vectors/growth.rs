//! Building the graph, row after row. The height of every row is drawn from its number alone, so that the same rows
//! always give the same graph.

use super::graph::{Graph, LINKS, Layer, Near, Walk, climb};
use super::planes::Planes;

/// Rows among which the links of a new row are chosen (the paper's efConstruction).
const CHOSEN_AMONG: usize = 128;
/// More layers than any number of rows needs.
const MOST_LAYERS: usize = 10;
/// How many rows are added between two looks at whether to go on.
const BETWEEN_LOOKS: usize = 256;

/// The graph of all rows that something can be near to; `None` when there are none, or when told to stop.
pub(super) fn grow(planes: &Planes, go_on: &dyn Fn() -> bool) -> Option<Graph> {
    let rows: Vec<u32> = (0..planes.rows() as u32).filter(|row| planes.scale_of(*row) > 0.0).collect();
    let first = *rows.first()?;
    let mut layers = vec![Layer::lowest(planes.rows())];
    for height in 1..MOST_LAYERS {
        let members: Vec<u32> = rows.iter().copied().filter(|row| height_of(*row) >= height).collect();
        if members.is_empty() {
            break;
        }
        layers.push(Layer::upper(members));
    }
    let mut graph = Graph { entry: first, layers };
    let mut top = height_of(first);
    for (index, row) in rows.iter().copied().enumerate().skip(1) {
        if index % BETWEEN_LOOKS == 0 && !go_on() {
            return None;
        }
        add(&mut graph, planes, row, top);
        if height_of(row) > top {
            (graph.entry, top) = (row, height_of(row));
        }
    }
    Some(graph)
}

/// The highest layer of a row: each holds one in `LINKS` of the rows below it.
fn height_of(row: u32) -> usize {
    // SplitMix64 (Steele, Lea and Flood 2014): numbers that follow each other give bits that do not.
    let mut bits = (u64::from(row) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    (bits.trailing_zeros() / LINKS.ilog2()).min(MOST_LAYERS as u32 - 1) as usize
}

/// Links a row with those that are there; `top` is the height of the entry.
fn add(graph: &mut Graph, planes: &Planes, row: u32, top: usize) {
    let near = |other| Near { score: planes.between(row, other), row: other };
    let height = height_of(row);
    let mut from = vec![near(graph.entry)];
    for layer in graph.layers[..=top].iter().skip(height + 1).rev() {
        from = vec![climb(layer, from[0], &near)];
    }
    for layer in graph.layers[..=top.min(height)].iter_mut().rev() {
        let mut walk = Walk::new(planes.rows(), CHOSEN_AMONG, usize::MAX);
        let found = walk.run(layer, &from, &near, &|_| true).unwrap_or_default();
        let chosen = choose(planes, &found, LINKS);
        layer.set_links(row, chosen.iter().copied());
        for other in chosen {
            link_back(layer, planes, other, row);
        }
        from = found;
    }
}

/// Adds a link from a row to a new one; when it has too many, the best choice of them stays.
fn link_back(layer: &mut Layer, planes: &Planes, row: u32, new: u32) {
    let mut links = layer.links(row).to_vec();
    links.push(new);
    if links.len() > layer.width() {
        let mut near: Vec<Near> =
            links.iter().map(|other| Near { score: planes.between(row, *other), row: *other }).collect();
        near.sort_unstable_by(|one, other| other.cmp(one));
        links = choose(planes, &near, layer.width());
    }
    layer.set_links(row, links.into_iter());
}

/// Of rows, nearest first, those that are nearer to the row that they are near to than to one chosen before (the paper's
/// algorithm 4): links that lead in different directions. Places that stay free go to the nearest of the others.
fn choose(planes: &Planes, near: &[Near], most: usize) -> Vec<u32> {
    let (mut chosen, mut others): (Vec<u32>, Vec<u32>) = (Vec::with_capacity(most), Vec::new());
    for one in near {
        if chosen.len() == most {
            break;
        }
        if chosen.iter().all(|other| planes.between(one.row, *other) < one.score) {
            chosen.push(one.row);
        } else {
            others.push(one.row);
        }
    }
    let free = most - chosen.len();
    chosen.extend(others.into_iter().take(free));
    chosen
}
