//! Feeds and the retrieval that searches what they fill.

use super::{Judgement, written};
use crate::declared::{ContractCheck, Feed, RowCount, read_cron};
use crate::diagnostic::Diagnostic;
use crate::reading::{did_you_mean, escape};
use std::time::Duration;

impl Judgement<'_> {
    pub(super) fn feeds(&mut self) {
        for (name, feed) in &self.declared.feeds {
            let pointer = format!("/feeds/{}", escape(name));
            if !written::is_plain_name(name) {
                let wrong = self.source.at_key(&pointer, format!("a feed cannot be called `{name}`"));
                self.found.push(wrong.expected("lower-case letters, digits, `-` and `_`, at most 64"));
            }
            self.feed_sources(&pointer, feed);
            self.schedule(&pointer, feed);
            for (index, check) in feed.checks.iter().enumerate() {
                self.contract_check(&format!("{pointer}/checks/{index}"), check);
            }
        }
    }

    /// A feed has one source.
    fn feed_sources(&mut self, pointer: &str, feed: &Feed) {
        let sources = feed.sources();
        if let [_, second, ..] = sources[..] {
            let wrong =
                self.source.at_key(&format!("{pointer}/{}", second.kind()), "a feed has one source, this has more");
            self.found.push(wrong.help("declare a feed for each; a use case searches as many as it likes"));
        }
        match sources.first() {
            None => {
                let wrong = self.source.at_key(pointer, "nobody says where its documents come from");
                self.found
                    .push(wrong.expected("one of `files`, `http`, `api`, `sql`, `s3`, `kafka`, `webhook`, `git`"));
            }
            Some(source) => {
                self.web_source(pointer, *source);
                self.store_source(pointer, *source);
            }
        }
    }

    fn schedule(&mut self, pointer: &str, feed: &Feed) {
        let cron_at = format!("{pointer}/cron");
        if feed.every.is_some() && feed.cron.is_some() {
            let wrong = self.source.at_key(&cron_at, "a feed has one schedule, this has `every` and `cron`");
            self.found.push(wrong.help("keep one of the two"));
        }
        if let Some(Err(message)) = feed.cron.as_deref().map(read_cron) {
            let wrong = self.source.at_value(&cron_at, message);
            self.found.push(wrong.expected("minute, hour, day of month, month, day of week, like \"0 6 * * 1-5\""));
        }
        if feed.every.is_some_and(|every| every.as_duration() < Duration::from_secs(1)) {
            let wrong = self.source.at_value(&format!("{pointer}/every"), "a feed cannot be refreshed this often");
            self.found.push(wrong.expected("at least \"1s\""));
        }
        if let (Some(every), Some(within)) = (feed.every, feed.fresh_within)
            && within < every
        {
            let message = "the data would be stale before it is next refreshed";
            let wrong = self.source.at_value(&format!("{pointer}/fresh_within"), message);
            self.found.push(wrong.expected(format!("at least {every}, as `every` says")));
        }
    }

    fn contract_check(&mut self, pointer: &str, check: &ContractCheck) {
        let wrong = match check {
            ContractCheck::NotNull(field) if field.trim().is_empty() => {
                self.source.at_value(&format!("{pointer}/not_null"), "this names no field")
            }
            ContractCheck::Unique(field) if field.trim().is_empty() => {
                self.source.at_value(&format!("{pointer}/unique"), "this names no field")
            }
            ContractCheck::AcceptedValues { values, .. } if values.is_empty() => {
                let pointer = format!("{pointer}/accepted_values/values");
                self.source.at_value(&pointer, "no document could pass: no value is accepted")
            }
            ContractCheck::RowCount(limits) => match self.row_count(pointer, limits) {
                Some(wrong) => wrong,
                None => return,
            },
            _ => return,
        };
        self.found.push(wrong);
    }

    fn row_count(&self, pointer: &str, limits: &RowCount) -> Option<Diagnostic> {
        let message = match (limits.min, limits.max) {
            (None, None) => "this limits nothing: give `min`, `max` or both",
            (Some(min), Some(max)) if min > max => "no number of documents is at least `min` and at most `max`",
            _ => return None,
        };
        Some(self.source.at_value(&format!("{pointer}/row_count"), message))
    }

    pub(super) fn retrieval(&mut self) {
        let Some(retrieval) = &self.declared.retrieval else { return };
        let feeds = &self.declared.feeds;
        if retrieval.collections.is_empty() {
            let wrong = self.source.at_value("/retrieval/collections", "there is nothing to search");
            self.found.push(wrong.expected("the name of at least one feed"));
        }
        for (index, name) in retrieval.collections.iter().enumerate() {
            let pointer = format!("/retrieval/collections/{index}");
            if !feeds.contains_key(name) {
                let wrong = self.source.at_value(&pointer, format!("no feed fills the collection `{name}`"));
                let help = did_you_mean(name, feeds.keys().map(String::as_str));
                let wrong = wrong.help(format!("declare it under `[feeds.{name}]`")).maybe_help(help);
                self.found.push(wrong);
            }
            if retrieval.collections[..index].contains(name) {
                self.found.push(self.source.at_value(&pointer, format!("the collection `{name}` is named twice")));
            }
        }
        for (index, facet) in retrieval.facets.iter().enumerate() {
            if facet.trim().is_empty() {
                self.found.push(self.source.at_value(&format!("/retrieval/facets/{index}"), "this names no field"));
            }
        }
    }
}
