//! Where a repository is, and where a person can look at one of its files.

use std::path::Path;

/// A repository's address, judged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// As git is told, without a user's name for HTTPS.
    pub(super) address: String,
    /// As people are told: never with a password, which no address may have.
    pub(super) shown: String,
    /// The name that goes with a token; some hosts want a certain one.
    pub(super) user: Option<String>,
    /// The host and the path of `owner/name`, where the address is one of the web or of SSH.
    web: Option<(String, String)>,
}

impl Place {
    /// # Errors
    /// It is of a kind that is not fetched: git knows some that run commands.
    pub(super) fn read(url: &str, folder: &Path) -> Result<Self, String> {
        let url = url.trim();
        if url.is_empty() || url.starts_with('-') || url.contains(char::is_control) {
            return Err("it is no address of a repository".to_owned());
        }
        if let Some(rest) = url.strip_prefix("https://") {
            return Self::of_host("https://", rest);
        }
        if let Some(rest) = url.strip_prefix("ssh://") {
            return Self::of_host("ssh://", rest);
        }
        if let Some(path) = url.strip_prefix("file://") {
            return Ok(Self::of_path(url.to_owned(), path));
        }
        // `git@host:owner/name`, the short form of ssh.
        if let Some((host, path)) = url.split_once(':').filter(|(host, _)| !host.contains('/') && host.contains('@'))
            && !path.starts_with(':')
        {
            return Self::of_host("ssh://", &format!("{host}/{}", path.trim_start_matches('/')));
        }
        if url.contains("://") || url.contains("::") {
            return Err("only https, ssh and paths are fetched".to_owned());
        }
        let path = folder.join(url).to_string_lossy().into_owned();
        Ok(Self::of_path(format!("file://{}", escaped(&path)), &path))
    }

    fn of_path(address: String, path: &str) -> Self {
        Self { address, shown: path.to_owned(), user: None, web: None }
    }

    fn of_host(scheme: &str, rest: &str) -> Result<Self, String> {
        let (authority, path) = rest.split_once('/').ok_or("its address has no path")?;
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        if user.is_some_and(|user| user.contains(':')) {
            return Err("a password does not belong into an address; give it by reference as `token`".to_owned());
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_');
        let named = |part: &str| !part.is_empty() && !part.starts_with('-');
        if !named(host) || !host.chars().all(plain) || !user.is_none_or(named) {
            return Err("its host cannot be read".to_owned());
        }
        let with_user = user.map_or_else(|| host.to_owned(), |user| format!("{user}@{host}"));
        let address = match scheme {
            "https://" => format!("{scheme}{host}/{path}"),
            _ => format!("{scheme}{with_user}/{path}"),
        };
        let name = path.trim_end_matches('/').trim_end_matches(".git").to_owned();
        let bare = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
        let web = Some((bare, name));
        Ok(Self { shown: address.clone(), address, user: user.map(str::to_owned), web })
    }

    /// The page of a file at a commit, for hosts whose pages are known.
    pub(super) fn page(&self, commit: &str, path: &str) -> Option<String> {
        let (host, name) = self.web.as_ref()?;
        let between = match host.as_str() {
            "bitbucket.org" => "src",
            "codeberg.org" | "gitea.com" => "src/commit",
            host if host.split('.').any(|label| label == "github") => "blob",
            host if host.split('.').any(|label| label == "gitlab") => "-/blob",
            _ => return None,
        };
        Some(format!("https://{host}/{name}/{between}/{commit}/{}", escaped(path)))
    }
}

/// A path with everything but letters, digits, slashes and `-._~` percent-encoded (RFC 3986 §2.3).
fn escaped(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// What git takes for a name (git-check-ref-format), so that none can be read as an option or a range.
pub(super) fn is_branch(name: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    let ends = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    !name.starts_with('-')
        && !name.contains(forbidden)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.split('/').any(ends)
}
