//! For tests: a taker that keeps all it is given, and remembers the versions for the next walk.

use super::{Content, Item, Since, Source, Taker, Walked};
use crate::error::Result;

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) items: Vec<Item>,
    pub(crate) expected: usize,
    pub(crate) walked: Walked,
}

impl Taker for Seen {
    fn expect(&mut self, items: usize) {
        self.expected = items;
    }

    fn take(&mut self, item: Item) -> Result<()> {
        self.items.push(item);
        Ok(())
    }
}

/// The first walk.
pub(crate) fn walk(source: &dyn Source) -> Seen {
    Seen::default().try_again(source).expect("it can be walked")
}

impl Seen {
    /// The next walk, with the versions and the cursor of this one.
    pub(crate) fn again(&self, source: &dyn Source) -> Self {
        self.try_again(source).expect("it can be walked")
    }

    pub(crate) fn try_again(&self, source: &dyn Source) -> Result<Self> {
        let version_of = |name: &str| self.version(name);
        let mut seen = Self::default();
        seen.walked =
            source.walk(&Since { cursor: self.walked.cursor.as_ref(), version_of: &version_of }, &mut seen)?;
        Ok(seen)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.items.iter().map(|item| item.name.as_str()).collect()
    }

    pub(crate) fn version(&self, name: &str) -> Option<String> {
        self.items.iter().find(|item| item.name == name)?.version.clone()
    }

    pub(crate) fn content(&self, name: &str) -> &Content {
        let found = self.items.iter().find(|item| item.name == name);
        &found.unwrap_or_else(|| panic!("no {name} among {:?}", self.names())).content
    }

    /// The bytes of an item as text.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.content(name) {
            Content::Bytes { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
            other => panic!("{name} has no bytes: {other:?}"),
        }
    }
}
