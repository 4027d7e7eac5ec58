//! The keys in memory, so that asking who calls touches no disk. Every [`FRESH_FOR`] the next caller looks whether the
//! table has changed (one number, read in µs) and reloads it if so; a key that is not known here makes it look at once.
//! So a key that another process makes is known to its first request, and one that it revokes stops working within that
//! time. When the table cannot be read nobody is let in until it can: a revocation could have been missed.

use crate::key::{KeyInfo, SecretHash};
use crate::limits::Meter;
use crate::store;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};
use storage::Storage;

/// How long what is in memory is trusted without a look. A look costs some µs, so twenty a second are nothing.
pub(crate) const FRESH_FOR: Duration = Duration::from_millis(50);

/// A key with what it has used of its limits.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) info: KeyInfo,
    pub(crate) hash: SecretHash,
    pub(crate) meter: Arc<Meter>,
}

#[derive(Clone, Debug, Default)]
struct Snapshot {
    /// The table's, as it was read; the first is 0.
    generation: Option<i64>,
    keys: HashMap<String, Arc<Known>>,
    /// Why the last look failed.
    trouble: Option<storage::Error>,
}

#[derive(Debug)]
pub(crate) struct Keys {
    storage: Storage,
    snapshot: ArcSwap<Snapshot>,
    began: Instant,
    /// When somebody last looked, in ms.
    looked_ms: AtomicU64,
    looking: Mutex<()>,
}

impl Keys {
    /// # Errors
    /// The storage's.
    pub(crate) fn open(storage: Storage) -> storage::Result<Self> {
        let keys = Self {
            storage,
            snapshot: ArcSwap::default(),
            began: Instant::now(),
            looked_ms: AtomicU64::new(0),
            looking: Mutex::new(()),
        };
        keys.look();
        match &keys.snapshot.load().trouble {
            Some(error) => Err(error.clone()),
            None => Ok(keys),
        }
    }

    /// A key by its id, revoked ones included.
    ///
    /// # Errors
    /// The storage's, while the table cannot be read.
    pub(crate) fn find(&self, id: &str) -> storage::Result<Option<Arc<Known>>> {
        self.look_when_due();
        if let Some(known) = self.known(id)? {
            return Ok(Some(known));
        }
        self.look();
        self.known(id)
    }

    /// A key that was found before; the callers that hold no stored key are none.
    pub(crate) fn find_known(&self, id: &str) -> Option<Arc<Known>> {
        self.snapshot.load().keys.get(id).cloned()
    }

    /// Whether a key was ever made.
    ///
    /// # Errors
    /// As [`Keys::find`].
    pub(crate) fn any(&self) -> storage::Result<bool> {
        self.look_when_due();
        let snapshot = self.snapshot.load();
        snapshot.trouble.as_ref().map_or_else(|| Ok(!snapshot.keys.is_empty()), |error| Err(error.clone()))
    }

    /// Looks whether the table has changed.
    pub(crate) fn look(&self) {
        let _alone = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        self.reload();
    }

    fn known(&self, id: &str) -> storage::Result<Option<Arc<Known>>> {
        let snapshot = self.snapshot.load();
        match &snapshot.trouble {
            Some(error) => Err(error.clone()),
            None => Ok(snapshot.keys.get(id).cloned()),
        }
    }

    fn look_when_due(&self) {
        let (now_ms, looked_ms) = (self.now_ms(), self.looked_ms.load(Ordering::Relaxed));
        let due = u128::from(now_ms.saturating_sub(looked_ms)) >= FRESH_FOR.as_millis();
        if due && self.looked_ms.compare_exchange(looked_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let _alone = match self.looking.try_lock() {
                Ok(alone) => alone,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                // Somebody else is looking at this moment.
                Err(TryLockError::WouldBlock) => return,
            };
            self.reload();
        }
    }

    fn reload(&self) {
        let before = self.snapshot.load_full();
        let read = self.storage.read(|connection| {
            let generation = store::generation(connection)?;
            if before.generation == Some(generation) {
                return Ok(None);
            }
            Ok(Some((generation, store::load(connection)?)))
        });
        match read {
            Ok(None) if before.trouble.is_none() => {}
            Ok(None) => self.snapshot.store(Arc::new(Snapshot { trouble: None, ..Snapshot::clone(&before) })),
            Ok(Some((generation, keys))) => {
                let keys = keys.into_iter().map(|(info, hash)| {
                    let meter = before.keys.get(&info.id).map(|known| Arc::clone(&known.meter));
                    let meter = meter.unwrap_or_else(|| Arc::new(Meter::new(&info.limits)));
                    (info.id.clone(), Arc::new(Known { info, hash, meter }))
                });
                let keys = keys.collect();
                self.snapshot.store(Arc::new(Snapshot { generation: Some(generation), keys, trouble: None }));
            }
            Err(error) => {
                self.snapshot.store(Arc::new(Snapshot { trouble: Some(error), ..Snapshot::clone(&before) }));
            }
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
