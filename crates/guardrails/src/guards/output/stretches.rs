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

    /// The words that are complete, each with the blank that ends it; with `ended` also the last.
    pub(crate) fn take(&mut self, ended: bool) -> Vec<String> {
        let held = std::mem::take(&mut self.held);
        let (mut words, mut start) = (Vec::new(), 0);
        for (at, character) in held.char_indices() {
            let end = at + character.len_utf8();
            if character.is_whitespace() || end - start >= LONGEST_WORD {
                words.push(held[start..end].to_owned());
                start = end;
            }
        }
        match ended && start < held.len() {
            true => words.push(held[start..].to_owned()),
            false => held[start..].clone_into(&mut self.held),
        }
        words
    }
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
