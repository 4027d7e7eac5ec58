//! The proof that a request was let in, and the hold it has on the budgets meanwhile.

use crate::budget::{Books, Whose};
use crate::denied::{Denials, Denied};
use crate::limits::{Held, RateState};
use std::sync::Arc;
use usecase::{Cost, MicroUsd, Principal, Timestamp};

/// An authenticated caller with the right to a use case and the money reserved for one request to it. Dropped without
/// [`Admitted::settle`], it gives the reservation back: nothing was spent.
#[derive(Debug)]
pub struct Admitted {
    principal: Principal,
    accounts: [Whose; 2],
    use_case: String,
    reserved: MicroUsd,
    /// `None` once settled.
    books: Option<Arc<Books>>,
    /// Its place among the requests of its key; `None` for a caller without a stored key.
    held: Option<Held>,
    denials: Arc<Denials>,
}

impl Admitted {
    pub(crate) fn new(
        principal: Principal,
        use_case: String,
        accounts: [Whose; 2],
        reserved: MicroUsd,
        books: Arc<Books>,
        held: Option<Held>,
        denials: Arc<Denials>,
    ) -> Self {
        Self { principal, accounts, use_case, reserved, books: Some(books), held, denials }
    }

    /// Takes the most tokens that the request may use, input and output, from the key's tokens a minute.
    ///
    /// # Errors
    /// `TooManyRequests`; then the request is not admitted any more, and everything it held is given back.
    pub fn with_tokens(mut self, most: u64) -> Result<Self, Denied> {
        match self.held.as_mut().map_or(Ok(()), |held| held.reserve_tokens(most)) {
            Ok(()) => Ok(self),
            Err(denied) => {
                self.denials.count(&denied);
                Err(denied)
            }
        }
    }

    /// The tokens that the request did use, in place of those that were taken. Without this word, what was taken stays.
    pub fn used_tokens(&mut self, tokens: u64) {
        if let Some(held) = &mut self.held {
            held.used(tokens);
        }
    }

    /// Where the key stands in its rates, this request included; `None` when it has none.
    pub fn limits(&self) -> Option<RateState> {
        self.held.as_ref()?.state()
    }

    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    pub fn use_case(&self) -> &str {
        &self.use_case
    }

    /// What is held for this request, in micro-dollars: the most it was estimated to cost.
    pub fn reserved(&self) -> MicroUsd {
        self.reserved
    }

    /// Books what the request did cost in place of the reservation. Of a cost that is partly unknown at least the whole
    /// reservation counts: unknown is never zero.
    pub fn settle(self, actual: Cost) {
        self.settle_at(actual, Timestamp::now());
    }

    pub(crate) fn settle_at(mut self, actual: Cost, now: Timestamp) {
        self.held.iter_mut().for_each(Held::settle);
        let spent = if actual.part_unknown { actual.known.max(self.reserved) } else { actual.known };
        if let Some(books) = self.books.take() {
            books.settle(self.accounts.each_ref(), self.reserved, spent, now);
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Some(books) = self.books.take() {
            books.release(self.accounts.each_ref(), self.reserved);
        }
    }
}
