//! The built-in price table, read once from `prices.toml`.

use super::Rate;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use usecase::MicroUsd;
use usecase::declared::{Percent, Price};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    as_of: String,
    hosts: BTreeMap<String, BTreeMap<String, Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    input: MicroUsd,
    cached_input: Option<MicroUsd>,
    cache_write: Option<MicroUsd>,
    output: MicroUsd,
    batch: Option<Percent>,
    long: Option<LongRow>,
    /// The day this row was read, where it is another than the table's.
    as_of: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LongRow {
    over: u64,
    input: MicroUsd,
    cached_input: Option<MicroUsd>,
    output: MicroUsd,
}

/// Left empty if the file could not be read: prices are then unknown, and a test says that it can be.
static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| toml::from_str(include_str!("prices.toml")).ok());

/// The price of a model at the host that serves it (`api.openai.com`), or in this process (`local`, `simulated`). The
/// same model name at another host is another offer at another price, and unknown here.
pub(crate) fn built_in(host: &str, model: &str) -> Option<Rate> {
    let table = TABLE.as_ref()?;
    let models = table.hosts.get(host)?;
    let row = models.get(model).or_else(|| models.get(without_date(model)?)).or_else(|| models.get("*"))?;
    let price = |input, cached_input, cache_write, output| Price {
        input,
        cached_input,
        cache_write,
        output,
        batch: row.batch,
        as_of: row.as_of.clone().unwrap_or_else(|| table.as_of.clone()),
    };
    Some(Rate {
        price: price(row.input, row.cached_input, row.cache_write, row.output),
        long: row.long.as_ref().map(|long| (long.over, price(long.input, long.cached_input, None, long.output))),
    })
}

/// `gpt-5-mini` of `gpt-5-mini-2025-08-07`, `claude-haiku-4-5` of `claude-haiku-4-5-20251001`.
fn without_date(model: &str) -> Option<&str> {
    let ends_as = |shape: &str| {
        let (name, date) = model.split_at_checked(model.len().checked_sub(shape.len())?)?;
        let fits = |(byte, of): (u8, u8)| if of == b'-' { byte == of } else { byte.is_ascii_digit() };
        date.bytes().zip(shape.bytes()).all(fits).then_some(name)
    };
    ends_as("-2025-08-07").or_else(|| ends_as("-20250807"))
}
