//! The vector leg of a segment. Every number is kept in two steps of eight bits: the coarse plane is what a search goes
//! over, the fine plane is what its best are scored again with. A search goes over every permitted row while that is
//! quick, and through a graph beyond.
//!
//! In reading order: `planes` (quantised rows), `scan` (going over them), `graph` (searching it) and `growth` (building
//! it).

mod graph;
mod growth;
mod planes;
mod scan;

use super::Permitted;
use super::best::{Best, Scored};
use super::bytes::{Damaged, Reader, Writer};
use graph::Graph;
pub(super) use planes::Planes;
use std::sync::OnceLock;

/// Up to so many permitted rows are always gone over one by one. Measured over MiniLM vectors (95th of 100, CPU time of one
/// thread with VNNI): of 50,000 rows a scan takes 2.2 ms and a graph that keeps 160 on its way .7 ms; of 200,000 a
/// scan 8.7 ms and a graph that keeps 320 1.7 ms; with half permitted 8.5 and 2.6 ms, with 16 % of them 5.2 and 5.5 ms.
const FEW_ROWS: u64 = 20_000;
/// Up to this share of permitted rows, in percent, too: a graph wastes its steps on rows that are not permitted.
const FEW_PERCENT: u64 = 15;
/// From so many rows on a graph is built. Below, the exact scan of all of them takes less than 5 ms, and neither the
/// building (12 s of one core for 50,000 rows) nor the memory (13 MB for 100,000) is worth what it saves.
const GRAPH_FROM: usize = 100_000;

/// The vectors of the rows of one segment.
#[derive(Debug, Default)]
pub(super) struct Vectors {
    planes: Planes,
    /// Set once, when it is whole.
    graph: OnceLock<Graph>,
}

impl Vectors {
    pub(super) fn new(planes: Planes) -> Self {
        Self { planes, graph: OnceLock::new() }
    }

    pub(super) fn row(&self, row: u32) -> Vec<f32> {
        let mut values = vec![0.0; self.planes.dimensions()];
        self.planes.read_row(row, &mut values);
        values
    }

    /// The nearest permitted rows, best first, then by row.
    pub(super) fn top(&self, vector: &[f32], permitted: &Permitted, most: usize) -> Vec<Scored> {
        let Some(coarse) = self.planes.quantised(vector) else { return Vec::new() };
        if most == 0 || permitted.rows() == 0 {
            return Vec::new();
        }
        // The coarse plane errs by less than 1/1,000: the true best are far within four times as many of its best.
        let wanted = most.saturating_mul(4).max(200);
        let by_graph = self.graph_for(permitted).and_then(|graph| {
            graph.search(&self.planes, &coarse, permitted.row_bits(), most, graph::most_steps(permitted.rows()))
        });
        let candidates = by_graph.unwrap_or_else(|| scan::scan(&self.planes, &coarse, permitted.row_bits(), wanted));
        self.best_of(vector, &candidates, most)
    }

    /// The nearest of some rows, by both planes.
    fn best_of(&self, vector: &[f32], candidates: &[Scored], most: usize) -> Vec<Scored> {
        let rows: Vec<u32> = candidates.iter().map(|one| one.0).collect();
        let mut best = Best::new(most);
        rows.iter().zip(self.cosines(vector, &rows)).for_each(|(row, score)| best.offer(*row, score));
        best.into_sorted()
    }

    /// The graph, when searching it is quicker than going over the permitted rows.
    fn graph_for(&self, permitted: &Permitted) -> Option<&Graph> {
        let (rows, few) = (permitted.rows(), self.planes.rows() as u64 * FEW_PERCENT / 100);
        self.graph.get().filter(|_| rows > FEW_ROWS && rows > few)
    }

    /// The cosines of rows, in their order; 0 where there is nothing to compare.
    pub(super) fn cosines(&self, vector: &[f32], rows: &[u32]) -> Vec<f32> {
        if vector.len() != self.planes.dimensions() {
            return vec![0.0; rows.len()];
        }
        let mut values = vec![0.0; vector.len()];
        let score = |row: &u32| {
            self.planes.read_row(*row, &mut values);
            kernels::dot_f32(vector, &values)
        };
        rows.iter().map(score).collect()
    }

    pub(super) fn wants_graph(&self) -> bool {
        self.graph.get().is_none() && self.planes.dimensions() > 0 && self.planes.rows() >= GRAPH_FROM
    }

    /// Builds the graph unless there is one, or `go_on` says no.
    pub(super) fn build_graph(&self, go_on: &dyn Fn() -> bool) {
        if self.graph.get().is_none()
            && let Some(graph) = growth::grow(&self.planes, go_on)
        {
            // Another thread may have been quicker; its graph is the same.
            self.graph.get_or_init(|| graph);
        }
    }

    pub(super) fn memory(&self) -> usize {
        self.planes.memory()
    }

    pub(super) fn graph_memory(&self) -> usize {
        self.graph.get().map_or(0, Graph::memory)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        self.planes.write(writer);
        writer.u32(u32::from(self.graph.get().is_some()));
        if let Some(graph) = self.graph.get() {
            graph.write(writer);
        }
    }

    pub(super) fn read(reader: &mut Reader, rows: usize) -> Result<Self, Damaged> {
        let vectors = Self::new(Planes::read(reader, rows)?);
        if reader.u32()? != 0 {
            let graph = Graph::read(reader, rows)?;
            vectors.graph.get_or_init(|| graph);
        }
        Ok(vectors)
    }
}

#[cfg(test)]
mod tests;
