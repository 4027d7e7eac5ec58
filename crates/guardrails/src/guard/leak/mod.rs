//! The system prompt must not come out: a canary word and the overlap of the answer with the prompt.

pub(crate) const GUARD: &str = "leak";

#[derive(Debug)]
pub(crate) struct Watch;

#[derive(Debug)]
pub(crate) struct Leak {
    pub(crate) rule: &'static str,
    pub(crate) score: f64,
}

impl Leak {
    pub(crate) fn reason(&self) -> String {
        String::new()
    }
}

impl Watch {
    pub(crate) fn push(&mut self, _piece: &str) -> Option<Leak> {
        None
    }
}
