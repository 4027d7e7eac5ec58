//! The room as its users see it: chains of models against real servers on the loopback address, each with one fault.

mod batch;
mod chain;
mod faults;
mod keeping;
mod kinds;
mod registry;
mod routing;
pub(crate) mod upstream;
