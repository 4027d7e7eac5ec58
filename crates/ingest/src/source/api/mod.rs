//! Documents from a JSON API, page by page. With `since` only what changed is asked for; a walk that ends early (a limit,
//! a page that fails) goes on at the next run where it ended.

mod paging;
mod position;

use super::object::Keys;
use crate::error::{Error, Result};
use crate::parse;
use crate::source::reach::{Answer, Patience, Reach, read_address, shown};
use crate::source::{Content, Item, Since, Source, Taker, Walked};
use paging::{Next, Step};
use position::{Position, later};
use reqwest::Url;
use serde_json::{Map, Value};
use std::collections::HashSet;
use usecase::declared::ApiSource;

pub(crate) struct ApiPages {
    declared: ApiSource,
    url: Url,
    keys: Keys,
    reach: Reach,
}

impl ApiPages {
    /// # Errors
    /// The address is none, or a secret is not there.
    pub(crate) fn new(declared: &ApiSource) -> Result<Self> {
        Self::patient(declared, Patience::default())
    }

    fn patient(declared: &ApiSource, patience: Patience) -> Result<Self> {
        let reason = "it is no address of http or https".to_owned();
        let url = read_address(&declared.url, None);
        let url = url.ok_or_else(|| Error::Source { place: declared.url.clone(), reason })?;
        let reach = Reach::new(&declared.allow_private, patience)?;
        let reach = reach.with_headers(&declared.headers, [url.clone()])?;
        let keys = Keys {
            id: declared.id.clone(),
            text: declared.text.clone(),
            title: declared.title.clone(),
            deleted: declared.deleted.clone(),
        };
        Ok(Self { declared: declared.clone(), url, keys, reach })
    }

    /// The first question, for everything or for what changed.
    fn first(&self, since: Option<&Value>) -> Step {
        let first = Step::first(&self.url, self.declared.paging.as_ref());
        match (&self.declared.since, since.and_then(|since| parse::as_text(Some(since)))) {
            (Some(parameter), Some(since)) => Step { url: paging::with_query(&first.url, parameter, &since), ..first },
            _ => first,
        }
    }

    /// One page: its documents, and all that was answered.
    fn fetch(&self, step: &Step) -> std::result::Result<(Vec<Value>, Answer, Value), String> {
        let answer = self.reach.get(&step.url).map_err(|trouble| trouble.to_string())?;
        if !answer.is_success() {
            return Err(format!("its server answered {}", answer.status));
        }
        let mut body: Value =
            serde_json::from_slice(&answer.body).map_err(|error| format!("the answer is no JSON ({error})"))?;
        match body.pointer_mut(&self.declared.items).map(Value::take) {
            Some(Value::Array(items)) => Ok((items, answer, body)),
            _ => Err(format!("the answer has no list at `items = \"{}\"`", self.declared.items)),
        }
    }

    /// A document, with what lies deeper in it lifted to where it is looked for.
    fn content(&self, id: &str, mut object: Map<String, Value>) -> Content {
        let declared = [Some(&self.keys.text), Some(&self.keys.title), self.keys.deleted.as_ref()];
        for key in declared.into_iter().flatten().filter(|key| key.starts_with('/')) {
            if let Some(found) = pick(&object, key).cloned() {
                object.insert(key.clone(), found);
            }
        }
        if self.declared.html
            && let Some(Value::String(html)) = object.get_mut(&self.keys.text)
        {
            match parse::html_text(html) {
                Ok(text) => *html = text,
                Err(reason) => return Content::Refused(reason),
            }
        }
        self.keys.content(id, object)
    }
}

/// A key of the object, or, where it begins with a slash, what a JSON pointer leads to.
fn pick<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    let Some(pointer) = key.strip_prefix('/') else { return object.get(key) };
    let (first, rest) = pointer.split_once('/').map_or((pointer, None), |(first, rest)| (first, Some(rest)));
    let found = object.get(&first.replace("~1", "/").replace("~0", "~"))?;
    rest.map_or(Some(found), |rest| found.pointer(&format!("/{rest}")))
}

/// One walk.
struct Walk<'a> {
    api: &'a ApiPages,
    taker: &'a mut dyn Taker,
    /// Names that were given over: documents move between pages while these are read.
    given: HashSet<String>,
    asked: HashSet<Url>,
    largest: Option<Value>,
    walked: Walked,
}

impl Walk<'_> {
    /// Reads pages until there are no more. What could be had is kept when a later page fails.
    ///
    /// # Errors
    /// The first page fails, or the pages go in a circle.
    fn read(&mut self, first: Step, since: Option<&Value>) -> Result<()> {
        let mut step = first;
        let mut before = Vec::new();
        for number in 0..self.api.declared.max_pages {
            self.asked.insert(step.url.clone());
            let (items, answer, body) = match self.api.fetch(&step) {
                Ok(page) => page,
                Err(reason) if number == 0 => return Err(self.failure(&step, reason)),
                Err(reason) => {
                    let place = shown(&step.url);
                    self.walked.warnings.push(format!("{place}: {reason}; the next run goes on there"));
                    self.leave_off(&step, since);
                    return Ok(());
                }
            };
            if !items.is_empty() && answer.body == before {
                let reason = "two pages are the same; is the parameter under `paging` the one that the API knows?";
                return Err(self.failure(&step, reason.to_owned()));
            }
            let empty = items.is_empty();
            let next = Next { step: &step, answer: &answer, body: &body, items: items.len() };
            let next = next.find(self.api.declared.paging.as_ref()).map_err(|reason| self.failure(&step, reason))?;
            self.give(&step, items)?;
            match next {
                None => return Ok(()),
                Some(next) if self.asked.contains(&next.url) && empty => return Ok(()),
                Some(next) if self.asked.contains(&next.url) => {
                    return Err(self.failure(&step, "its pages go in a circle".to_owned()));
                }
                Some(next) => step = next,
            }
            before = answer.body;
        }
        let limit = self.api.declared.max_pages;
        self.walked.warnings.push(format!("there are more pages than max_pages = {limit}; the next run goes on there"));
        self.walked.more = true;
        self.leave_off(&step, since);
        Ok(())
    }

    fn failure(&self, step: &Step, reason: String) -> Error {
        Error::Source { place: shown(&step.url), reason }
    }

    fn leave_off(&mut self, step: &Step, since: Option<&Value>) {
        self.walked.whole = false;
        let position = Position { since: since.cloned(), largest: self.largest.take(), next: Some(step.clone()) };
        self.walked.cursor = Some(position.write());
    }

    fn give(&mut self, step: &Step, items: Vec<Value>) -> Result<()> {
        for (index, item) in items.into_iter().enumerate() {
            let Value::Object(object) = item else {
                self.refuse(step, index, "it is no object")?;
                continue;
            };
            let Some(id) = parse::as_text(pick(&object, &self.api.keys.id)) else {
                self.refuse(step, index, &format!("it has no id: `{}` is missing or empty", self.api.keys.id))?;
                continue;
            };
            let moment = self.api.declared.since_key.as_ref().and_then(|key| pick(&object, key));
            if let Some(moment) = moment.filter(|moment| later(moment, self.largest.as_ref())) {
                self.largest = Some(moment.clone());
            }
            if self.given.insert(id.clone()) {
                let content = self.api.content(&id, object);
                self.taker.take(Item { name: id, version: None, content })?;
            }
        }
        Ok(())
    }

    /// Which document this is, nobody knows: none counts as gone.
    fn refuse(&mut self, step: &Step, index: usize, reason: &str) -> Result<()> {
        self.walked.whole = false;
        let name = format!("{}#{}", shown(&step.url), step.number.saturating_add(index as u64));
        if !self.given.insert(name.clone()) {
            return Ok(());
        }
        self.taker.take(Item { name, version: None, content: Content::Refused(reason.to_owned()) })
    }
}

impl Source for ApiPages {
    fn walk(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        let position = Position::read(since.cursor);
        let (given, asked) = (HashSet::new(), HashSet::new());
        let mut walk = Walk { api: self, taker, given, asked, largest: position.largest, walked: Walked::default() };
        let since = position.since.filter(|_| self.declared.since.is_some());
        // A place in the pages may not hold for long: it is tried, and where it fails everything begins anew.
        let begun = match position.next.filter(|step| paging::same_origin(&step.url, &self.url)) {
            Some(step) => self.fetch(&step).is_ok().then_some(step),
            None => None,
        };
        walk.walked.whole = begun.is_none() && since.is_none();
        walk.read(begun.unwrap_or_else(|| self.first(since.as_ref())), since.as_ref())?;
        if walk.walked.cursor.is_none() && self.declared.since.is_some() {
            let newest = walk.largest.filter(|largest| later(largest, since.as_ref())).or(since);
            walk.walked.cursor = Some(Position { since: newest, largest: None, next: None }.write());
        }
        Ok(walk.walked)
    }
}

#[cfg(test)]
mod tests;
