//! Money that was not spent, thanks to the two caches: the answer cache of ours, and the provider's prompt cache.

use crate::interval::Rate;
use ledger::RequestRow;
use serde::Serialize;
use usecase::MicroUsd;

/// What the caches did for a set of requests. Only requests that ended count.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Savings {
    pub requests: u64,
    pub answer_cache: AnswerCache,
    pub prompt_cache: PromptCache,
}

/// Answers that were given again.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AnswerCache {
    /// The same question, letter by letter.
    pub exact: u64,
    /// The same question in other words.
    pub semantic: u64,
    /// Both over all requests, with Wilson's 95 % interval; `None` without a request.
    pub hit_rate: Option<Rate>,
    /// What the answers cost when they were made, once for each time they were given again, in micro-dollars. Parts of
    /// that cost that were unknown then are not in it.
    pub saved: MicroUsd,
}

/// Input tokens that the provider had kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PromptCache {
    /// Tokens sent to models.
    pub input_tokens: u64,
    /// Those of them that the provider read from its cache.
    pub cached_tokens: u64,
    /// `cached_tokens` over `input_tokens`, 0 to 1; `None` when none were sent.
    pub share: Option<f64>,
    /// These tokens at the full price less what they did cost, in micro-dollars.
    pub saved: MicroUsd,
}

impl Savings {
    /// Of both caches, in micro-dollars.
    pub fn saved(&self) -> MicroUsd {
        self.answer_cache.saved + self.prompt_cache.saved
    }
}

/// Sums the rows up.
pub fn savings(rows: &[RequestRow]) -> Savings {
    let mut savings = Savings::default();
    let Savings { requests, answer_cache, prompt_cache } = &mut savings;
    for row in rows.iter().filter(|row| row.status.is_some()) {
        *requests += 1;
        prompt_cache.input_tokens = prompt_cache.input_tokens.saturating_add(row.usage.input_tokens);
        prompt_cache.cached_tokens = prompt_cache.cached_tokens.saturating_add(row.usage.cached_input_tokens);
        // A request is answered by the answer cache or by a model, never by both.
        match row.cache.as_deref() {
            None => prompt_cache.saved += row.saved,
            Some(way) => {
                answer_cache.saved += row.saved;
                *(if way == "exact" { &mut answer_cache.exact } else { &mut answer_cache.semantic }) += 1;
            }
        }
    }
    answer_cache.hit_rate = Rate::of(answer_cache.exact + answer_cache.semantic, *requests);
    let sent = prompt_cache.input_tokens;
    prompt_cache.share = (sent > 0).then(|| prompt_cache.cached_tokens as f64 / sent as f64);
    savings
}

#[cfg(test)]
mod tests;
