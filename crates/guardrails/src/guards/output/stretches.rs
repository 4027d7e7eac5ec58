//! Cuts a text that comes in pieces into words and stretches, in the same places however it came: a **word** ends with its
//! blank, a **stretch** with its sentence or line. Words are what is watched, stretches what is judged.

/// The longest word, in bytes; what goes on is another.
const LONGEST_WORD: usize = 256;
/// The longest stretch, in bytes: how much of an answer is held back at the most.
pub(crate) const LONGEST_STRETCH: usize = 1024;

/// Cuts words off a text as it comes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    held: String,
}

impl Words {
    pub(crate) fn push(&mut self, piece: &str) {
        self.held.push_str(piece);
    }

    /// The words that are complete, each with the blank that ends it, in one text for [`words`]; with `ended` also the last.
    pub(crate) fn take(&mut self, ended: bool) -> String {
        if ended {
            return std::mem::take(&mut self.held);
        }
        let complete = words(&self.held).filter(|word| is_complete(word)).map(str::len).sum();
        let rest = self.held.split_off(complete);
        std::mem::replace(&mut self.held, rest)
    }
}

/// A word ends with its blank, or where it is as long as words may be; only the last of a text can be without an end.
fn is_complete(word: &str) -> bool {
    word.ends_with(char::is_whitespace) || word.len() >= LONGEST_WORD
}

/// A text word by word.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut ends = rest.char_indices().map(|(at, character)| (at + character.len_utf8(), character));
        let end = ends.find(|(end, character)| character.is_whitespace() || *end >= LONGEST_WORD);
        let end = end.map_or(rest.len(), |(end, _)| end);
        let (word, after) = rest.split_at(end);
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// Whether a stretch is complete after a word.
pub(crate) fn ends_after(stretch: &str, word: &str) -> bool {
    if stretch.len() >= LONGEST_STRETCH || word.ends_with('\n') {
        return true;
    }
    let said = word.trim_end();
    said.len() < word.len() && said.trim_end_matches(['"', '\'', ')', ']', '”', '’', '*', '_']).ends_with(ENDINGS)
        || word.ends_with(['。', '！', '？'])
}

/// The longest block that is kept in one stretch, in bytes: a private RSA key of 8192 bits takes about 6,500.
const LONGEST_BLOCK: usize = 8 * 1024;

/// Whether a stretch ends within a textual block (RFC 7468: `-----BEGIN …-----`, lines, `-----END …-----`): a key over many
/// lines is seen only as a whole.
pub(crate) fn is_within_block(stretch: &str) -> bool {
    let ended = |block: &str| block.split_once("-----END ").is_some_and(|(_, label)| label.contains("-----"));
    let begins = stretch.rfind("-----BEGIN ").filter(|_| stretch.len() < LONGEST_BLOCK);
    begins.is_some_and(|begins| !ended(&stretch[begins..]))
}

const ENDINGS: [char; 7] = ['.', '!', '?', '…', '。', '！', '？'];
