//! Links and images in an answer. Loading an image, or following a link, tells its host what stands in its address: the way
//! by which an injected order carries data out (OWASP LLM05:2025). Images that are not on an allowed host are replaced by their
//! description; links lose their address where hosts are declared.
//!
//! Works on a text as it comes: at each place it is a link, or none, or not yet known, and only in the last case is
//! text held. What is decided depends on what follows alone, so any cutting of the text gives the same.

/// Longest link that is waited for, in bytes: browsers and servers take no more than about 2,000.
const LONGEST: usize = 2048;
/// Tags whose mere presence makes a reader load something.
const LOADING: &[&str] = &[
    "img", "image", "picture", "source", "video", "audio", "track", "iframe", "frame", "embed", "object", "input",
    "link", "style", "svg", "script", "body", "table", "td", "th", "base", "meta", "portal", "div", "span", "p",
];
/// The longest of them.
const LONGEST_TAG: usize = 8;
/// Brackets within brackets; deeper ones are no link. It bounds the time that a flood of brackets takes.
const DEEPEST: usize = 8;

/// Which hosts may be linked to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    /// In lower case, without a dot before them. `None` lets links lead anywhere; images still nowhere.
    pub(crate) allowed: Option<Vec<String>>,
    /// Images may be loaded from anywhere.
    pub(crate) any_image: bool,
    /// What would be taken out is counted, and stays.
    pub(crate) watches: bool,
}

/// What was taken out of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TakenOut {
    pub(crate) images: usize,
    pub(crate) links: usize,
}

/// A text as it comes, without the links that must not be there.
#[derive(Clone, Debug)]
pub(crate) struct LinkFilter {
    hosts: Hosts,
    held: String,
    /// The last code point before `held`.
    before: Option<char>,
    pub(crate) taken_out: TakenOut,
}

enum Found {
    /// So many bytes are a link or an image, and this stands for it.
    Link {
        length: usize,
        instead: String,
    },
    Nothing,
    /// The text ends before it can be told.
    Open,
}

impl LinkFilter {
    pub(crate) fn new(hosts: &Hosts) -> Self {
        Self { hosts: hosts.clone(), held: String::new(), before: None, taken_out: TakenOut::default() }
    }

    /// Takes the next piece, and adds to what may go out by now.
    pub(crate) fn push_into(&mut self, piece: &str, output: &mut String) {
        // Most words begin nothing.
        let begins =
            |byte: u8| matches!(byte, b'!' | b'[' | b'<') || self.hosts.allowed.is_some() && b"hHwWfF".contains(&byte);
        if self.held.is_empty() && !piece.bytes().any(begins) {
            self.before = piece.chars().next_back().or(self.before);
            output.push_str(piece);
            return;
        }
        self.held.push_str(piece);
        output.push_str(&self.drain(false));
    }

    pub(crate) fn finish(&mut self) -> String {
        self.drain(true)
    }

    fn drain(&mut self, ended: bool) -> String {
        let mut output = String::with_capacity(self.held.len());
        let mut at = 0;
        let held = std::mem::take(&mut self.held);
        while let Some(character) = held[at..].chars().next() {
            match self.look(&held[at..], ended) {
                Found::Link { length, instead } => {
                    output.push_str(if self.hosts.watches { &held[at..at + length] } else { &instead });
                    self.before = held[..at + length].chars().next_back();
                    at += length;
                }
                Found::Open => break,
                Found::Nothing => {
                    output.push(character);
                    self.before = Some(character);
                    at += character.len_utf8();
                }
            }
        }
        self.held = held[at..].to_owned();
        output
    }

    /// What begins here. No more than `LONGEST` bytes are looked at, so that what is held and the time are bounded.
    fn look(&mut self, rest: &str, ended: bool) -> Found {
        let (rest, ended) = match rest.len() > LONGEST {
            true => (&rest[..rest.floor_char_boundary(LONGEST)], true),
            false => (rest, ended),
        };
        let judges_links = self.hosts.allowed.is_some();
        match rest.as_bytes()[0] {
            b'!' if !self.hosts.any_image => self.image(rest, ended),
            b'[' if judges_links => self.bracketed(rest, 0, ended),
            b'<' => self.tag(rest, ended),
            b'h' | b'H' | b'w' | b'W' | b'f' | b'F' if judges_links => self.bare(rest, ended),
            _ => Found::Nothing,
        }
    }

    /// An image whose address can be read is judged by it. Whatever else begins like one loses its `!`: readers differ in
    /// what they take for an image, and without that sign none of them loads it.
    fn image(&mut self, rest: &str, ended: bool) -> Found {
        match self.bracketed(rest, 1, ended) {
            Found::Nothing if rest.as_bytes().get(1) == Some(&b'[') => {
                self.count(true);
                Found::Link { length: 1, instead: String::new() }
            }
            other => other,
        }
    }

    /// `![description](address)`, `[words](address)`, and both with a reference in brackets.
    fn bracketed(&mut self, rest: &str, mark: usize, ended: bool) -> Found {
        let undecided = if ended { Found::Nothing } else { Found::Open };
        let Some(inside) = rest[mark..].strip_prefix('[') else {
            return if rest.len() > mark { Found::Nothing } else { undecided };
        };
        let words = match closing(inside, '[', ']') {
            Bracket::Closed(at) => at,
            Bracket::Never => return Found::Nothing,
            Bracket::Open => return undecided,
        };
        let after = &inside[words + 1..];
        let (of_address, end) = match after.as_bytes().first() {
            None => return undecided,
            Some(b'(') => (true, closing(&after[1..], '(', ')')),
            // A reference: its address stands elsewhere, so an image by it is taken out whatever it is.
            Some(b'[') if mark == 1 => (false, closing(&after[1..], '[', ']')),
            Some(_) => return Found::Nothing,
        };
        let end = match end {
            Bracket::Closed(at) => at,
            Bracket::Never => return Found::Nothing,
            Bracket::Open => return undecided,
        };
        let (address, length) = (of_address.then(|| &after[1..=end]), end + 2);
        let whole = mark + 1 + words + 1 + length;
        let may_stay = address.is_some_and(|address| self.allows(address, mark == 1));
        let shown = self.inside(&inside[..words]);
        if may_stay {
            let kept = format!("{}[{shown}]{}", &rest[..mark], &after[..length]);
            return Found::Link { length: whole, instead: kept };
        }
        self.count(mark == 1);
        Found::Link { length: whole, instead: shown }
    }

    /// The words of a link may hold an image.
    fn inside(&mut self, words: &str) -> String {
        if !words.contains(['!', '<', '[', ':']) {
            return words.to_owned();
        }
        let mut inner = Self::new(&self.hosts);
        let mut shown = String::new();
        inner.push_into(words, &mut shown);
        shown.push_str(&inner.finish());
        self.taken_out.images += inner.taken_out.images;
        self.taken_out.links += inner.taken_out.links;
        shown
    }

    /// Tags that load something, and with declared hosts those that lead somewhere, are shown instead of obeyed.
    fn tag(&mut self, rest: &str, ended: bool) -> Found {
        let name = rest[1..].trim_start_matches('/');
        let length = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        if length == name.len() && length < LONGEST_TAG && !ended {
            return Found::Open;
        }
        let name = name[..length].to_ascii_lowercase();
        let loads = !self.hosts.any_image && LOADING.contains(&name.as_str());
        // `<https://…>` and `<//host|words>` are links of their own.
        let rest_of = &rest[1..];
        let leads = self.hosts.allowed.is_some()
            && (name == "a" || rest_of.starts_with("//") || rest_of[length.min(rest_of.len())..].starts_with(':'));
        if !loads && !leads {
            return Found::Nothing;
        }
        self.count(loads);
        Found::Link { length: 1, instead: "&lt;".to_owned() }
    }

    /// `https://…` as it stands.
    fn bare(&mut self, rest: &str, ended: bool) -> Found {
        let begun = ["http:", "https:", "www.", "ftp:"].map(|word| begins(rest, word));
        if !begun.contains(&Some(true)) {
            return if begun.contains(&None) && !ended { Found::Open } else { Found::Nothing };
        }
        let ends = |character: char| character.is_whitespace() || "<>\"'`)]}|".contains(character);
        let length = match rest.find(ends) {
            Some(end) => end,
            None if ended => rest.len(),
            None => return Found::Open,
        };
        let address = &rest[..length];
        if self.allows(address, false) {
            return Found::Link { length, instead: address.to_owned() };
        }
        self.count(false);
        Found::Link { length, instead: "(link removed)".to_owned() }
    }

    fn count(&mut self, image: bool) {
        let counted = if image { &mut self.taken_out.images } else { &mut self.taken_out.links };
        *counted += 1;
    }

    /// Whether an address leads to an allowed host. One without a host stays where the answer is shown.
    fn allows(&self, address: &str, image: bool) -> bool {
        let address = address.trim().trim_start_matches('<');
        // Readers undo entities and escapes before they follow a link, each in its own way; one that is cut off may go on
        // anywhere.
        if address.contains('\\') || has_entity(address) || address.len() + 4 >= LONGEST {
            return false;
        }
        let address = &if begins(address, "www.") == Some(true) { format!("//{address}") } else { address.to_owned() };
        let Some(host) = host_of(address) else {
            // `data:` shows what the answer itself holds; any other scheme may do anything.
            let scheme = address.split(['/', '?', '#']).next().unwrap_or_default();
            return !scheme.contains(':') || (image && begins(address, "data:image/") == Some(true));
        };
        let allowed = self.hosts.allowed.as_deref();
        allowed.map_or(!image, |hosts| {
            hosts.iter().any(|known| host == *known || host.strip_suffix(known).is_some_and(|rest| rest.ends_with('.')))
        })
    }
}

/// Whether a text begins with an ASCII word, in any case; `None` while it is too short to tell.
fn begins(text: &str, word: &str) -> Option<bool> {
    let shared = text.len().min(word.len());
    let same = text.as_bytes()[..shared].eq_ignore_ascii_case(&word.as_bytes()[..shared]);
    if same && shared < word.len() { None } else { Some(same) }
}

enum Bracket {
    Closed(usize),
    /// Too deep to be a link.
    Never,
    /// Not within this text.
    Open,
}

/// The place of the bracket that closes what was opened before `text`, over nested pairs.
fn closing(text: &str, open: char, close: char) -> Bracket {
    let mut depth = 0;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == open {
            depth += 1;
            if depth > DEEPEST {
                return Bracket::Never;
            }
        } else if character == close {
            if depth == 0 {
                return Bracket::Closed(at);
            }
            depth -= 1;
        }
    }
    Bracket::Open
}

/// A numeric or named character of HTML, but for `&amp;`, which addresses hold honestly.
fn has_entity(address: &str) -> bool {
    address.split('&').skip(1).any(|after| {
        let name = after.split(';').next().filter(|name| name.len() < after.len());
        name.is_some_and(|name| {
            name != "amp" && (name.starts_with('#') || name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        })
    })
}

/// The host of an address, in lower case, without user and port; `None` for an address without one.
fn host_of(address: &str) -> Option<String> {
    // Browsers read a backslash as a slash, and skip what cannot be seen.
    let address: String =
        address.chars().filter(|character| !character.is_control()).map(|c| if c == '\\' { '/' } else { c }).collect();
    let after = match address.find("//") {
        Some(at) if address[..at].is_empty() || address[..at].ends_with(':') => &address[at + 2..],
        _ => return None,
    };
    let authority = after.trim_start_matches('/').split(['/', '?', '#', ' ']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    Some(host.trim_end_matches('.').to_lowercase())
}
