//! The providers that are there without being declared, and the one place where a provider's name is resolved, so
//! that the config check, the residency rule and the calls to a model agree on what a name means.

use super::project_file::{ProjectFile, Provider, ProviderKind};
use super::scalar::SecretRef;
use crate::jurisdiction::Jurisdiction;

/// The names of the providers that need no declaration.
pub const BUILTIN_PROVIDERS: [&str; 3] = ["openai", "local", "simulated"];

/// The provider of that name as it is when the project declares nothing, `None` for any other name.
///
/// OpenAI's public endpoint processes data in the United States unless another base URL is declared, so it counts as
/// `US` for the residency rule.
pub fn builtin_provider(name: &str) -> Option<Provider> {
    let provider = Provider::of_kind;
    match name {
        "openai" => Some(Provider {
            base_url: Some("https://api.openai.com/v1".to_owned()),
            api_key: Some(SecretRef::Env("OPENAI_API_KEY".to_owned())),
            jurisdiction: Some(Jurisdiction("US".to_owned())),
            ..provider(ProviderKind::Openai)
        }),
        "local" => Some(Provider { jurisdiction: Some(Jurisdiction::here()), ..provider(ProviderKind::Local) }),
        "simulated" => Some(Provider { jurisdiction: Some(Jurisdiction::here()), ..provider(ProviderKind::Simulated) }),
        _ => None,
    }
}

impl ProjectFile {
    /// The provider of that name: as declared, else built in.
    ///
    /// A declared `openai` without a `base_url` is still the public endpoint and keeps its key and jurisdiction where
    /// it names none of its own. With a `base_url` it is another server, and nothing of the built-in one is taken
    /// over: least of all the key.
    pub fn provider(&self, name: &str) -> Option<Provider> {
        let Some(declared) = self.providers.get(name) else { return builtin_provider(name) };
        let mut provider = declared.clone();
        if provider.base_url.is_none()
            && let Some(builtin) = builtin_provider(name).filter(|builtin| builtin.kind == provider.kind)
        {
            provider.base_url = builtin.base_url;
            provider.api_key = provider.api_key.or(builtin.api_key);
            provider.jurisdiction = provider.jurisdiction.or(builtin.jurisdiction);
        }
        Some(provider)
    }

    /// Every name that `provider` resolves, declared ones first.
    pub fn provider_names(&self) -> Vec<String> {
        let builtin = BUILTIN_PROVIDERS.into_iter().filter(|name| !self.providers.contains_key(*name));
        self.providers.keys().cloned().chain(builtin.map(str::to_owned)).collect()
    }
}
