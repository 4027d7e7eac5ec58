//! `Admission`: the one handle.

use crate::admitted::Admitted;
use crate::budget::{Books, Claim, Whose};
use crate::denied::Denied;
use crate::error::{Error, Result};
use crate::key::{self, CreatedKey, KeyInfo, NewKey};
use crate::store::{self, STEPS};
use std::sync::Arc;
use storage::Storage;
use usecase::{Cost, MicroUsd, Principal, Timestamp};

/// Ids are 32 random bits: a few tries always find a free one.
const MOST_TRIES: usize = 8;

#[derive(Clone, Debug)]
pub struct Admission {
    storage: Storage,
    books: Arc<Books>,
}

impl Admission {
    /// # Errors
    /// The storage's.
    pub fn open(storage: &Storage) -> Result<Self> {
        storage.migrate("admission", STEPS)?;
        Ok(Self { storage: storage.clone(), books: Arc::default() })
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
            created: Timestamp::now(),
            revoked: None,
        };
        for _ in 0..MOST_TRIES {
            let (id, secret, hash) = key::generate();
            info.id = id;
            let stored = info.clone();
            if self.storage.write_blocking(move |transaction| store::insert(transaction, &stored, &hash))? {
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

    /// Revokes a key by its id; the next request with it is refused, in every process. False when there is no such
    /// key, or it was revoked before.
    ///
    /// # Errors
    /// The storage's.
    pub fn revoke(&self, id: &str) -> Result<bool> {
        let id = id.to_owned();
        Ok(self.storage.write_blocking(move |transaction| store::revoke(transaction, &id, Timestamp::now()))?)
    }

    /// Whether a key was ever made. Revoked keys count: revoking the last one must not open the door to everybody.
    ///
    /// # Errors
    /// The storage's.
    pub fn any(&self) -> Result<bool> {
        Ok(self.storage.read(store::any)?)
    }

    /// Who calls. `bearer` is what follows `Bearer ` in the header. In developer mode, and while no key was ever made,
    /// everybody is the developer, whatever they send (SDKs insist on sending something).
    ///
    /// The key is looked up in the database each time, a few µs, so that a key that another process made or revoked is
    /// known to the next request.
    ///
    /// # Errors
    /// `NoKey`, `WrongKey`, or `StorageDown`.
    pub fn authenticate(&self, bearer: Option<&str>, developer_mode: bool) -> std::result::Result<Principal, Denied> {
        let sent = bearer.map(str::trim).filter(|sent| !sent.is_empty());
        let parsed = sent.and_then(key::parse);
        if let Some((id, secret)) = parsed {
            let found = self.storage.read(|connection| store::find(connection, id)).map_err(Denied::StorageDown)?;
            let right = key::matches(found.as_ref().map(|(_, hash)| hash), secret);
            if let (Some((info, _)), true) = (found, right)
                && info.revoked.is_none()
            {
                return Ok(info.principal());
            }
        }
        if developer_mode && !self.storage.read(store::any).map_err(Denied::StorageDown)? {
            return Ok(Principal::developer());
        }
        Err(if sent.is_some() { Denied::WrongKey } else { Denied::NoKey })
    }

    /// Lets a request in: the caller's right to the use case, then the day's money. `estimate` is the most that the
    /// request can cost; it is reserved on the key and on the use case until the proof is settled or dropped.
    ///
    /// Budgets hold within one process: others on the same folder have books of their own, each seeded at its start.
    ///
    /// # Errors
    /// `NotAllowed`, `BudgetSpent`, or `BudgetUnknowable`.
    pub fn admit(
        &self,
        principal: Principal,
        use_case: &str,
        use_case_budget: Option<MicroUsd>,
        estimate: Cost,
    ) -> std::result::Result<Admitted, Denied> {
        self.admit_at(principal, use_case, use_case_budget, estimate, Timestamp::now())
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
        let accounts = [Whose::Key(principal.key.clone()), Whose::UseCase(use_case.to_owned())];
        let [key, asked] = accounts.clone();
        let claim = Claim { accounts: [(key, principal.budget_per_day), (asked, use_case_budget)], estimate };
        let reserved = self.books.reserve(&claim, now)?;
        Ok(Admitted::new(principal, use_case.to_owned(), accounts, reserved, Arc::clone(&self.books)))
    }

    /// Takes over what the ledger says was spent on a day (key, use case, cost), before the first request is let in.
    /// Of a cost that is partly unknown the known part counts; the rest nobody can name.
    pub fn seed(&self, spent: &[(String, String, Cost)], day: Timestamp) {
        self.books.seed(spent, day, Timestamp::now());
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
