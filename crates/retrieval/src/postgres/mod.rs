//! Collections in a Postgres with pgvector: for several machines that share them, and for those who have one already. The same
//! semantics as in one folder, in plain SQL: BM25 over our own postings, vectors in pgvector, rights in every statement and in
//! row-level security behind it.
//!
//! Several processes may use one database. A commit is seen by the next `head` of everybody. A change of a collection is one
//! process's at a time, whose right it is by an advisory lock: the second gets [`Error::ChangeElsewhere`]; when the first dies
//! or lets go of its right, its change can be continued.
//!
//! In reading order: this file (where collections live), `version` (one of them, searched), `store` (all SQL).

mod store;
mod version;

use crate::Error;
use crate::backend::{At, Backend, Batch, Commit, Head, Space, TextHash, Version, VersionInfo};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use storage::postgres::{Lock, Postgres};
use store::collections::{self, Kept};
use store::{changes, read, retire, spaces, write};
use version::{Empty, PostgresVersion, Rules, Shared};

pub(crate) struct PostgresBackend {
    postgres: Postgres,
    /// Newest versions that are kept.
    keep: usize,
    shared: Arc<Shared>,
    /// Written beside a change that this process fills.
    by: String,
    /// The rights to change a collection that somebody of this process holds.
    rights: Mutex<HashMap<String, Weak<Right>>>,
}

/// The right to change one collection towards other processes; within this one all share it.
type Right = Mutex<Lock>;

impl PostgresBackend {
    /// Makes the tables where they are missing. The newest `keep` versions of each collection are kept.
    pub(crate) fn open(postgres: &Postgres, keep: usize) -> Result<Self, Error> {
        Self::with_rules(postgres, keep, Rules::default())
    }

    fn with_rules(postgres: &Postgres, keep: usize, rules: Rules) -> Result<Self, Error> {
        store::migrate(postgres)?;
        let shared = Arc::new(Shared::new(postgres.clone(), rules));
        let by = store::unique_word(postgres)?;
        Ok(Self { postgres: postgres.clone(), keep, shared, by, rights: Mutex::default() })
    }

    /// The right to change a collection, as long as what is given is kept; `None` while another process has it.
    fn right(&self, collection: &str) -> Result<Option<Arc<Right>>, Error> {
        let take = || self.postgres.lock(&format!("change/{collection}"));
        let mut rights = self.rights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(right) = rights.get(collection).and_then(Weak::upgrade) {
            let mut lock = right.lock().unwrap_or_else(PoisonError::into_inner);
            if !lock.is_held() {
                // Its session ended, with the server or the network. What another did meanwhile shows by who has the change.
                let Some(again) = take()? else { return Ok(None) };
                *lock = again;
            }
            drop(lock);
            return Ok(Some(right));
        }
        let Some(lock) = take()? else { return Ok(None) };
        let right = Arc::new(Mutex::new(lock));
        rights.retain(|_, right| right.strong_count() > 0);
        rights.insert(collection.to_owned(), Arc::downgrade(&right));
        Ok(Some(right))
    }

    /// The right for one step, where nobody need hold it longer.
    fn demand_right(&self, collection: &str) -> Result<Arc<Right>, Error> {
        self.right(collection)?.ok_or_else(|| Error::ChangeElsewhere { collection: collection.to_owned() })
    }

    /// What a commit leaves to be done. None of it changes an answer, so its failure is no failure of the commit: the next one
    /// does it.
    fn tend(&self, collection: &str, space: Option<&Space>) {
        let tended = (|| -> Result<(), Error> {
            while write(&self.postgres, |connection| retire::prune(connection, collection, self.keep))? {}
            let Some(space) = space else { return Ok(()) };
            let more_than = self.shared.rules.exact_up_to;
            write(&self.postgres, |connection| spaces::index(connection, collection, space, more_than))
        })();
        if let Err(error) = tended {
            tracing::warn!(collection, %error, "old versions or the vector index in Postgres were left for the next commit");
        }
    }
}

impl Backend for PostgresBackend {
    fn kind(&self) -> &'static str {
        "postgres"
    }

    fn health(&self) -> Result<(), Error> {
        self.heads().map(drop)
    }

    fn hold(&self, collection: &str) -> Result<Option<Box<dyn Send>>, Error> {
        Ok(self.right(collection)?.map(|right| Box::new(right) as Box<dyn Send>))
    }

    fn heads(&self) -> Result<BTreeMap<String, Head>, Error> {
        read(&self.postgres, collections::heads)
    }

    fn head(&self, collection: &str) -> Result<Option<Head>, Error> {
        read(&self.postgres, |connection| collections::head(connection, collection))
    }

    fn version(&self, collection: &str, at: At) -> Result<Arc<dyn Version>, Error> {
        let kept: Option<Kept> = read(&self.postgres, |connection| collections::kept(connection, collection, at))?;
        Ok(match kept {
            Some(kept) => Arc::new(PostgresVersion::new(collection, kept, Arc::clone(&self.shared))),
            None => Arc::new(Empty::new(collection)),
        })
    }

    fn versions(&self, collection: &str) -> Result<Vec<VersionInfo>, Error> {
        read(&self.postgres, |connection| collections::versions(connection, collection))
    }

    fn document_hashes(&self, collection: &str) -> Result<BTreeMap<String, String>, Error> {
        read(&self.postgres, |connection| collections::document_hashes(connection, collection))
    }

    fn vectors_of(&self, space: &Space, hashes: &[TextHash]) -> Result<Vec<Option<Vec<f32>>>, Error> {
        read(&self.postgres, |connection| spaces::vectors_of(connection, space, hashes))
    }

    fn open_change(&self, collection: &str, space: &Space) -> Result<u64, Error> {
        let _right = self.demand_right(collection)?;
        write(&self.postgres, |connection| changes::open_change(connection, collection, space, &self.by))
    }

    fn staged(&self, collection: &str) -> Result<BTreeMap<String, String>, Error> {
        read(&self.postgres, |connection| collections::staged(connection, collection))
    }

    fn stage(&self, collection: &str, number: u64, batch: Batch, commit: Option<Commit>) -> Result<(), Error> {
        let _right = self.demand_right(collection)?;
        write(&self.postgres, |connection| {
            changes::stage(connection, collection, (number, &self.by), &batch, commit.as_ref())
        })?;
        if commit.is_some() {
            let space = self.head(collection).ok().flatten().map(|head| head.space);
            self.tend(collection, space.as_ref());
        }
        Ok(())
    }

    fn abandon(&self, collection: &str) -> Result<(), Error> {
        let _right = self.demand_right(collection)?;
        write(&self.postgres, |connection| changes::abandon(connection, collection))
    }

    fn confirm(&self, collection: &str, commit: Commit) -> Result<(), Error> {
        write(&self.postgres, |connection| collections::confirm(connection, collection, &commit))
    }

    fn serve(&self, collection: &str, number: u64) -> Result<(), Error> {
        write(&self.postgres, |connection| collections::serve(connection, collection, number))
    }

    fn pin(&self, collection: &str, holder: &str, number: Option<u64>) -> Result<(), Error> {
        write(&self.postgres, |connection| collections::pin(connection, collection, holder, number))
    }

    fn without_vector(&self, collection: &str, space: &Space, most: usize) -> Result<Vec<(TextHash, String)>, Error> {
        read(&self.postgres, |connection| spaces::without_vector(connection, collection, space, most))
    }

    fn keep_vectors(&self, space: &Space, vectors: Vec<(TextHash, Vec<f32>)>) -> Result<(), Error> {
        write(&self.postgres, |connection| spaces::keep_vectors(connection, space, &vectors))
    }

    fn swap_space(&self, collection: &str, space: &Space) -> Result<(), Error> {
        let has = read(&self.postgres, |connection| collections::head(connection, collection))?;
        if has.is_some_and(|head| head.space != *space) {
            // Before, so that the first search in the new space need not scan.
            let more_than = self.shared.rules.exact_up_to;
            write(&self.postgres, |connection| spaces::index(connection, collection, space, more_than))?;
        }
        write(&self.postgres, |connection| spaces::swap_space(connection, collection, space))
    }

    fn erase(&self, collection: &str, documents: &[String]) -> Result<u64, Error> {
        write(&self.postgres, |connection| retire::erase(connection, collection, documents))
    }

    fn drop_collection(&self, collection: &str) -> Result<(), Error> {
        write(&self.postgres, |connection| retire::drop_collection(connection, collection))
    }
}

#[cfg(test)]
mod tests;
