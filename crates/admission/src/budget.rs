//! Money a day: what is spent, what is reserved by requests under way, and the one rule that joins them:
//! spent + reserved + the most that the next call can cost must not pass the limit. All under one lock, so that the
//! rule holds for any number of requests at once.

use crate::denied::Denied;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use usecase::{Cost, MicroUsd, Period, Timestamp};

/// Whose budget it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// A key, by its public id.
    Key(String),
    UseCase(String),
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "API key {id}"),
            Self::UseCase(name) => write!(f, "use case {name:?}"),
        }
    }
}

/// One request's claim on two accounts, with the limits that apply.
#[derive(Clone, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) accounts: [(&'a Whose, Option<MicroUsd>); 2],
    pub(crate) estimate: Cost,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    spent: MicroUsd,
    reserved: MicroUsd,
}

#[derive(Debug, Default)]
pub(crate) struct Books {
    today: Mutex<Today>,
}

#[derive(Debug, Default)]
struct Today {
    /// Its midnight in UTC.
    day: Timestamp,
    accounts: HashMap<Whose, Account>,
    /// Requests that cost more than was reserved for them, and how much more, since the process began.
    overshot: (u64, MicroUsd),
}

impl Books {
    /// Reserves the estimate on both accounts or on neither.
    ///
    /// # Errors
    /// `BudgetSpent` or `BudgetUnknowable`.
    pub(crate) fn reserve(&self, claim: &Claim<'_>, now: Timestamp) -> Result<MicroUsd, Denied> {
        let mut today = self.lock();
        today.turn_page(now);
        let amount = claim.estimate.known.max(MicroUsd::ZERO);
        for (whose, limit) in claim.accounts {
            let Some(limit) = limit else { continue };
            if claim.estimate.part_unknown {
                return Err(Denied::BudgetUnknowable { whose: whose.clone(), limit });
            }
            let account = today.accounts.get(whose).copied().unwrap_or_default();
            if account.spent + account.reserved + amount > limit {
                let resets = now.start_of_day().plus(DAY);
                return Err(Denied::BudgetSpent { whose: whose.clone(), limit, resets });
            }
        }
        for (whose, _) in claim.accounts {
            today.change(whose, |account| account.reserved += amount);
        }
        Ok(amount)
    }

    /// Gives a reservation back, and books what was spent instead.
    pub(crate) fn settle(&self, whose: [&Whose; 2], reserved: MicroUsd, spent: MicroUsd, now: Timestamp) {
        let mut today = self.lock();
        today.turn_page(now);
        if spent > reserved {
            today.overshot.0 += 1;
            today.overshot.1 += spent - reserved;
        }
        for whose in whose {
            today.change(whose, |account| {
                account.reserved = account.reserved - reserved;
                account.spent += spent;
            });
        }
    }

    /// Gives a reservation back for nothing. It needs no clock: a reservation outlives its day.
    pub(crate) fn release(&self, whose: [&Whose; 2], reserved: MicroUsd) {
        let mut today = self.lock();
        for whose in whose {
            today.change(whose, |account| account.reserved = account.reserved - reserved);
        }
    }

    /// Takes over what the records say was spent on a day; a day that is not today is of no use.
    pub(crate) fn seed(&self, spent: &[(String, String, Cost)], day: Timestamp, now: Timestamp) {
        let mut today = self.lock();
        today.turn_page(now);
        if today.day != day.start_of_day() {
            return;
        }
        today.accounts.values_mut().for_each(|account| account.spent = MicroUsd::ZERO);
        for (key, use_case, cost) in spent {
            for whose in [Whose::Key(key.clone()), Whose::UseCase(use_case.clone())] {
                today.change(&whose, |account| account.spent += cost.known);
            }
        }
    }

    /// Spent and reserved today, in micro-dollars.
    pub(crate) fn standing(&self, whose: &Whose, now: Timestamp) -> (MicroUsd, MicroUsd) {
        let mut today = self.lock();
        today.turn_page(now);
        let account = today.accounts.get(whose).copied().unwrap_or_default();
        (account.spent, account.reserved)
    }

    pub(crate) fn overshot(&self) -> (u64, MicroUsd) {
        self.lock().overshot
    }

    fn lock(&self) -> MutexGuard<'_, Today> {
        // Every change below is made of additions that cannot panic half way.
        self.today.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const DAY: Period = Period::from_secs(86_400);

impl Today {
    /// At midnight what was spent is forgotten; what is reserved belongs to requests still under way and stays. A clock
    /// that is set back does not bring yesterday's money back.
    fn turn_page(&mut self, now: Timestamp) {
        let day = now.start_of_day();
        if day > self.day {
            self.day = day;
            self.accounts.retain(|_, account| {
                account.spent = MicroUsd::ZERO;
                account.reserved != MicroUsd::ZERO
            });
        }
    }

    /// Changes an account, a new one where there was none: only then is its name copied.
    fn change(&mut self, whose: &Whose, change: impl FnOnce(&mut Account)) {
        match self.accounts.get_mut(whose) {
            Some(account) => change(account),
            None => change(self.accounts.entry(whose.clone()).or_default()),
        }
    }
}
