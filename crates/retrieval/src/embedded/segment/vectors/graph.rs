//! A graph of near rows in layers (HNSW: Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search
//! using hierarchical navigable small world graphs", 2018), over the coarse plane. It is whole and immutable; a search
//! walks through rows that are not permitted but never keeps one.

use super::super::best::Scored;
use super::super::bits::Bits;
use super::super::bytes::{Damaged, Reader, Writer};
use super::planes::Planes;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Links of a row in the upper layers; twice as many in the lowest (the paper's M and 2 M).
pub(super) const LINKS: usize = 16;
/// No link.
pub(super) const NONE: u32 = u32::MAX;
/// The least rows that a search keeps on its way (the paper's ef). Of 200,000 rows 160 find .984 of the ten nearest, 320
/// find .992.
const LEAST_KEPT: usize = 320;

/// One layer: its rows and the links between them.
#[derive(Debug, PartialEq)]
pub(super) struct Layer {
    /// In order; empty in the lowest layer, which has them all.
    members: Vec<u32>,
    /// Places for links by member, those after the last one [`NONE`].
    links: Vec<u32>,
    /// Places of one member.
    width: usize,
}

impl Layer {
    pub(super) fn lowest(rows: usize) -> Self {
        Self { members: Vec::new(), links: vec![NONE; rows * LINKS * 2], width: LINKS * 2 }
    }

    pub(super) fn upper(members: Vec<u32>) -> Self {
        Self { links: vec![NONE; members.len() * LINKS], members, width: LINKS }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    fn place(&self, row: u32) -> Option<usize> {
        if self.width == LINKS { self.members.binary_search(&row).ok() } else { Some(row as usize) }
    }

    /// The rows that a row is linked to.
    pub(super) fn links(&self, row: u32) -> &[u32] {
        let Some(place) = self.place(row) else { return &[] };
        let links = &self.links[place * self.width..(place + 1) * self.width];
        &links[..links.partition_point(|link| *link != NONE)]
    }

    /// Sets the links of a row, as many as there are places.
    pub(super) fn set_links(&mut self, row: u32, links: impl Iterator<Item = u32>) {
        if let Some(place) = self.place(row) {
            let all = links.chain(std::iter::repeat(NONE));
            self.links[place * self.width..(place + 1) * self.width]
                .iter_mut()
                .zip(all)
                .for_each(|(to, link)| *to = link);
        }
    }
}

/// The whole graph.
#[derive(Debug, PartialEq)]
pub(super) struct Graph {
    /// Where every search begins: a row of the topmost layer.
    pub(super) entry: u32,
    /// From the lowest.
    pub(super) layers: Vec<Layer>,
}

/// A row by how near it is; of two equally near the lower is greater.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Near {
    pub(super) score: f32,
    pub(super) row: u32,
}

impl Eq for Near {}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.row.cmp(&self.row))
    }
}

/// After so many looks at rows a search of the graph is given up, and the permitted rows are gone over instead: filters
/// whose rows all lie far from the question would otherwise lead through the whole graph.
pub(super) fn most_steps(permitted: u64) -> usize {
    usize::try_from(permitted).unwrap_or(usize::MAX)
}

impl Graph {
    /// Near rows, `None` when it took more than so many looks at rows.
    pub(super) fn search(
        &self,
        planes: &Planes,
        coarse: &[i8],
        permitted: Option<&Bits>,
        most: usize,
        steps: usize,
    ) -> Option<Vec<Scored>> {
        let near = |row| Near { score: planes.nearness(coarse, row), row };
        let mut at = near(self.entry);
        for layer in self.layers.iter().skip(1).rev() {
            at = climb(layer, at, &near);
        }
        let mut walk = Walk::new(planes.rows(), most.saturating_mul(2).max(LEAST_KEPT), steps);
        let found = walk.run(&self.layers[0], &[at], &near, &|row| permitted.is_none_or(|bits| bits.contains(row)))?;
        Some(found.into_iter().map(|near| (near.row, near.score)).collect())
    }

    pub(super) fn memory(&self) -> usize {
        self.layers.iter().map(|layer| (layer.members.capacity() + layer.links.capacity()) * 4).sum()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u32(self.entry);
        writer.u32(self.layers.len() as u32);
        for layer in &self.layers {
            writer.u32s(&layer.members);
            writer.u32s(&layer.links);
        }
    }

    pub(super) fn read(reader: &mut Reader, rows: usize) -> Result<Self, Damaged> {
        const DAMAGED: Damaged = Damaged("graph");
        let (entry, count) = (reader.u32()?, reader.u32()?);
        let mut layers = Vec::new();
        for height in 0..count {
            let (members, links) = (reader.u32s_below(rows)?, reader.u32s()?);
            let (width, owners) = if height == 0 { (LINKS * 2, rows) } else { (LINKS, members.len()) };
            let whole = Some(links.len()) == owners.checked_mul(width) && members.is_sorted();
            if !whole || links.iter().any(|link| *link as usize >= rows && *link != NONE) {
                return Err(DAMAGED);
            }
            layers.push(Layer { members, links, width });
        }
        if layers.is_empty() || entry as usize >= rows { Err(DAMAGED) } else { Ok(Self { entry, layers }) }
    }
}

/// Goes from row to row of a layer for as long as one is nearer.
pub(super) fn climb(layer: &Layer, from: Near, near: &impl Fn(u32) -> Near) -> Near {
    let mut at = from;
    while let Some(nearer) = layer.links(at.row).iter().map(|row| near(*row)).max().filter(|next| *next > at) {
        at = nearer;
    }
    at
}

/// A walk through one layer that keeps the nearest rows (the paper's algorithm 2).
pub(super) struct Walk {
    seen: Bits,
    keep: usize,
    steps: usize,
}

impl Walk {
    pub(super) fn new(rows: usize, keep: usize, steps: usize) -> Self {
        Self { seen: Bits::none(rows), keep, steps }
    }

    /// The nearest rows that may be kept, nearest first; `None` when the steps did not suffice.
    pub(super) fn run(
        &mut self,
        layer: &Layer,
        from: &[Near],
        near: &impl Fn(u32) -> Near,
        may_keep: &impl Fn(u32) -> bool,
    ) -> Option<Vec<Near>> {
        let mut ahead: BinaryHeap<Near> = from.iter().copied().collect();
        let mut kept: BinaryHeap<Reverse<Near>> = BinaryHeap::with_capacity(self.keep + 1);
        for near in from {
            self.seen.insert(near.row);
            if may_keep(near.row) {
                kept.push(Reverse(*near));
            }
        }
        while let Some(at) = ahead.pop() {
            let full = kept.len() >= self.keep;
            if full && kept.peek().is_some_and(|worst| at < worst.0) {
                break;
            }
            for row in layer.links(at.row).iter().copied() {
                if self.seen.contains(row) {
                    continue;
                }
                self.seen.insert(row);
                self.steps = self.steps.checked_sub(1)?;
                let next = near(row);
                if kept.len() < self.keep || kept.peek().is_some_and(|worst| next > worst.0) {
                    ahead.push(next);
                    if may_keep(row) {
                        kept.push(Reverse(next));
                        if kept.len() > self.keep {
                            kept.pop();
                        }
                    }
                }
            }
        }
        Some(kept.into_sorted_vec().into_iter().map(|near| near.0).collect())
    }
}
