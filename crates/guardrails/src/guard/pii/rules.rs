//! Values of a fixed form: a table of rules, each with the ways in which its value is written, a check of its digits, and how
//! much the words around it must say. One walk over the text finds the runs of letters and digits that hold a digit; at each, only
//! the rules are tried whose first group has that length, so that a text without numbers costs one look at its bytes.

use super::context::{self, Context, Topics};
use super::surroundings::{self, begins_token, ends_token, is_whole};
use super::{GUARD, Scope, asia, eu_east, eu_north, eu_south, eu_west, payment, postcode, things, types, uk, us, vat};
use crate::guard::Finding;
use std::sync::LazyLock;

/// How much the words around a candidate must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing at all: the value names itself.
    Never,
    /// Nothing: the form and the check digits leave little to chance. A word that directly says it is something else
    /// ("order") speaks against it.
    Nothing,
    /// Nothing when it is written in its usual groups, a word when it is one run of digits.
    Groups,
    /// A word of the rule's topics near it.
    Word,
    /// A word of the rule's topics that directly names it: there is no check digit, or hardly a form.
    Label,
}

/// What a value of one kind looks like.
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// The ways of writing it: `9` a digit, `A` a letter, `*` either, a blank one blank, hyphen or dot; anything else is itself.
    pub(super) forms: &'static [&'static str],
    /// Told the letters and digits alone, in upper case.
    pub(super) check: fn(&[u8]) -> bool,
    pub(super) topics: Topics,
    pub(super) need: Need,
    /// Decides between findings of equal length.
    pub(super) rank: u8,
}

/// Rules in the order of `ALL`, and by the length of the first group of a form (letters and digits in one run).
struct Index {
    rules: Vec<(&'static Rule, &'static types::Type, usize)>,
    by_first: [Vec<(usize, &'static [u8])>; LONGEST_RUN + 1],
}

/// The longest run of letters and digits that can begin a value of a fixed form, in bytes.
const LONGEST_RUN: usize = 42;

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let tables: [&'static [Rule]; 12] = [
        us::RULES,
        uk::RULES,
        eu_west::RULES,
        eu_south::RULES,
        eu_north::RULES,
        eu_east::RULES,
        vat::RULES,
        asia::RULES,
        payment::RULES,
        things::RULES,
        things::LABELLED,
        postcode::RULES,
    ];
    let mut index = Index { rules: Vec::new(), by_first: std::array::from_fn(|_| Vec::new()) };
    for rule in tables.into_iter().flatten() {
        let place = types::place(rule.name).expect("every rule is declared; a test looks");
        let number = index.rules.len();
        index.rules.push((rule, &types::TYPES[place], place));
        for form in rule.forms {
            let first = form.bytes().take_while(|sign| sign.is_ascii_alphanumeric() || *sign == b'*').count();
            index.by_first[first].push((number, form.as_bytes()));
        }
    }
    index
});

/// A candidate in its text.
struct Candidate<'a, 'b> {
    context: &'b Context<'a>,
    text: &'a str,
    start: usize,
    end: usize,
}

/// Every value of a fixed form. At most `rules × forms` looks at each run of letters and digits, each of at most fifty bytes.
pub(super) fn find(text: &str, context: &Context<'_>, runs: &[Run], scope: &Scope, findings: &mut Vec<Finding>) {
    let mut before = None;
    for run in runs {
        // `X-1234567-L` and `AB 12 34 56 C` begin with letters that stand apart.
        let letters = letters_before(text, run.start).filter(|start| Some(*start) != before);
        for start in [letters, Some(run.start)].into_iter().flatten() {
            let end = if start == run.start { run.end } else { letters_end(text.as_bytes(), start) };
            if end - start <= LONGEST_RUN {
                find_at(text, context, start, end - start, scope, findings);
            }
            before = Some(start);
        }
    }
}

fn find_at(text: &str, context: &Context<'_>, start: usize, first: usize, scope: &Scope, findings: &mut Vec<Finding>) {
    let index = &*INDEX;
    for (number, form) in &index.by_first[first] {
        let (rule, declared, place) = &index.rules[*number];
        if !scope.holds(*place) {
            continue;
        }
        let Some((end, value)) = matches(text.as_bytes(), start, form) else { continue };
        let candidate = Candidate { context, text, start, end };
        let known = findings.last().is_some_and(|last| (last.start, last.end, last.rule) == (start, end, rule.name));
        if !known && (rule.check)(value.compact()) && candidate.is_accepted(rule, &value) {
            findings.push(Finding { start, end, guard: GUARD, rule: rule.name, kind: declared.kind, rank: rule.rank });
        }
    }
}

/// The letters and digits of a match in upper case, and what else was seen.
struct Value {
    bytes: [u8; 48],
    length: usize,
    separated: bool,
    blanks: bool,
    lower: bool,
}

impl Value {
    fn compact(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

fn matches(text: &[u8], start: usize, form: &[u8]) -> Option<(usize, Value)> {
    let mut value = Value { bytes: [0; 48], length: 0, separated: false, blanks: false, lower: false };
    let found = text.get(start..start + form.len())?;
    for (byte, sign) in found.iter().zip(form) {
        let fits = match sign {
            b'9' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_alphabetic(),
            b'*' => byte.is_ascii_alphanumeric(),
            b' ' => matches!(byte, b' ' | b'-' | b'.'),
            other => byte.eq_ignore_ascii_case(other),
        };
        if !fits {
            return None;
        }
        if byte.is_ascii_alphanumeric() {
            value.bytes[value.length] = byte.to_ascii_uppercase();
            value.length += 1;
            value.lower |= byte.is_ascii_lowercase();
        } else {
            value.separated = true;
            value.blanks |= *byte == b' ';
        }
    }
    Some((start + form.len(), value))
}

impl Candidate<'_, '_> {
    fn is_accepted(&self, rule: &Rule, value: &Value) -> bool {
        let whole = if rule.topics == context::CARD {
            self.stands_alone(value.separated)
        } else {
            is_whole(self.text, self.start, self.end)
        };
        if !whole {
            let directly = self.context.label(self.start) & rule.topics != 0;
            return directly && surroundings::is_field(self.text, self.start, self.end);
        }
        match rule.need {
            Need::Never => true,
            Need::Nothing if !value.lower => !self.is_other() || self.is_named(rule),
            Need::Groups if value.separated && !value.lower => {
                let doubtful = self.is_other() || (value.blanks && self.is_inside_a_number());
                !doubtful || self.is_named(rule)
            }
            Need::Label => self.context.label(self.start) & rule.topics != 0,
            _ => self.is_named(rule),
        }
    }

    fn is_named(&self, rule: &Rule) -> bool {
        self.context.names(rule.topics, self.start, self.end)
    }

    fn is_other(&self) -> bool {
        self.context.label(self.start) & context::OTHER != 0
            || self.context.before(self.start, 20) & context::OTHER != 0
    }

    /// Digits go on after a blank: a part of a longer number, unless a word says what it is.
    fn is_inside_a_number(&self) -> bool {
        let bytes = self.text.as_bytes();
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        let blank = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|byte| *byte == b' ');
        (blank(self.start.checked_sub(1)) && digit(self.start.checked_sub(2)))
            || (blank(Some(self.end)) && digit(Some(self.end + 1)))
    }

    /// As `is_whole`, but lists and forms put the next field directly behind a card: after a comma, before digits also after a
    /// slash or colon (`4111…,12/27,123`), and behind a number in groups after a hyphen.
    fn stands_alone(&self, grouped: bool) -> bool {
        let mut after = self.text[self.end..].chars();
        let field_after = match after.next() {
            Some(',') => true,
            Some('/' | ':') => after.next().is_some_and(|next| next.is_ascii_digit()),
            Some('-') => grouped,
            _ => false,
        };
        let field_before = self.text[..self.start].ends_with(',');
        (field_before || begins_token(self.text, self.start)) && (field_after || ends_token(self.text, self.end))
    }
}

/// The rules that find a kind.
pub(super) fn checks_of(kind: &str) -> Vec<&'static Rule> {
    INDEX.rules.iter().filter(|(_, declared, _)| declared.kind == kind).map(|(rule, ..)| *rule).collect()
}

/// Whether a whole text is in one of the rules' forms and passes its check.
pub(super) fn is_right(rules: &[&Rule], value: &str) -> bool {
    let bytes = value.as_bytes();
    let passes = |rule: &Rule, form: &str| {
        form.len() == bytes.len()
            && matches(bytes, 0, form.as_bytes()).is_some_and(|(_, value)| (rule.check)(value.compact()))
    };
    rules.iter().any(|rule| rule.forms.iter().any(|form| passes(rule, form)))
}

/// A run of ASCII letters and digits with at least one digit, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Nothing but digits.
    pub(super) digits: bool,
}

/// All runs of a text.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(ahead) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let digit = at + ahead;
        let letters = bytes[at..digit].iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let rest = bytes[digit..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        // `\\n4111…` in escaped text: the letter belongs to the line break.
        let escape = letters > 0 && surroundings::is_escape(text, digit - letters);
        let (letters, end) = (letters - usize::from(escape), digit + rest);
        let start = digit - letters;
        found.push(Run { start, end, digits: letters == 0 && bytes[digit..end].iter().all(u8::is_ascii_digit) });
        at = end;
    }
    found
}

/// Where up to six letters begin that stand one separator before a run.
fn letters_before(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let separator = start.checked_sub(1).filter(|at| matches!(bytes[*at], b' ' | b'-' | b'.'))?;
    let letters = bytes[..separator].iter().rev().take(8).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let letters = letters - usize::from(letters > 0 && surroundings::is_escape(text, separator - letters));
    (1..=6).contains(&letters).then(|| separator - letters)
}

fn letters_end(bytes: &[u8], start: usize) -> usize {
    start + bytes[start..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count()
}

/// The rules of a name.
#[cfg(test)]
pub(super) fn of(name: &str) -> Vec<&'static Rule> {
    INDEX.rules.iter().filter(|(rule, ..)| rule.name == name).map(|(rule, ..)| *rule).collect()
}

#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    INDEX.rules.iter().map(|(rule, _, _)| rule.name).collect()
}
