//! What was declared, looked up by name: providers, prices, and which models there are. `openai`, `local` and
//! `simulated` exist without being declared.

use crate::error::Error;
use crate::price::{self, Rate};
use crate::provider::{self, Target};
use crate::residency::{self, Cleared};
use crate::routing::Vitals;
use crate::tokens;
use std::collections::BTreeMap;
use std::sync::Arc;
use usecase::declared::{ModelRef, Price, ProjectFile, Residency};
use usecase::{ChatRequest, Cost, Usage};

/// Every provider and price of a project. Cheap to clone; all clones share connections.
#[derive(Clone)]
pub struct Models {
    targets: Arc<BTreeMap<String, Arc<Target>>>,
    prices: Arc<BTreeMap<ModelRef, Arc<Rate>>>,
    vitals: Arc<Vitals>,
}

impl Models {
    /// Checks the declared providers and prices; opens no connection and reads no key.
    pub fn new(file: &ProjectFile) -> Result<Self, Error> {
        let mut targets = BTreeMap::new();
        for name in file.provider_names() {
            // As the config check resolved it, so that both mean the same provider.
            if let Some(provider) = file.provider(&name) {
                targets.insert(name.clone(), Arc::new(provider::target(&name, &provider)?));
            }
        }
        let mut prices = BTreeMap::new();
        for (key, price) in &file.prices {
            prices.insert(priced_model(key, price)?, Arc::new(Rate::from(price.clone())));
        }
        let vitals = Arc::new(Vitals::new(file.limits.breaker));
        Ok(Self { targets: Arc::new(targets), prices: Arc::new(prices), vitals })
    }

    /// Whether the model's provider is there and has, as far as we can tell, such a model.
    pub fn knows(&self, model: &ModelRef) -> bool {
        self.target(model).is_ok()
    }

    /// The models to offer by name: those with a declared price, and the one that is always there.
    pub fn list(&self) -> Vec<ModelRef> {
        let mut models: Vec<ModelRef> = self.prices.keys().filter(|model| self.knows(model)).cloned().collect();
        let local = ModelRef::local_extractive();
        if !models.contains(&local) {
            models.push(local);
        }
        models
    }

    /// The price of a million tokens, declared or built in; `None` is unknown.
    pub fn price_of(&self, model: &ModelRef) -> Option<Price> {
        self.rate(model).map(|rate| rate.price.clone())
    }

    /// The most that one answered call may use: its input estimated (with passages that are still to be retrieved, in
    /// characters), its output at the smaller of the request's own limit and this one, in tokens, or at
    /// [`tokens::DEFAULT_OUTPUT_TOKENS`] where there is neither.
    pub fn most_usage(&self, request: &ChatRequest, passages_chars: usize, limit: Option<u64>) -> Usage {
        Usage {
            input_tokens: tokens::of_request(request) + tokens::of_characters(passages_chars),
            output_tokens: tokens::most_output(request, limit),
            estimated: true,
            ..Usage::default()
        }
    }

    /// What a model takes for so many tokens; unknown without a price.
    pub fn cost(&self, model: &ModelRef, usage: &Usage) -> Cost {
        price::cost(self.rate(model).as_deref(), usage)
    }

    /// The input tokens of a request, estimated without asking anybody.
    pub fn estimated_tokens(&self, request: &ChatRequest) -> u64 {
        tokens::of_request(request)
    }

    /// Proves that data under this rule may go to that model's provider, or says why it may not.
    pub fn clear(&self, rule: &Residency, model: &ModelRef) -> Result<Cleared, Error> {
        let target = self.target(model)?;
        residency::check(rule, model, target.jurisdiction.as_ref())?;
        let vital = self.vitals.of(model);
        Ok(Cleared { model: Arc::new(model.clone()), target: target.clone(), price: self.rate(model), vital })
    }

    pub(crate) fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    fn target(&self, model: &ModelRef) -> Result<&Arc<Target>, Error> {
        let unknown = || Error::UnknownProvider { provider: model.provider.clone() };
        let target = self.targets.get(&model.provider).ok_or_else(unknown)?;
        target.adapter.expect_model(model)?;
        Ok(target)
    }

    fn rate(&self, model: &ModelRef) -> Option<Arc<Rate>> {
        let built_in = || price::built_in(self.targets.get(&model.provider)?.adapter.price_host(), &model.model);
        self.prices.get(model).cloned().or_else(|| built_in().map(Arc::new))
    }
}

fn priced_model(key: &str, price: &Price) -> Result<ModelRef, Error> {
    let bad = |what: &str| Error::BadPrice { key: key.to_owned(), what: what.to_owned() };
    if [Some(price.input), price.cached_input, price.cache_write, Some(price.output)]
        .into_iter()
        .flatten()
        .any(|amount| amount.0 < 0)
    {
        return Err(bad("a price cannot be negative"));
    }
    ModelRef::parse(key).ok_or_else(|| bad("expected a model as \"provider/model\""))
}
