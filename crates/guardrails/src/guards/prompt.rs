//! The prompt as what must not come out. It is indexed once for a use case; what of it may be said after all, because a
//! passage or the user says it too, is looked at only when something of it does come out, which is nearly never.

use crate::guard::leak::{Canary, Leak, Prompt, Watch};
use std::sync::Arc;
use usecase::Passage;

/// A use case's prompt without passages and context. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Secret {
    text: Arc<str>,
    canary: Option<Arc<Canary>>,
    index: Arc<Prompt>,
    public: Public,
}

/// What may be said although it stands in the prompt.
#[derive(Clone, Debug, Default)]
pub struct Public {
    pub passages: Option<Arc<[Passage]>>,
    /// What the user wrote.
    pub question: String,
}

impl Secret {
    /// With a canary, a random word stands in the prompt that no honest answer can hold; without the system's random source
    /// there is none.
    pub fn new(prompt: &str, with_canary: bool) -> Self {
        let canary = with_canary.then(Canary::new).and_then(Result::ok).map(Arc::new);
        let index = Arc::new(Prompt::new(prompt, canary.as_deref(), &[]));
        Self { text: prompt.into(), canary, index, public: Public::default() }
    }

    /// What carries the canary into the prompt.
    pub fn canary_sentence(&self) -> Option<String> {
        self.canary.as_ref().map(|canary| canary.sentence())
    }

    /// The same for one request.
    #[must_use]
    pub fn but_for(&self, public: Public) -> Self {
        Self { public, ..self.clone() }
    }
}

/// Watches one answer for the prompt, word by word.
#[derive(Debug)]
pub(super) struct PromptWatch {
    secret: Secret,
    watch: Watch,
    /// What was said so far, until the exact index is needed.
    said: Option<String>,
}

impl PromptWatch {
    pub(super) fn new(secret: Secret) -> Self {
        Self { watch: secret.index.watch(), secret, said: Some(String::new()) }
    }

    /// Whether the prompt has come out with this word.
    pub(super) fn push(&mut self, word: &str) -> Option<Leak> {
        if let Some(said) = &mut self.said {
            said.push_str(word);
        }
        let found = self.watch.push(word)?.clone();
        let Some(said) = self.said.take() else { return Some(found) };
        let Public { passages, question } = &self.secret.public;
        let mut public: Vec<&str> = passages.iter().flat_map(|all| all.iter()).map(|one| one.text.as_str()).collect();
        public.push(question);
        self.watch = Arc::new(Prompt::new(&self.secret.text, self.secret.canary.as_deref(), &public)).watch();
        self.watch.push(&said).cloned()
    }
}
