//! `contains`, `contains-any`, `contains-all` and the same with `i` for any case of letters.

use super::{Observed, Rejected, Seen, Written, listed, quoted, text_list, text_value};
use serde_json::Value;

#[derive(Debug)]
pub(super) struct Contains {
    wanted: Vec<String>,
    how_many: HowMany,
    any_case: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HowMany {
    One,
    Any,
    All,
}

impl Contains {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        let (any_case, base) = match written.kind.strip_prefix('i') {
            Some(base) => (true, base),
            None => (false, written.kind.as_str()),
        };
        let how_many = match base {
            "contains-any" => HowMany::Any,
            "contains-all" => HowMany::All,
            _ => HowMany::One,
        };
        let wanted = match how_many {
            HowMany::One => vec![text_value(written, "a text or a number")?],
            HowMany::Any | HowMany::All => several(written)?,
        };
        Ok(Self { wanted, how_many, any_case })
    }

    pub(super) fn look(&self, observed: &Observed) -> Seen {
        let fold = |text: &str| if self.any_case { text.to_lowercase() } else { text.to_owned() };
        let text = fold(&observed.text);
        let missing: Vec<String> = self.wanted.iter().filter(|wanted| !text.contains(&fold(wanted))).cloned().collect();
        let holds = match self.how_many {
            HowMany::One | HowMany::All => missing.is_empty(),
            HowMany::Any => missing.len() < self.wanted.len(),
        };
        let got = quoted(&observed.text);
        if self.how_many == HowMany::All && !holds {
            return Seen::because(holds, got, format!("missing: {}", listed(&missing)));
        }
        Seen::new(holds, got)
    }

    pub(super) fn expected(&self) -> String {
        let how_many = match self.how_many {
            HowMany::One => "",
            HowMany::Any => "any of ",
            HowMany::All => "all of ",
        };
        let case = if self.any_case { " in any case" } else { "" };
        format!("to contain {how_many}{}{case}", listed(&self.wanted))
    }
}

const EXPECTED: &str = "a list of texts, or one text with commas between them";

fn several(written: &Written) -> Result<Vec<String>, Rejected> {
    if let Some(Value::String(text)) = &written.value {
        return match comma_separated(text) {
            parts if parts.is_empty() => Err(Rejected::value("there is nothing between the commas", EXPECTED)),
            parts => Ok(parts),
        };
    }
    text_list(written, EXPECTED)?.ok_or_else(|| Rejected::value(format!("`{}` needs a value", written.kind), EXPECTED))
}

/// `one, "two, with a comma", three`: parts are trimmed, double quotes keep commas and spaces, `""` inside them is a
/// quote. Empty parts are left out.
pub(super) fn comma_separated(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let (mut part, mut was_quoted, mut inside) = (String::new(), false, false);
    let mut letters = text.chars().peekable();
    let mut close = |part: &mut String, was_quoted: &mut bool| {
        let text = if *was_quoted { part.as_str() } else { part.trim() };
        if !text.is_empty() {
            parts.push(text.to_owned());
        }
        part.clear();
        *was_quoted = false;
    };
    while let Some(letter) = letters.next() {
        match letter {
            '"' if inside && letters.peek() == Some(&'"') => {
                letters.next();
                part.push('"');
            }
            '"' if inside => inside = false,
            '"' if part.trim().is_empty() && !was_quoted => {
                part.clear();
                (inside, was_quoted) = (true, true);
            }
            ',' if !inside => close(&mut part, &mut was_quoted),
            space if was_quoted && !inside && space.is_whitespace() => {}
            other => part.push(other),
        }
    }
    close(&mut part, &mut was_quoted);
    parts
}
