//! Whether a text reads as English: by its letters, then by which language's little words it has. Only the choice of a
//! threshold hangs on it, so a guess from the beginning of the text is enough.

/// How many characters are looked at.
const LOOKED_AT: usize = 1200;

const ENGLISH: &[&str] = &[
    "the", "of", "and", "to", "is", "in", "you", "that", "it", "for", "are", "with", "this", "what", "how", "your",
    "my", "can", "from", "have", "was", "which", "who", "not", "be", "all", "an", "i", "we", "about", "when", "where",
    "any",
];

/// French, Spanish, Portuguese, Italian, German, Dutch, Polish, Romanian, Turkish, Vietnamese (without marks), Indonesian,
/// Filipino: words that English does not have.
const OTHERS: &[&str] = &[
    "de", "la", "el", "los", "las", "que", "y", "en", "una", "del", "le", "les", "des", "et", "est", "un", "une", "il",
    "di", "che", "per", "della", "sono", "qual", "os", "da", "em", "uma", "com", "der", "die", "das", "und", "ist",
    "ein", "eine", "mit", "ich", "du", "wie", "wer", "den", "von", "het", "een", "niet", "van", "w", "nie", "jest",
    "na", "si", "ve", "bir", "bu", "icin", "nedir", "la", "cua", "nhung", "khong", "ban", "toi", "yang", "dan",
    "dengan", "untuk", "apa", "ini", "saya", "kamu", "ang", "ng", "mga", "sa", "ako", "ko", "ba", "quelle", "quel",
    "cual", "como", "cuando", "welche", "wo", "wann", "te", "tu", "mi", "su", "se", "ce", "je", "vous", "siz", "ne",
    "no", "anda",
];

/// Takes a plain view: lower case, without marks.
pub(crate) fn reads_as_english(view: &str) -> bool {
    let (mut latin, mut foreign) = (0_usize, 0_usize);
    let mut end = view.len();
    for (count, (at, character)) in view.char_indices().enumerate() {
        if count == LOOKED_AT {
            end = at;
            break;
        }
        if character.is_ascii_alphabetic() {
            latin += 1;
        } else if character > '\u{BF}' && character.is_alphabetic() {
            foreign += 1;
        }
    }
    if foreign * 5 > latin {
        return false;
    }
    let (mut english, mut others) = (0, 0);
    for word in view[..end].split(|character: char| !character.is_alphanumeric()) {
        english += usize::from(ENGLISH.contains(&word));
        others += usize::from(OTHERS.contains(&word));
    }
    english >= others
}

/// Whether a labelled row's language is English.
pub(crate) fn is_english(language: &str) -> bool {
    language.eq_ignore_ascii_case("english") || language.eq_ignore_ascii_case("en")
}
