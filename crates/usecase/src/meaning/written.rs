//! Whether a text has the form of an address, a name, a path.

use globset::{GlobBuilder, GlobMatcher};

/// One `@` with something before it and a domain with a dot after it. Whether a person reads it, nobody can tell.
pub(super) fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@');
    let dotted = domain.split('.').count() >= 2 && domain.split('.').all(|label| !label.is_empty());
    plain(name) && plain(domain) && dotted
}

/// `http://` or `https://` and a host.
pub(super) fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    host.is_some_and(|host| !host.is_empty()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// A user name or password before the host, where no secret belongs.
pub(super) fn has_credentials(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

/// What a template language takes for a name.
pub(super) fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Names that become part of an address or a metric: lower-case letters, digits, `-` and `_`, at most 64.
pub(super) fn is_plain_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=64).contains(&text.len()) && text.chars().all(allowed)
}

/// 1 to 64 lower-case letters, digits and hyphens: what a use case's folder may be called.
pub(crate) fn is_use_case_name(text: &str) -> bool {
    is_plain_name(text) && !text.contains('_')
}

/// A path that cannot lead out of the folder it is relative to, with `.` steps taken out. Symbolic links are for
/// whoever opens it to follow and judge.
///
/// # Errors
/// One sentence without a full stop that says what is wrong.
pub(crate) fn relative_path(path: &str) -> Result<String, String> {
    if path.trim().is_empty() {
        return Err("this path is empty".to_owned());
    }
    if path.contains(['\\', '\0']) {
        return Err("the parts of a path are divided by `/`, on every system".to_owned());
    }
    let has_drive = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with('/') || has_drive {
        return Err("this path is absolute".to_owned());
    }
    let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
    if steps.contains(&"..") {
        return Err("this path leads out of the use case's folder".to_owned());
    }
    Ok(steps.join("/"))
}

/// A pattern in which `*` stays within one folder and `**` does not.
///
/// # Errors
/// One sentence without a full stop that says what is wrong.
pub(crate) fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    let compiled = GlobBuilder::new(pattern).literal_separator(true).build();
    let compiled = compiled.map_err(|error| format!("this pattern cannot be read: {}", error.kind()))?;
    Ok(compiled.compile_matcher())
}
