//! Whether a value looks like a key: random letters and digits, no placeholder, no name, no word.

/// How much else speaks for a secret, which sets how much the value itself must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// A name that says `secret`, and a sign between it and the value.
    Assigned,
    /// A name and a blank, as in notes and on command lines.
    Spaced,
    /// Other words stand between the name and the value, or the name is only a provider's.
    Loose,
}

/// What documentation writes where a secret would stand.
const PLACEHOLDERS: &[&str] = &[
    "example",
    "your_",
    "your-",
    "yourpass",
    "xxxx",
    "****",
    "....",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "insert",
    "<",
    "${",
    "{{",
    "env.",
    "process.",
    "environ",
    "dummy",
    "redacted",
    "getenv",
    "config.",
    "secrets.",
    "todo",
    "undefined",
    "$(",
    "%s",
    "_here",
    "-here",
    "goes_here",
    "sample",
    "####",
    "put_your",
    "replace",
];

pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| lower.contains(word)) || value.starts_with(['$', '<', '[', '{', '%', '*'])
}

/// The commonest pairs of letters of English text, by published counts (P. Norvig, English Letter Frequency Counts):
/// words are made of them, random letters meet them about three times in ten.
const PAIRS: &str = "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri \
    ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un \
    lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv ia am fi ci vi pl ig tu ev ld ry \
    mp fe bl ab gh ty op wo sa ay ex ke ui ap ye av iz ck sp gr ag ba qu rd au bo ud ub up cr do gi rm rn ua cl br ok oo dr \
    pp ff ef rk gl cy ob nk da lt sc";

const fn pair_table() -> [[bool; 26]; 26] {
    let (mut table, pairs, mut at) = ([[false; 26]; 26], PAIRS.as_bytes(), 0);
    while at + 1 < pairs.len() {
        if pairs[at].is_ascii_lowercase() && pairs[at + 1].is_ascii_lowercase() {
            table[(pairs[at] - b'a') as usize][(pairs[at + 1] - b'a') as usize] = true;
            at += 1;
        }
        at += 1;
    }
    table
}

static COMMON: [[bool; 26]; 26] = pair_table();

/// Counts over a value, in bytes.
struct Shape {
    length: usize,
    digits: usize,
    lower: usize,
    upper: usize,
    distinct: usize,
    /// The longest stretch of one and the same byte.
    repeat: usize,
    /// Pairs of neighbouring letters of one word, and how many of them are common ones.
    pairs: usize,
    common: usize,
    /// From a letter to a digit or back, and from lower to upper case.
    turns: usize,
}

impl Shape {
    fn of(value: &str) -> Self {
        let bytes = value.as_bytes();
        let count = |test: fn(&u8) -> bool| bytes.iter().filter(|byte| test(byte)).count();
        let mut shape = Self {
            length: bytes.len(),
            digits: count(u8::is_ascii_digit),
            lower: count(u8::is_ascii_lowercase),
            upper: count(u8::is_ascii_uppercase),
            distinct: 0,
            repeat: 1,
            pairs: 0,
            common: 0,
            turns: 0,
        };
        let (mut seen, mut repeat) = ([false; 256], 1);
        bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
        shape.distinct = seen.iter().filter(|seen| **seen).count();
        for pair in bytes.windows(2) {
            let [left, right] = [pair[0], pair[1]];
            repeat = if left == right { repeat + 1 } else { 1 };
            shape.repeat = shape.repeat.max(repeat);
            let letters = left.is_ascii_alphabetic() && right.is_ascii_alphabetic();
            let hump = left.is_ascii_lowercase() && right.is_ascii_uppercase();
            let digit = left.is_ascii_digit() != right.is_ascii_digit();
            shape.turns +=
                usize::from(hump || (digit && left.is_ascii_alphanumeric() && right.is_ascii_alphanumeric()));
            if letters && !hump {
                let place = |byte: u8| usize::from(byte.to_ascii_lowercase() - b'a');
                shape.pairs += 1;
                shape.common += usize::from(COMMON[place(left)][place(right)]);
            }
        }
        shape
    }

    /// The letters read like words.
    fn is_wordy(&self) -> bool {
        self.pairs >= 4 && 20 * self.common >= 13 * self.pairs
    }
}

/// `8-4-4-4-12`, with or without a few letters beyond `f` in it.
pub(super) fn is_uuid(value: &str) -> bool {
    let groups: Vec<usize> = value.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())
}

/// A value that some random source made, or that is written like one.
pub(super) fn is_key(value: &str, level: Level) -> bool {
    let shape = Shape::of(value);
    let (letters, floor) = (shape.lower + shape.upper, [10, 14, 16][level as usize]);
    if shape.length < floor
        || shape.distinct < 5
        || shape.repeat >= 8
        || value.ends_with('-')
        || is_placeholder(value)
        || is_name(value)
    {
        return false;
    }
    if shape.digits == 0 {
        // No digit: only a long stretch of letters that no language has, and no list of words.
        let plain = shape.length - letters <= 2;
        let odd = 2 * shape.common <= shape.pairs + 1;
        let long = shape.length >= if level == Level::Loose { 22 } else { 20 };
        return plain && long && odd;
    }
    if letters == 0 {
        return shape.length >= [20, 24, 32][level as usize] && shape.digits + 2 >= shape.length;
    }
    let many = 5 * shape.digits >= shape.length;
    let turning = 4 * shape.turns >= shape.length;
    if level == Level::Assigned {
        many || turning || !shape.is_wordy()
    } else {
        shape.digits >= 2 && (many || turning || !shape.is_wordy())
    }
}

/// File names, paths, versions, dates, addresses and calls: what programs write behind a sign.
fn is_name(value: &str) -> bool {
    let shape = Shape::of(value);
    let extension = value.rsplit_once('.').map_or("", |(_, last)| last);
    let file = matches!(
        extension,
        "pem"
            | "p12"
            | "key"
            | "json"
            | "txt"
            | "yaml"
            | "yml"
            | "js"
            | "ts"
            | "py"
            | "rs"
            | "go"
            | "java"
            | "com"
            | "org"
            | "net"
            | "io"
            | "html"
            | "png"
            | "jpg"
            | "gif"
            | "svg"
            | "xml"
            | "jar"
            | "keytab"
            | "crt"
            | "cer"
            | "jks"
            | "conf"
            | "cfg"
            | "php"
            | "md"
    );
    let path = value.matches('/').count() >= 2 && shape.is_wordy();
    let version =
        value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b':' | b'_' | b'/' | b'+'))
            && value.bytes().any(|byte| !byte.is_ascii_digit())
            && shape.length < 24;
    // `jjwt-jackson-0.11.2`: words and then a version.
    let artifact = value
        .rsplit_once('-')
        .is_some_and(|(_, last)| last.contains('.') && last.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    // A day and an hour, as logs and calendars write them.
    let moment = value.len() >= 10
        && value.as_bytes()[4] == b'-'
        && value.as_bytes()[7] == b'-'
        && value[..4].bytes().all(|byte| byte.is_ascii_digit());
    let moment = moment && value.len() <= 32;
    moment || file || path || version || artifact || value.contains("://")
}

/// A token in its provider's form is real unless few letters fill it or it says that it is a sample.
pub(super) fn is_random(value: &str) -> bool {
    let shape = Shape::of(value);
    let lower = value.to_ascii_lowercase();
    shape.distinct >= 6
        && shape.repeat < 9
        && !value.contains("EXAMPLE")
        && !["xxxxx", "your_", "placeholder", "####"].iter().any(|word| lower.contains(word))
}
