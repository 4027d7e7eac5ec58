//! Whether every model that may answer exists, and may see the data.

use super::Judgement;
use super::written::relative_path;
use crate::declared::{EmbedderChoice, ModelRef, ProjectFile, Provider, ProviderKind};
use crate::diagnostic::Diagnostic;
use crate::jurisdiction::Jurisdiction;
use crate::reading::did_you_mean;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What of a provider can change an answer, or decides where the data goes. Its key is left out on purpose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KnownProvider {
    pub(crate) kind: ProviderKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) base_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jurisdiction: Option<Jurisdiction>,
}

impl From<Provider> for KnownProvider {
    fn from(provider: Provider) -> Self {
        Self { kind: provider.kind, base_url: provider.base_url, jurisdiction: provider.jurisdiction }
    }
}

/// What a provider's model is there for, as messages name it.
struct Role {
    whose: &'static str,
    help: &'static str,
}

const MODEL: Role =
    Role { whose: "", help: "take a model of an allowed jurisdiction, or one that runs here (`local/extractive`)" };
const RERANKER: Role =
    Role { whose: "", help: "take a reranker of an allowed jurisdiction, or one that runs here (`local/<folder>`)" };
const TIER: Role = Role {
    whose: "the guard's ",
    help: "take a model of an allowed jurisdiction, or a `classifier` in the project's folder",
};
const EMBEDDER: Role = Role {
    whose: "the embedder's ",
    help: "in shipway.toml, take an embedder of an allowed jurisdiction, or one that runs here (`minilm`, `lexical`)",
};

/// Providers by name.
pub(crate) type KnownProviders = BTreeMap<String, KnownProvider>;

impl ProjectFile {
    /// Every provider that a model reference may name.
    pub(crate) fn known_providers(&self) -> KnownProviders {
        let named = self.provider_names().into_iter();
        named.filter_map(|name| self.provider(&name).map(|provider| (name, provider.into()))).collect()
    }
}

impl Judgement<'_> {
    pub(super) fn model(&mut self, providers: &KnownProviders) {
        let model = &self.declared.model;
        let mut named = match &model.spread {
            None => vec![("/model/use".to_owned(), &model.primary)],
            Some(spread) => {
                let shares = spread.over.iter().enumerate();
                shares.map(|(index, share)| (format!("/model/spread/over/{index}/model"), &share.model)).collect()
            }
        };
        named.extend(model.escalate.iter().map(|escalate| ("/model/escalate/to".to_owned(), &escalate.to)));
        let fallback = model.fallback.iter().enumerate();
        named.extend(fallback.map(|(index, model)| (format!("/model/fallback/{index}"), model)));
        for (pointer, model) in named {
            let wrong = match providers.get(&model.provider) {
                None => Some(self.unknown_provider(&pointer, model, providers)),
                Some(provider) if provider.kind == ProviderKind::Local => self.unknown_local(&pointer, model),
                Some(provider) => self.residency(&pointer, &MODEL, model, provider),
            };
            self.found.0.extend(wrong);
        }
        self.spread();
        self.routing();
        self.escalate();
    }

    pub(super) fn reranker(&mut self, providers: &KnownProviders) {
        const POINTER: &str = "/retrieval/rerank/model";
        let Some(rerank) = self.declared.retrieval.as_ref().and_then(|retrieval| retrieval.rerank.as_ref()) else {
            return;
        };
        let model = &rerank.model;
        let wrong = match providers.get(&model.provider) {
            None => Some(self.unknown_provider(POINTER, model, providers)),
            Some(provider) if provider.kind == ProviderKind::Local => relative_path(&model.model).err().map(|_| {
                let wrong = self.source.at_value(POINTER, "this is no folder of the project");
                wrong.expected("`local/` and a path inside the project's folder, like \"local/models/reranker\"")
            }),
            Some(provider) => self.residency(POINTER, &RERANKER, model, provider),
        };
        self.found.0.extend(wrong);
    }

    /// The model that a guard asks where it is unsure.
    pub(super) fn tier(&mut self, pointer: &str, model: &ModelRef, providers: &KnownProviders) {
        let wrong = match providers.get(&model.provider) {
            None => Some(self.unknown_provider(pointer, model, providers)),
            Some(provider) if provider.kind == ProviderKind::Local => {
                let wrong = self.source.at_value(pointer, "no model that runs here judges texts by itself");
                Some(wrong.help("name a folder with a model as `classifier`, or a model of a provider"))
            }
            Some(provider) => self.residency(pointer, &TIER, model, provider),
        };
        self.found.0.extend(wrong);
    }

    /// Documents and questions leave for a provider's embedder, whatever model answers.
    pub(super) fn embedder(&mut self, embedder: &EmbedderChoice, providers: &KnownProviders) {
        let declared = self.declared;
        let has_texts = !declared.feeds.is_empty() || declared.retrieval.is_some() || declared.cache.is_some();
        if let EmbedderChoice::Provider(model) = embedder
            && let Some(provider) = providers.get(&model.provider)
            && has_texts
        {
            let wrong = self.residency("/residency/data", &EMBEDDER, model, provider);
            self.found.0.extend(wrong);
        }
    }

    fn spread(&mut self) {
        let model = &self.declared.model;
        let Some(spread) = &model.spread else { return };
        let named = |wanted: &ModelRef| spread.over.iter().any(|share| share.model == *wanted);
        if self.source.has("/model/use") && !named(&model.primary) {
            let wrong = self.source.at_value("/model/use", "`use` and `spread` both say who answers first");
            self.found.push(wrong.help("leave `use` out, or name its model in `spread.over`"));
        }
        for (index, share) in spread.over.iter().enumerate() {
            let pointer = format!("/model/spread/over/{index}/model");
            if spread.over[..index].iter().any(|earlier| earlier.model == share.model) {
                let wrong = self.source.at_value(&pointer, format!("`{}` is named twice", share.model));
                self.found.push(wrong.help("name each model once, with a larger `weight`"));
            }
        }
    }

    fn routing(&mut self) {
        let model = &self.declared.model;
        for (pointer, period) in [("/model/deadline", model.deadline), ("/model/hedge", model.hedge)] {
            if period.is_some_and(|period| period.as_duration().is_zero()) {
                let wrong = self.source.at_value(pointer, "with no time at all nobody can answer");
                self.found.push(wrong.expected("a time like \"800ms\" or \"30s\""));
            }
        }
        // What answers from this process begins at once: it is no second to wait for, and it cannot go on in another's
        // words.
        let others = model.chain().len() - 1;
        let asked_for = [("/model/hedge", model.hedge.is_some()), ("/model/continue_stream", model.continue_stream)];
        for (pointer, wanted) in asked_for {
            if wanted && others < 2 {
                let wrong = self.source.at_key(pointer, "there is no second model that could take over");
                self.found.push(wrong.help("name one in `fallback` or `spread`"));
            }
        }
    }

    fn unknown_provider(&self, pointer: &str, model: &ModelRef, providers: &KnownProviders) -> Diagnostic {
        let wrong = self.source.at_value(pointer, format!("there is no provider `{}`", model.provider));
        let names: Vec<String> = providers.keys().map(|name| format!("`{name}`")).collect();
        let near = did_you_mean(&model.provider, providers.keys().map(String::as_str));
        let wrong = wrong.expected(format!("a model of {}", names.join(", ")));
        wrong.help(format!("declare it in shipway.toml under `[providers.{}]`", model.provider)).maybe_help(near)
    }

    fn unknown_local(&self, pointer: &str, model: &ModelRef) -> Option<Diagnostic> {
        let only = ModelRef::local_extractive();
        let wrong = self.source.at_value(pointer, format!("there is no local model `{}`", model.model));
        (model.model != only.model).then(|| wrong.expected(format!("`{}/{}`", model.provider, only.model)))
    }

    /// What runs inside this process is always allowed; a provider that does not say where it runs never is.
    fn residency(&self, pointer: &str, role: &Role, model: &ModelRef, provider: &KnownProvider) -> Option<Diagnostic> {
        let stays_here =
            provider.kind == ProviderKind::Simulated || provider.jurisdiction == Some(Jurisdiction::here());
        let allowed = self.declared.residency.data.as_ref().filter(|_| !stays_here)?;
        let names: Vec<&str> = allowed.iter().map(|jurisdiction| jurisdiction.0.as_str()).collect();
        let rule = match names.as_slice() {
            [] => "`residency.data` lets the data go nowhere".to_owned(),
            names => format!("`residency.data` lets the data go to {} only", names.join(", ")),
        };
        let (whose, name) = (role.whose, &model.provider);
        match &provider.jurisdiction {
            Some(jurisdiction) if allowed.contains(jurisdiction) => None,
            Some(jurisdiction) => {
                let message = format!("{whose}provider `{name}` runs in {jurisdiction}, and {rule}");
                Some(self.source.at_value(pointer, message).help(role.help))
            }
            None => {
                let message = format!("nobody says where {whose}provider `{name}` runs, and {rule}");
                let help = format!("add `jurisdiction` to `[providers.{name}]` in shipway.toml");
                Some(self.source.at_value(pointer, message).help(help))
            }
        }
    }
}
