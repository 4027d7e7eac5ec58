//! From page to page: whatever the way, it ends in the address of the next question.

use crate::parse;
use crate::source::reach::{Answer, origin};
use reqwest::Url;
use reqwest::header::LINK;
use serde_json::Value;
use usecase::declared::Paging;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) url: Url,
    /// The page's number, or how many documents lie before it, where pages are counted.
    pub(super) number: u64,
}

impl Step {
    pub(super) fn first(url: &Url, paging: Option<&Paging>) -> Self {
        match paging {
            Some(Paging::Page { parameter, first }) => {
                Self { url: with_query(url, parameter, &first.to_string()), number: *first }
            }
            _ => Self { url: url.clone(), number: 0 },
        }
    }
}

/// What the next question depends on.
pub(super) struct Next<'a> {
    pub(super) step: &'a Step,
    pub(super) answer: &'a Answer,
    pub(super) body: &'a Value,
    /// Documents on this page.
    pub(super) items: usize,
}

impl Next<'_> {
    /// The next question; `None` after the last page.
    ///
    /// # Errors
    /// The answer leads to no address, or to another host: that one was not declared.
    pub(super) fn find(&self, paging: Option<&Paging>) -> Result<Option<Step>, String> {
        let Some(paging) = paging else { return Ok(None) };
        match paging {
            Paging::NextUrl(pointer) => self.at(parse::as_text(self.body.pointer(pointer))),
            Paging::LinkHeader(_) => {
                let headers = self.answer.headers.get_all(LINK).iter().filter_map(|header| header.to_str().ok());
                self.at(headers.filter_map(next_link).next())
            }
            Paging::Cursor { pointer, parameter } => {
                let token = self.body.pointer(pointer).filter(|token| !matches!(token, Value::Bool(false)));
                Ok(parse::as_text(token).map(|token| self.counted(parameter, &token, 0)))
            }
            Paging::Page { .. } | Paging::Offset { .. } if self.items == 0 => Ok(None),
            Paging::Page { parameter, .. } => {
                let number = self.step.number.saturating_add(1);
                Ok(Some(self.counted(parameter, &number.to_string(), number)))
            }
            Paging::Offset { parameter } => {
                let number = self.step.number.saturating_add(self.items as u64);
                Ok(Some(self.counted(parameter, &number.to_string(), number)))
            }
        }
    }

    fn at(&self, address: Option<String>) -> Result<Option<Step>, String> {
        let Some(address) = address else { return Ok(None) };
        let url =
            self.answer.url.join(&address).map_err(|_| "the next page has no address that can be read".to_owned())?;
        match same_origin(&url, &self.step.url) {
            true => Ok(Some(Step { url, number: 0 })),
            false => Err(format!("its next page is said to lie at {}, which is another place", origin(&url))),
        }
    }

    fn counted(&self, parameter: &str, value: &str, number: u64) -> Step {
        Step { url: with_query(&self.step.url, parameter, value), number }
    }
}

pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

/// The address with one parameter set, in place of the one that was there.
pub(super) fn with_query(url: &Url, name: &str, value: &str) -> Url {
    let others: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    url
}

/// The target of `rel="next"` in a `Link` header (RFC 8288 §3).
pub(super) fn next_link(header: &str) -> Option<String> {
    unquoted(header, ',').into_iter().find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next =
            unquoted(parameters, ';').into_iter().filter_map(|one| one.split_once('=')).any(|(name, value)| {
                let mut kinds = value.trim().trim_matches('"').split_whitespace();
                name.trim().eq_ignore_ascii_case("rel") && kinds.any(|kind| kind.eq_ignore_ascii_case("next"))
            });
        is_next.then(|| target.trim().to_owned())
    })
}

/// Parts a text where the separator stands neither in quotes nor in an address.
fn unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut address) = (false, false);
    text.split(|c: char| {
        quoted ^= c == '"' && !address;
        address = !quoted && (c == '<' || address && c != '>');
        c == separator && !quoted && !address
    })
    .collect()
}
