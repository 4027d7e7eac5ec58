//! Moving a collection from one vector space to another without a gap: the new vectors are made beside those that serve,
//! and the collection changes over in one step. A change that is committed meanwhile only lengthens the work.

use super::Collections;
use super::change::{EMBEDDED_AT_ONCE, embed_all};
use crate::Error;
use crate::backend::Space;

/// Texts that are read and embedded between two writes: what a process that dies loses at most.
const TEXTS_AT_ONCE: usize = 8 * EMBEDDED_AT_ONCE;

/// What a move did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub from: Space,
    pub to: Space,
    /// Texts that were embedded for it.
    pub embedded: usize,
}

pub(super) fn reembed(collections: &Collections, name: &str, told: &dyn Fn(usize, usize)) -> Result<Moved, Error> {
    let backend = collections.backend();
    let embedder = collections.embedder();
    let to = embedder.space();
    let Some(head) = collections.head(name)? else {
        return Err(Error::NoSuchVersion { collection: name.to_owned(), number: 0 });
    };
    if head.space == to {
        return Ok(Moved { from: to.clone(), to, embedded: 0 });
    }
    let mut embedded = 0;
    loop {
        let texts = backend.without_vector(name, &to, TEXTS_AT_ONCE)?;
        if texts.is_empty() {
            match backend.swap_space(name, &to) {
                Ok(()) => return Ok(Moved { from: head.space, to, embedded }),
                // A change came in between the look and the swap.
                Err(Error::VectorsMissing { .. }) => continue,
                Err(error) => return Err(error),
            }
        }
        let all = (head.passages as usize).max(embedded + texts.len());
        let vectors = embed_all(embedder.as_ref(), &texts, &|done, _| told(embedded + done, all))?;
        embedded += vectors.len();
        backend.keep_vectors(&to, vectors)?;
    }
}
