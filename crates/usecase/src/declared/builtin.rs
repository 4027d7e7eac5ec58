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

impl ProviderKind {
    /// Where a provider of this kind lives when nothing else is declared. OpenAI is there under its own name only, Azure
    /// and AWS have no address that serves everyone.
    pub fn base_url(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Gemini => Some("https://generativelanguage.googleapis.com/v1beta"),
            Self::Cohere => Some("https://api.cohere.com"),
            Self::Vllm => Some("http://127.0.0.1:8000/v1"),
            Self::Ollama => Some("http://127.0.0.1:11434/v1"),
            Self::LlamaCpp => Some("http://127.0.0.1:8080/v1"),
            Self::Mistral => Some("https://api.mistral.ai/v1"),
            Self::Groq => Some("https://api.groq.com/openai/v1"),
            Self::Together => Some("https://api.together.xyz/v1"),
            Self::Openrouter => Some("https://openrouter.ai/api/v1"),
            Self::Openai | Self::Azure | Self::Bedrock | Self::Sagemaker | Self::Local | Self::Simulated => None,
        }
    }

    /// The variable that holds the key by the provider's own custom, for its own address only.
    fn key_variable(self) -> Option<&'static str> {
        match self {
            Self::Azure => Some("AZURE_OPENAI_API_KEY"),
            Self::Anthropic => Some("ANTHROPIC_API_KEY"),
            Self::Gemini => Some("GEMINI_API_KEY"),
            Self::Cohere => Some("COHERE_API_KEY"),
            Self::Mistral => Some("MISTRAL_API_KEY"),
            Self::Groq => Some("GROQ_API_KEY"),
            Self::Together => Some("TOGETHER_API_KEY"),
            Self::Openrouter => Some("OPENROUTER_API_KEY"),
            _ => None,
        }
    }

    /// Whether an address is the provider's own, so that the customary key may be sent there.
    fn is_at_home(self, address: &str) -> bool {
        match self {
            Self::Azure => address.starts_with("https://") && is_azure(host_of(address)),
            _ => self.base_url().is_some_and(|own| own == address.trim_end_matches('/')),
        }
    }

    /// Servers that people run themselves, so that an address on this machine is this machine.
    fn is_self_hosted(self) -> bool {
        matches!(self, Self::Vllm | Self::Ollama | Self::LlamaCpp)
    }
}

/// The host of a web address, without its port; empty where a user name stands before it, which nobody may declare.
fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.contains(['@', '\\']));
    match authority.unwrap_or_default().strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.and_then(|authority| authority.split(':').next()).unwrap_or_default(),
    }
}

fn is_azure(host: &str) -> bool {
    let own = [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com", ".openai.azure.us"];
    own.iter().any(|suffix| host.ends_with(suffix))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl ProjectFile {
    /// The provider of that name: as declared, else built in.
    ///
    /// A declared `openai` without a `base_url` is still the public endpoint and keeps its key and jurisdiction where
    /// it names none of its own. With a `base_url` it is another server, and nothing of the built-in one is taken
    /// over: least of all the key. The other kinds likewise: the address of the kind where none is declared, and the
    /// customary key for the provider's own address only.
    pub fn provider(&self, name: &str) -> Option<Provider> {
        let Some(declared) = self.providers.get(name) else { return builtin_provider(name) };
        let mut provider = declared.clone();
        if provider.base_url.is_none()
            && let Some(builtin) = builtin_provider(name).filter(|builtin| builtin.kind == provider.kind)
        {
            provider.base_url = builtin.base_url;
            provider.api_key = provider.api_key.or(builtin.api_key);
            provider.jurisdiction = provider.jurisdiction.or(builtin.jurisdiction);
            return Some(provider);
        }
        let kind = provider.kind;
        let address = provider.base_url.get_or_insert_with(|| kind.base_url().unwrap_or_default().to_owned());
        if kind.is_at_home(address) {
            let customary = || Some(SecretRef::Env(kind.key_variable()?.to_owned()));
            provider.api_key = provider.api_key.or_else(customary);
        }
        if kind.is_self_hosted() && is_loopback(host_of(address)) {
            provider.jurisdiction = provider.jurisdiction.or_else(|| Some(Jurisdiction::here()));
        }
        provider.base_url = provider.base_url.filter(|address| !address.is_empty());
        Some(provider)
    }

    /// Every name that `provider` resolves, declared ones first.
    pub fn provider_names(&self) -> Vec<String> {
        let builtin = BUILTIN_PROVIDERS.into_iter().filter(|name| !self.providers.contains_key(*name));
        self.providers.keys().cloned().chain(builtin.map(str::to_owned)).collect()
    }
}
