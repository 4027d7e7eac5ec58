//! The forms in which providers write their keys, as short templates: `PMAK-<h24>-<h34>` is the letters `PMAK-`, 24
//! hexadecimal digits, a hyphen and 34 more. Matching never goes back, so it takes one step for each byte it looks at.
//!
//! Classes: `d` digits, `h` hexadecimal, `l` the same in lower case only, `v` lower-case letters and digits, `u`
//! upper-case letters and digits, `w` letters and digits, `b` those with `_-`, `B` base64 with `+/=_-`, `t` with `._~-`,
//! `c` the alphabet of crypt (`./`), `r` the dotted parts of a web token, `x` anything but blanks and quotes.

use std::ops::Range;

/// One step of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(&'static str),
    Run { class: u8, least: usize, most: usize },
}

#[derive(Clone, Debug)]
pub(super) struct Template {
    /// What stands before the first letters that never change; matched towards the left.
    pub(super) before: Vec<Piece>,
    /// The first letters that never change.
    pub(super) anchor: &'static str,
    pub(super) after: Vec<Piece>,
}

/// Whether a byte belongs to a class.
pub(super) const fn belongs(class: u8, byte: u8) -> bool {
    let word = byte.is_ascii_alphanumeric();
    match class {
        b'd' => byte.is_ascii_digit(),
        b'h' => byte.is_ascii_hexdigit(),
        b'l' => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
        b'v' => byte.is_ascii_digit() || byte.is_ascii_lowercase(),
        b'u' => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        b'w' => word,
        b'b' => word || matches!(byte, b'_' | b'-'),
        b'B' => word || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-'),
        b't' => word || matches!(byte, b'.' | b'_' | b'~' | b'-'),
        b'c' => word || matches!(byte, b'.' | b'/'),
        b'r' => word || matches!(byte, b'.' | b'_' | b'-' | b'='),
        _ => byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>'),
    }
}

impl Template {
    /// Reads a template. A malformed one is a mistake in a table of this crate, which a test would show.
    pub(super) fn read(text: &'static str) -> Self {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((plain, tail)) = rest.split_once('<') {
            let (run, tail) = tail.split_once('>').expect("a template closes its brackets");
            if !plain.is_empty() {
                pieces.push(Piece::Text(plain));
            }
            let (least, most) = run[1..].split_once('-').unwrap_or((&run[1..], &run[1..]));
            let number = |digits: &str| digits.parse().expect("a template states lengths in digits");
            pieces.push(Piece::Run { class: run.as_bytes()[0], least: number(least), most: number(most) });
            rest = tail;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest));
        }
        let first = pieces.iter().position(|piece| matches!(piece, Piece::Text(_)));
        let at = first.expect("a template has letters that never change");
        let after = pieces.split_off(at + 1);
        let Some(Piece::Text(anchor)) = pieces.pop() else { unreachable!("the place was just found") };
        Self { before: pieces, anchor, after }
    }

    /// Matches around an anchor that was found at `at` in any case.
    ///
    /// # Errors
    /// How far (in bytes of the text) no later anchor of this template can match either.
    pub(super) fn matches(&self, text: &[u8], at: usize) -> Result<Range<usize>, usize> {
        let anchored = at + self.anchor.len();
        if &text[at..anchored] != self.anchor.as_bytes() {
            return Err(0);
        }
        let mut start = at;
        for piece in self.before.iter().rev() {
            let Piece::Run { class, least, most } = piece else { return Err(0) };
            let run = text[..start].iter().rev().take(*most).take_while(|byte| belongs(*class, **byte)).count();
            start -= run;
            if run < *least {
                return Err(0);
            }
        }
        if continues_word(text, start) {
            return Err(0);
        }
        let (mut end, mut settled) = (anchored, 0);
        for piece in &self.after {
            match piece {
                Piece::Text(plain) if text[end..].starts_with(plain.as_bytes()) => end += plain.len(),
                Piece::Text(_) => return Err(settled),
                Piece::Run { class, least, most } => {
                    let run = text[end..].iter().take(*most).take_while(|byte| belongs(*class, **byte)).count();
                    end += run;
                    // A later anchor inside of this run would meet the same end of it, unless the run was cut short.
                    settled = settled.max(if run < *most { end } else { end - run / 2 });
                    if run < *least {
                        return Err(settled);
                    }
                }
            }
        }
        match self.after.last() {
            Some(Piece::Run { class, most, .. })
                if *most < LONG && text.get(end).is_some_and(|byte| belongs(*class, *byte)) =>
            {
                Err(settled)
            }
            _ => Ok(start..end),
        }
    }
}

/// From here on a length is only a bound on work, in bytes, and what goes beyond it is cut and not refused.
const LONG: usize = 400;

/// Whether the byte before `start` would make what follows the middle of a word. `\n` written out is no letter.
pub(super) fn continues_word(text: &[u8], start: usize) -> bool {
    let Some(byte) = start.checked_sub(1).map(|before| text[before]) else { return false };
    let escape = matches!(byte, b'n' | b'r' | b't') && start >= 2 && text[start - 2] == b'\\';
    byte.is_ascii_alphanumeric() && !escape && text.get(start).is_some_and(u8::is_ascii_alphanumeric)
}
