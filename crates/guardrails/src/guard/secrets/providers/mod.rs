//! Keys that carry their provider's mark: tables of templates (`template.rs`) after the providers' own documentation.

mod business;
mod cloud;
mod developer;
mod resources;

/// A rule's name, what it finds in words, and the forms.
pub(super) type Provider = (&'static str, &'static str, &'static [&'static str]);

pub(super) const TABLES: &[&[Provider]] = &[cloud::PROVIDERS, developer::PROVIDERS, business::PROVIDERS];
/// Not secret by themselves, yet they say where things lie; their kind is another, so that a policy can let them pass.
pub(super) const RESOURCES: &[Provider] = resources::PROVIDERS;
