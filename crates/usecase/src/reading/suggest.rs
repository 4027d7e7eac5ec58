//! "Did you mean": the known name that is nearest to an unknown one, when it is near at all.

/// The help for an unknown name, `None` when no known one is like it.
pub(crate) fn did_you_mean<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let same_form = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let wanted = same_form(unknown);
    // A third of the letters may be wrong: `topp` finds `top`, `fallbacks` finds `fallback`, `x` finds nothing.
    let allowed = (wanted.chars().count() / 3).max(1);
    let near = known.into_iter().filter_map(|name| {
        let distance = strsim::damerau_levenshtein(&wanted, &same_form(name));
        let limit = allowed.min(name.chars().count().saturating_sub(1));
        (distance <= limit).then_some((distance, name))
    });
    near.min().map(|(_, name)| format!("did you mean `{name}`?"))
}
