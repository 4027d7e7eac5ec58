//! What the schema cannot tell: whether the values make sense together. Every check adds to one list, so that all
//! mistakes are shown at once; none of them touches the disk, so that a stored bundle is judged by the same rules.

mod cache;
mod escalate;
mod feed_sources;
mod feed_stores;
mod feeds;
mod guard;
mod model;
mod project;
mod release;
mod topics;
mod written;

pub(crate) use guard::read_schema;
pub(crate) use model::KnownProviders;
pub(crate) use project::of_project;
pub(crate) use topics::read_topics;
pub(crate) use written::{glob, is_use_case_name, relative_path};

use crate::declared::{EmbedderChoice, UseCaseFile};
use crate::diagnostic::Diagnostics;
use crate::reading::Source;

/// A declaration under judgement: its values, their places, and what was found so far.
struct Judgement<'a> {
    declared: &'a UseCaseFile,
    source: &'a Source,
    found: Diagnostics,
}

/// Everything that can be said against a use case without looking at its folder. Providers and embedder are the project's.
pub(crate) fn of_use_case(
    declared: &UseCaseFile,
    source: &Source,
    providers: &KnownProviders,
    embedder: &EmbedderChoice,
) -> Diagnostics {
    let mut judgement = Judgement { declared, source, found: Diagnostics::default() };
    judgement.usecase();
    judgement.outcome();
    judgement.feeds();
    judgement.retrieval();
    judgement.context();
    judgement.prompt();
    judgement.model(providers);
    judgement.reranker(providers);
    judgement.embedder(embedder, providers);
    judgement.guard(providers);
    judgement.cache();
    judgement.evals();
    judgement.release();
    judgement.found
}

impl Judgement<'_> {
    fn usecase(&mut self) {
        let section = &self.declared.usecase;
        let texts = [("/usecase/summary", &section.summary), ("/usecase/owner/team", &section.owner.team)];
        for (pointer, text) in texts {
            if text.trim().is_empty() {
                self.found.push(self.source.at_value(pointer, "this is empty").expected("a few words"));
            }
        }
        if !written::is_email(&section.owner.contact) {
            let wrong = self.source.at_value("/usecase/owner/contact", "this does not look like an e-mail address");
            self.found.push(wrong.expected("an address that a person reads, like \"care@example.com\""));
        }
        let oncall = section.owner.oncall.as_deref();
        if oncall.is_some_and(|place| !written::is_email(place) && !written::is_web_address(place)) {
            let wrong = self.source.at_value("/usecase/owner/oncall", "nobody can be woken at this place");
            self.found.push(wrong.expected("a webhook (\"https://…\") or an e-mail address"));
        }
    }

    fn outcome(&mut self) {
        let success = &self.declared.outcome.success;
        if success.is_empty() || success.iter().any(|name| name.trim().is_empty()) {
            let wrong = self.source.at_value("/outcome/success", "without a name for it no outcome can be a success");
            self.found.push(wrong.expected("the outcomes that count as success, like [\"resolved\"]"));
        }
    }

    fn context(&mut self) {
        for (index, block) in self.declared.context.iter().enumerate() {
            let pointer = format!("/context/{index}/name");
            if !written::is_identifier(&block.name) {
                let wrong = self.source.at_value(&pointer, "templates could not name this context block");
                self.found.push(wrong.expected("letters, digits and `_`, beginning with a letter, like \"cart\""));
            }
            if self.declared.context[..index].iter().any(|earlier| earlier.name == block.name) {
                let message = format!("there are two context blocks with the name `{}`", block.name);
                self.found.push(self.source.at_value(&pointer, message).help("give each its own name"));
            }
        }
    }

    fn prompt(&mut self) {
        if let Some(template) = &self.declared.prompt.template {
            self.path_inside("/prompt/template", template);
        }
    }

    fn evals(&mut self) {
        self.glob_inside("/evals/cases", &self.declared.evals.cases);
    }

    fn path_inside(&mut self, pointer: &str, path: &str) {
        if let Err(message) = relative_path(path) {
            self.found.push(self.source.at_value(pointer, message).expected("a path inside the use case's folder"));
        }
    }

    fn glob_inside(&mut self, pointer: &str, glob: &str) {
        let compiled = relative_path(glob).and_then(|glob| written::glob(&glob));
        if let Err(message) = compiled {
            let wrong = self.source.at_value(pointer, message);
            self.found.push(wrong.expected("a pattern for paths inside the use case's folder, like \"docs/**/*.md\""));
        }
    }
}

#[cfg(test)]
mod tests;
