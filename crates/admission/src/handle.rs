//! `Admission`: the one handle.

use crate::admitted::Admitted;
use crate::budget::{Books, Claim, Whose};
use crate::denied::{Denials, Denied};
use crate::error::{Error, Result};
use crate::key::{self, CreatedKey, KeyInfo, NewKey};
use crate::keys::Keys;
use crate::limits::Priority;
use crate::store::{self, STEPS};
use std::sync::Arc;
use storage::Storage;
use usecase::{Cost, MicroUsd, Principal, Timestamp};

/// Ids are 32 random bits: a few tries always find a free one.
const MOST_TRIES: usize = 8;

#[derive(Clone, Debug)]
pub struct Admission {
    storage: Storage,
    keys: Arc<Keys>,
    books: Arc<Books>,
    denials: Arc<Denials>,
}

impl Admission {
    /// # Errors
    /// The storage's.
    pub fn open(storage: &Storage) -> Result<Self> {
        storage.migrate("admission", STEPS)?;
        let keys = Arc::new(Keys::open(storage.clone())?);
        Ok(Self { storage: storage.clone(), keys, books: Arc::default(), denials: Arc::default() })
    }

    /// Makes a key. Blocks until it is on disk; every process on the data folder knows it from then on.
    ///
    /// # Errors
    /// `InvalidKey`, or the storage's.
    pub fn create(&self, new: NewKey) -> Result<CreatedKey> {
        new.check()?;
        let mut info = KeyInfo {
            id: String::new(),
            name: new.name.trim().to_owned(),
            role: new.role,
            use_cases: new.use_cases,
            groups: new.groups,
            budget_per_day: new.budget_per_day,
            limits: new.limits,
            created: Timestamp::now(),
            revoked: None,
        };
        for _ in 0..MOST_TRIES {
            let (id, secret, hash) = key::generate();
            info.id = id;
            let stored = info.clone();
            if self.storage.write_blocking(move |transaction| store::insert(transaction, &stored, &hash))? {
                self.keys.look();
                return Ok(CreatedKey { principal: info.principal(), secret });
            }
        }
        Err(Error::InvalidKey("no free id was found; try again".to_owned()))
    }

    /// All keys in the order they were made, revoked ones included.
    ///
    /// # Errors
    /// The storage's.
    pub fn list(&self) -> Result<Vec<KeyInfo>> {
        Ok(self.storage.read(store::list)?)
    }

    /// Revokes a key by its id; requests with it are refused from now on here, and within about 50 ms in every other
    /// process on the data folder. False when there is no such key, or it was revoked before.
    ///
    /// # Errors
    /// The storage's.
    pub fn revoke(&self, id: &str) -> Result<bool> {
        let id = id.to_owned();
        let revoked =
            self.storage.write_blocking(move |transaction| store::revoke(transaction, &id, Timestamp::now()))?;
        self.keys.look();
        Ok(revoked)
    }

    /// Whether a key was ever made. Revoked keys count: revoking the last one must not open the door to everybody.
    ///
    /// # Errors
    /// The storage's.
    pub fn any(&self) -> Result<bool> {
        Ok(self.keys.any()?)
    }

    /// Who calls. `bearer` is what follows `Bearer ` in the header. In developer mode, and while no key was ever made,
    /// everybody is the developer, whatever they send (SDKs insist on sending something).
    ///
    /// The keys are in memory: see `keys` for how changes by another process are seen.
    ///
    /// # Errors
    /// `NoKey`, `WrongKey`, or `StorageDown` while the keys cannot be read, whatever was sent.
    pub fn authenticate(&self, bearer: Option<&str>, developer_mode: bool) -> std::result::Result<Principal, Denied> {
        self.counted(self.who(bearer, developer_mode))
    }

    fn who(&self, bearer: Option<&str>, developer_mode: bool) -> std::result::Result<Principal, Denied> {
        let sent = bearer.map(str::trim).filter(|sent| !sent.is_empty());
        if let Some((id, secret)) = sent.and_then(key::parse) {
            let known = self.keys.find(id).map_err(Denied::StorageDown)?;
            let right = key::matches(known.as_ref().map(|known| &known.hash), secret);
            if let (Some(known), true) = (known, right)
                && known.info.revoked.is_none()
            {
                return Ok(known.info.principal());
            }
        }
        if !self.keys.any().map_err(Denied::StorageDown)? && developer_mode {
            return Ok(Principal::developer());
        }
        Err(if sent.is_some() { Denied::WrongKey } else { Denied::NoKey })
    }

    /// The holder of a key by its public id, for work that was asked for earlier: a key that was revoked since holds nothing
    /// any more, and neither does the developer once a key exists.
    ///
    /// # Errors
    /// `WrongKey`, or `StorageDown`.
    pub fn holder(&self, id: &str, developer_mode: bool) -> std::result::Result<Principal, Denied> {
        if id == Principal::DEVELOPER {
            return self.who(None, developer_mode);
        }
        let known = self.keys.find(id).map_err(Denied::StorageDown)?;
        let valid = known.filter(|known| known.info.revoked.is_none());
        valid.map(|known| known.info.principal()).ok_or(Denied::WrongKey)
    }

    /// How urgent a caller's requests are: as its key says, else normal.
    pub fn priority(&self, principal: &Principal) -> Priority {
        self.keys.find_known(&principal.key).map(|known| known.info.limits.priority).unwrap_or_default()
    }

    /// Lets a request in: the caller's right to the use case, the limits of its key, then the day's money. `estimate` is the
    /// most that the request can cost; it is reserved on the key and on the use case until the proof is settled or
    /// dropped.
    ///
    /// Budgets hold within one process: others on the same folder have books of their own, each seeded at its start.
    ///
    /// # Errors
    /// `NotAllowed`, `TooManyRequests`, `BudgetSpent`, or `BudgetUnknowable`.
    pub fn admit(
        &self,
        principal: Principal,
        use_case: &str,
        use_case_budget: Option<MicroUsd>,
        estimate: Cost,
    ) -> std::result::Result<Admitted, Denied> {
        self.counted(self.admit_at(principal, use_case, use_case_budget, estimate, Timestamp::now()))
    }

    fn counted<T>(&self, result: std::result::Result<T, Denied>) -> std::result::Result<T, Denied> {
        result.inspect_err(|denied| self.denials.count(denied))
    }

    pub(crate) fn admit_at(
        &self,
        principal: Principal,
        use_case: &str,
        use_case_budget: Option<MicroUsd>,
        estimate: Cost,
        now: Timestamp,
    ) -> std::result::Result<Admitted, Denied> {
        if !principal.may_call(use_case) {
            return Err(Denied::NotAllowed { use_case: use_case.to_owned() });
        }
        let known = self.keys.find_known(&principal.key);
        let held = known.map(|known| known.meter.enter(&principal.key)).transpose()?;
        let accounts = [Whose::Key(principal.key.clone()), Whose::UseCase(use_case.to_owned())];
        let [key, asked] = &accounts;
        let claim = Claim { accounts: [(key, principal.budget_per_day), (asked, use_case_budget)], estimate };
        let reserved = self.books.reserve(&claim, now)?;
        let (books, denials) = (Arc::clone(&self.books), Arc::clone(&self.denials));
        Ok(Admitted::new(principal, use_case.to_owned(), accounts, reserved, books, held, denials))
    }

    /// Takes over what the ledger says was spent on a day (key, use case, cost), before the first request is let in.
    /// Of a cost that is partly unknown the known part counts; the rest nobody can name.
    pub fn seed(&self, spent: &[(String, String, Cost)], day: Timestamp) {
        self.books.seed(spent, day, Timestamp::now());
    }

    /// How often each [`Denied::code`] was given since the process began.
    pub fn denials(&self) -> Vec<(&'static str, u64)> {
        self.denials.counts()
    }

    /// Requests that cost more than was reserved for them since the process began, and how much more in all: by so much
    /// a budget may have been passed.
    pub fn overshot(&self) -> (u64, MicroUsd) {
        self.books.overshot()
    }

    /// What was spent today and what is reserved by requests under way, in micro-dollars.
    pub fn standing(&self, whose: &Whose) -> (MicroUsd, MicroUsd) {
        self.books.standing(whose, Timestamp::now())
    }

    #[cfg(test)]
    pub(crate) fn standing_at(&self, whose: &Whose, now: Timestamp) -> (MicroUsd, MicroUsd) {
        self.books.standing(whose, now)
    }
}
