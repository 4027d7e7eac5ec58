//! The system prompt must not come out: a canary word and the overlap of the answer with the prompt.

use std::ops::Range;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Prompt;

#[derive(Debug)]
pub(crate) struct Watch;

#[derive(Debug, Clone)]
pub(crate) struct Leak {
    pub(crate) rule: &'static str,
    pub(crate) writing: &'static str,
    pub(crate) range: Range<usize>,
}

impl Prompt {
    pub(crate) fn new(_prompt: &str, _canary: Option<&()>, _public: &[&str]) -> Self {
        Self
    }

    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        Watch
    }
}

impl Watch {
    pub(crate) fn push(&mut self, _piece: &str) -> Option<&Leak> {
        None
    }
}
