//! OpenAI's wire format: converted once on the way in (`request`), once on the way out (`response`, `stream`). No other
//! room knows it.

pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod stream;
#[cfg(test)]
mod tests;
