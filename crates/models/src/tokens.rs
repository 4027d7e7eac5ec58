//! Tokens counted without a tokenizer, for reservations before a call and for upstreams that report nothing.
//!
//! The count is meant to err upwards: a budget reserved too large is given back, one reserved too small is overspent.
//! A token of the common byte-pair vocabularies covers about 4.4 letters of English prose, fewer of anything else, so
//! the count takes to a token 4 ASCII letters or spaces, 2 digits or other alphabetic characters, 4/3 ASCII signs, or
//! 1 ideograph, kana, syllable or pictograph. Counting is in quarters of a token, so that pieces of a stream add up to
//! the whole.

#[cfg(test)]
mod tests;

use serde_json::Value;
use usecase::{ChatRequest, Content, Message};

/// The output that is reserved for when a request and its use case set no limit, in tokens.
pub(crate) const DEFAULT_OUTPUT_TOKENS: u64 = 4096;

/// What a picture, sound or file is counted as, in tokens: the usual price of a picture in high detail.
const TOKENS_OF_MEDIA: u64 = 1105;

/// The wrapping of one message (role, separators), in tokens: 3 or 4 in the published chat formats.
const TOKENS_AROUND_MESSAGE: u64 = 4;

/// A running count, in quarters of a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    quarters: u64,
}

impl Count {
    pub(crate) fn add(&mut self, text: &str) {
        let ascii = |byte: &u8| u64::from(QUARTERS_OF_ASCII[usize::from(byte & 0x7f)]);
        self.quarters += match text.is_ascii() {
            true => text.as_bytes().iter().map(ascii).sum::<u64>(),
            false => text.chars().map(quarters).sum(),
        };
    }

    /// Adds every text of a JSON value; the names of its fields and its punctuation cost a token or so each.
    pub(crate) fn add_value(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::Bool(_) => self.quarters += 4,
            Value::Number(number) => self.add(&number.to_string()),
            Value::String(text) if text.starts_with("data:") => self.quarters += 4 * TOKENS_OF_MEDIA,
            Value::String(text) => self.add(text),
            Value::Array(items) => items.iter().for_each(|item| self.add_value(item)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    self.add(name);
                    self.quarters += 4;
                    self.add_value(field);
                }
            }
        }
    }

    /// Whole tokens, rounded up.
    pub(crate) fn tokens(self) -> u64 {
        self.quarters.div_ceil(4)
    }
}

/// The same for each ASCII character, looked up: most texts are ASCII, and every request is counted.
static QUARTERS_OF_ASCII: [u8; 128] = {
    let mut table = [3; 128];
    let mut at = 0;
    while at < 128 {
        table[at] = match at as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b' ' => 1,
            b'0'..=b'9' => 2,
            _ => 3,
        };
        at += 1;
    }
    table
};

fn quarters(c: char) -> u64 {
    match c {
        'a'..='z' | 'A'..='Z' | ' ' => 1,
        '0'..='9' => 2,
        '\0'..='\x7f' => 3,
        // Up to here alphabets (Latin with accents, Greek, Cyrillic, Hebrew, Arabic, Indic …), from here syllabaries,
        // ideographs and pictographs.
        '\u{80}'..='\u{10ff}' => 2,
        _ => 4,
    }
}

/// Tokens of one text, estimated.
pub(crate) fn of_text(text: &str) -> u64 {
    let mut count = Count::default();
    count.add(text);
    count.tokens()
}

/// Tokens of a number of characters whose text is not known yet, such as passages still to be retrieved.
pub(crate) fn of_characters(characters: usize) -> u64 {
    (characters as u64).div_ceil(4)
}

/// Input tokens of a request, estimated: its messages, its tools, its response format.
pub(crate) fn of_request(request: &ChatRequest) -> u64 {
    let mut count = Count::default();
    request.messages.iter().for_each(|message| add_message(&mut count, message));
    for name in ["tools", "functions", "response_format"] {
        request.rest.get(name).into_iter().for_each(|value| count.add_value(value));
    }
    count.tokens()
}

fn add_message(count: &mut Count, message: &Message) {
    count.quarters += 4 * TOKENS_AROUND_MESSAGE;
    match &message.content {
        Content::Text(text) => count.add(text),
        Content::Absent => {}
        Content::Parts(parts) => parts.iter().for_each(|part| match part.get("text") {
            Some(text) => count.add_value(text),
            None => count.quarters += 4 * TOKENS_OF_MEDIA,
        }),
    }
    message.rest.values().for_each(|value| count.add_value(value));
}

/// The most output tokens that a request may cause: its own limit, or the smaller one set for it, for each of its choices.
pub(crate) fn most_output(request: &ChatRequest, limit: Option<u64>) -> u64 {
    let number = |name: &str| request.rest.get(name).and_then(Value::as_u64);
    let own = number("max_completion_tokens").or(number("max_tokens"));
    let limit = own.into_iter().chain(limit).min().unwrap_or(DEFAULT_OUTPUT_TOKENS);
    limit.saturating_mul(number("n").unwrap_or(1).max(1))
}
