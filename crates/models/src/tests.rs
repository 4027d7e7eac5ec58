//! The room as its users see it: chains of models against real servers on the loopback address, each with one fault.

mod chain;
mod faults;
mod registry;
pub(crate) mod upstream;
