//! What tokens cost: the project's own prices first, then a dated table that is built in, else *unknown*, which is
//! never zero. Sums are whole micro-dollars, rounded half up once per attempt.

mod table;
#[cfg(test)]
mod tests;

pub(crate) use table::built_in;

use usecase::declared::Price;
use usecase::{Cost, MicroUsd, Usage};

/// The price of a model: one for every call, and for some models another one for calls with a very long input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rate {
    pub(crate) price: Price,
    /// From more than this many input tokens on, the whole call is priced so.
    pub(crate) long: Option<(u64, Price)>,
}

impl From<Price> for Rate {
    fn from(price: Price) -> Self {
        Self { price, long: None }
    }
}

impl Rate {
    fn of(&self, usage: &Usage) -> &Price {
        match &self.long {
            Some((over, price)) if usage.input_tokens > *over => price,
            _ => &self.price,
        }
    }

    pub(crate) fn is_free(&self) -> bool {
        let free = |price: &Price| price.input.0 <= 0 && price.output.0 <= 0;
        free(&self.price) && self.long.as_ref().is_none_or(|(_, price)| free(price))
    }
}

/// The cost of a call, unknown when its price is.
pub(crate) fn cost(rate: Option<&Rate>, usage: &Usage) -> Cost {
    match rate {
        Some(rate) => Cost::known(amount(rate.of(usage), usage)),
        // No token used is no money spent, whatever the price.
        None if usage.input_tokens == 0 && usage.output_tokens == 0 => Cost::ZERO,
        None => Cost::UNKNOWN,
    }
}

/// What reading from the provider's prompt cache saved: the call priced as if nothing of its input had been cached, less
/// what it cost. A dearer cache write makes the saving smaller, down to less than nothing.
pub(crate) fn saved(rate: Option<&Rate>, usage: &Usage) -> MicroUsd {
    let Some(rate) = rate else { return MicroUsd(0) };
    let uncached = Usage { cached_input_tokens: 0, cache_write_tokens: 0, ..*usage };
    MicroUsd(amount(rate.of(usage), &uncached).0 - amount(rate.of(usage), usage).0)
}

/// What a batch pays of an amount, rounded to the nearest micro-dollar; all of it where no share is known.
#[expect(clippy::cast_precision_loss, reason = "an amount of one call is far below 2^52 micro-dollars")]
#[expect(clippy::cast_possible_truncation, reason = "a share is no larger than the amount")]
pub(crate) fn of_batch(rate: Option<&Rate>, amount: MicroUsd) -> MicroUsd {
    match rate.and_then(|rate| rate.price.batch) {
        Some(share) => MicroUsd((amount.0 as f64 * share.fraction()).round() as i64),
        None => amount,
    }
}

/// Micro-dollars for a usage: (fresh input × input price + cached input × cached price + written input × write price +
/// output × output price) / 10⁶, rounded half up. Cached and written tokens are parts of the input and reasoning tokens
/// a part of the output, so each token is priced once.
pub(crate) fn amount(price: &Price, usage: &Usage) -> MicroUsd {
    let cached = usage.cached_input_tokens.min(usage.input_tokens);
    let written = usage.cache_write_tokens.min(usage.input_tokens - cached);
    let fresh = usage.input_tokens - cached - written;
    let part = |tokens: u64, rate: MicroUsd| i128::from(tokens) * i128::from(rate.0.max(0));
    let parts = [
        part(fresh, price.input),
        part(cached, price.cached_input.unwrap_or(price.input)),
        part(written, price.cache_write.unwrap_or(price.input)),
        part(usage.output_tokens, price.output),
        500_000,
    ];
    let millionths = parts.into_iter().fold(0_i128, i128::saturating_add);
    MicroUsd(i64::try_from(millionths / 1_000_000).unwrap_or(i64::MAX))
}
