//! Telephone numbers: groups of digits that stand together, cut where one number ends and the next begins.
//!
//! A number with a country's code, in a form of the North American plan, or with a trunk zero is one by its form; one that a word
//! names is one in any form. Of the rest, those in groups are shown to `phonenumber` (a port of Google's libphonenumber), for the
//! regions in scope. That costs 4 to 17 µs a look on the machine where it was measured, so a text gets few of them.

use super::context::{Context, HOLDER, OTHER, PHONE, PHONE_AFTER, UNIT};
use super::rules::Run;
use super::surroundings::{begins_field, begins_token, ends_field, ends_token};
use super::{Scope, Sink};
use phonenumber::country::Id;

/// Digits in a number with its country's code (ITU-T E.164), and the fewest that anybody is called by.
const MOST_DIGITS: usize = 15;
const FEWEST_DIGITS: usize = 7;

/// How often `phonenumber` is asked about one text, once per region. Numbers beyond need a word or a form of their own.
pub(super) const MOST_LOOKS: usize = 48;

/// The most groups in one number.
const MOST_GROUPS: usize = 8;

/// A run of digits, `extension` bytes of `x123` behind it.
#[derive(Clone, Copy)]
struct Group {
    start: usize,
    end: usize,
    extension: usize,
}

impl Group {
    fn digits(&self) -> usize {
        self.end - self.start
    }
}

pub(super) struct Finder<'a, 'b> {
    pub(super) text: &'a str,
    pub(super) context: &'b Context<'a>,
    pub(super) scope: &'b Scope,
    /// Values found for sure, in the order of the text: no number reaches into them.
    pub(super) claimed: Vec<(usize, usize)>,
    pub(super) looks: usize,
}

impl Finder<'_, '_> {
    pub(super) fn find(&mut self, runs: &[Run], sink: &mut Sink<'_>) {
        let mut groups: Vec<Group> = Vec::new();
        let mut claimed = 0;
        for run in runs {
            while self.claimed.get(claimed).is_some_and(|(_, end)| *end <= run.start) {
                claimed += 1;
            }
            let taken = self.claimed.get(claimed).is_some_and(|(start, _)| *start < run.end);
            let group = if taken { None } else { self.group(*run) };
            let joined = group.zip(groups.last()).is_some_and(|(group, last)| {
                last.extension == 0 && is_joint(&self.text.as_bytes()[last.end..group.start])
            });
            if !joined {
                self.stretch(&groups, sink);
                groups.clear();
            }
            groups.extend(group);
        }
        self.stretch(&groups, sink);
    }

    fn group(&self, run: Run) -> Option<Group> {
        let word = &self.text.as_bytes()[run.start..run.end];
        let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (start, end) = (run.start, run.start + digits);
        if digits > MOST_DIGITS {
            return None;
        }
        if run.digits {
            return Some(Group { start, end, extension: 0 });
        }
        let extension = word[digits..].strip_prefix(b"x").or_else(|| word[digits..].strip_prefix(b"X"))?;
        let formed = digits > 0 && (1..=5).contains(&extension.len()) && extension.iter().all(u8::is_ascii_digit);
        formed.then_some(Group { start, end, extension: extension.len() + 1 })
    }

    /// Groups that stand together: the numbers among them, from left to right.
    fn stretch(&mut self, groups: &[Group], sink: &mut Sink<'_>) {
        let digits: usize = groups.iter().take(16).map(Group::digits).sum();
        if digits < FEWEST_DIGITS {
            return;
        }
        let (mut at, mut fresh) = (0, true);
        while at < groups.len() {
            match self.number(groups, at, fresh) {
                Some((count, rule)) => {
                    let start = self.start(&groups[at]);
                    let end = self.end(&groups[at + count - 1]);
                    sink.push(rule, start, end, if rule == "phone_international" { 2 } else { 1 });
                    (at, fresh) = (at + count, true);
                }
                None => (at, fresh) = (at + 1, false),
            }
        }
    }

    /// The first byte, with a plus sign or an opening bracket before the digits.
    fn start(&self, group: &Group) -> usize {
        let before = &self.text.as_bytes()[..group.start];
        let bracket = usize::from(before.ends_with(b"("));
        let plus = usize::from(before[..before.len() - bracket].ends_with(b"+"));
        group.start - bracket - plus
    }

    /// One past the last byte, with an extension (`x204`, ` ext. 12`).
    fn end(&self, group: &Group) -> usize {
        let rest = &self.text[group.end + group.extension..];
        let trimmed = rest.trim_start_matches([' ', ',']);
        let lead = rest.len() - trimmed.len();
        let named = ["extension ", "ext. ", "ext.", "ext ", "x", "#"].into_iter().find_map(|word| {
            let digits = trimmed.strip_prefix(word)?.bytes().take(6).take_while(u8::is_ascii_digit).count();
            (1..=5).contains(&digits).then_some(word.len() + digits)
        });
        let extra = named.filter(|_| group.extension == 0 && lead <= 2).map_or(0, |length| lead + length);
        let end = group.end + group.extension + extra;
        if extra > 0 && !ends_token(self.text, end) { group.end } else { end }
    }

    /// How many groups from `at` on are a number, and by which rule. `fresh` when no digits of something else stand before.
    fn number(&mut self, groups: &[Group], at: usize, fresh: bool) -> Option<(usize, &'static str)> {
        let first = groups[at];
        let start = self.start(&first);
        let plus = self.text.as_bytes()[start] == b'+';
        let zeros = !plus && self.text[first.start..first.end].starts_with("00") && first.digits() > 2;
        let label = self.context.label(start);
        let named = label & PHONE != 0;
        let begins = begins_token(self.text, start) || (named && begins_field(self.text, start));
        if !begins {
            return None;
        }
        let near = named || (label & !(UNIT | HOLDER) == 0 && self.context.before(start, NEAR) & PHONE != 0);
        let other = !named && (label & OTHER != 0 || self.context.before(start, 24) & OTHER != 0);
        if label != 0 && label & (PHONE | PHONE_AFTER | UNIT | HOLDER) == 0 {
            return None;
        }
        let certain = plus || named;
        let usual = if plus || zeros { 11 } else { 10 };
        let mut best: Option<(usize, usize, &'static str)> = None;
        for count in 1..=(groups.len() - at).min(MOST_GROUPS) {
            let these = &groups[at..at + count];
            let digits: usize = these.iter().map(Group::digits).sum();
            if digits > MOST_DIGITS {
                break;
            }
            let next = groups.get(at + count);
            let Some(cut) = self.cut(these, next, certain) else { continue };
            let form = Form { plus, zeros, fresh, named, near, other, whole: next.is_none() };
            if let Some(rule) = self.rule(these, digits, &form) {
                let distance = if rule == "phone_plan" { 0 } else { digits.abs_diff(usual) + cut };
                // Groups that end here and are one number as a whole are one.
                if next.is_none() || best.is_none_or(|(least, ..)| distance < least) {
                    best = Some((distance, count, rule));
                }
            }
        }
        let (_, count, rule) = best?;
        Some((count, if rule == "phone_plan" { "phone_national" } else { rule }))
    }

    /// What it counts against a number to end here: nothing at the end of the groups or before the beginning of another number, a
    /// little between other groups, and nowhere else can it.
    fn cut(&self, these: &[Group], next: Option<&Group>, certain: bool) -> Option<usize> {
        let last = these.last()?;
        let Some(next) = next else {
            let end = self.end(last);
            return (ends_token(self.text, end) || certain && ends_field(self.text, end)).then_some(0);
        };
        let between = &self.text.as_bytes()[last.end + last.extension..next.start];
        let bytes = self.text.as_bytes();
        let begins = bytes[next.start] == b'0' && next.digits() > 1 || between.ends_with(b"(");
        let plan = is_plan(self.text, these) && between.starts_with(b" ");
        match (between.starts_with(b" "), begins || plan) {
            (true, true) => Some(0),
            (true, false) if certain => Some(2),
            _ => None,
        }
    }

    fn rule(&mut self, these: &[Group], digits: usize, form: &Form) -> Option<&'static str> {
        let text = self.text;
        let first = these[0];
        if form.plus {
            let country = is_calling_code(&text[first.start..first.end]);
            return (digits >= 8 && country).then_some("phone_international");
        }
        if digits < FEWEST_DIGITS || is_date(these, text) {
            return None;
        }
        if form.zeros {
            let doubtful = form.other || !form.fresh || (these.len() == 1 && !form.near);
            let country = is_calling_code(&text[first.start + 2..first.end]);
            return (digits >= 10 && country && !doubtful).then_some("phone_international");
        }
        let end = self.end(these.last()?);
        let after =
            form.whole && self.context.after(end, 12) & PHONE_AFTER != 0 && text[end..].starts_with([' ', '(', ',']);
        if form.named || after && !form.other {
            return Some("phone_named");
        }
        let grouped = these.len() > 1;
        if form.near && !form.other && (grouped || (10..=12).contains(&digits)) && !self.is_amount(these) {
            return Some("phone_named");
        }
        if form.other || !form.fresh || !grouped || self.is_amount(these) {
            return None;
        }
        if is_plan(text, these) {
            return Some("phone_plan");
        }
        let trunk = text[first.start..].starts_with('0') && (2..=6).contains(&first.digits());
        let long = (9..=12).contains(&digits);
        let mobile = is_nine_or_mobile(text, these);
        (trunk && long || mobile || (form.whole && self.is_valid(these, digits))).then_some("phone_national")
    }

    /// `699 956 915` may be an amount: beside a unit or a currency it is.
    fn is_amount(&self, these: &[Group]) -> bool {
        let (start, end) = (these[0].start, these[these.len() - 1].end);
        let grouped = these.iter().skip(1).all(|group| group.digits() == 3);
        let sign = self.text[..start].trim_end().ends_with(['$', '€', '£', '¥']);
        let unit = || (self.context.before(start, 8) | self.context.after(end, 12)) & UNIT != 0;
        let mut after = self.text[end..].chars();
        let first = after.next();
        let decimals = matches!(first, Some(',' | '.')) && after.next().is_some_and(|c| c.is_ascii_digit());
        sign || (grouped && (unit() || decimals || matches!(first, Some('%' | '€' | '$'))))
    }

    /// Whether the library knows such a number in a region in scope. Two groups may be a range of years, two-digit groups with
    /// blanks a list, groups of three an amount: those are not shown to it.
    fn is_valid(&mut self, these: &[Group], digits: usize) -> bool {
        let (start, end) = (these[0].start, these[these.len() - 1].end);
        let value = &self.text[start..end];
        let blank = value.contains(' ');
        let amount = these[0].digits() <= 3 && these.iter().skip(1).all(|group| group.digits() == 3);
        let list = these.iter().all(|group| group.digits() <= 2) && blank;
        // `71.1 (101.9-50.9`: what is written with care keeps to one separator, and has no lonely digits.
        let signs: Vec<char> = value.chars().filter(|c| !c.is_ascii_digit()).collect();
        let mixed =
            signs.windows(2).any(|pair| pair[0] != pair[1]) || these.iter().skip(1).any(|group| group.digits() == 1);
        if these.len() < 3 || !(8..=11).contains(&digits) || amount || list || mixed || value.contains('/') {
            return false;
        }
        let looks = &mut self.looks;
        let known = |region: &Id| {
            *looks = looks.saturating_sub(1);
            *looks > 0 && phonenumber::parse(Some(*region), value).is_ok_and(|number| phonenumber::is_valid(&number))
        };
        self.scope.regions().iter().any(known)
    }

    /// Numbers read out: seven or more words for digits, after a word that names a number.
    pub(super) fn find_spoken(&self, sink: &mut Sink<'_>) {
        for (start, end, words) in self.context.spoken_digits() {
            let near = (self.context.label(start) | self.context.before(start, NEAR)) & PHONE != 0;
            if (FEWEST_DIGITS..=MOST_DIGITS).contains(&words) && near {
                sink.push("phone_spoken", start, end, 1);
            }
        }
    }
}

/// How far, in bytes, a word that speaks of telephones may stand before a number in groups.
const NEAR: usize = 40;

/// What is known of a candidate besides its digits.
struct Form {
    plus: bool,
    zeros: bool,
    fresh: bool,
    named: bool,
    near: bool,
    other: bool,
    whole: bool,
}

/// What stands between the groups of one number: up to three of blank, hyphen, dot, slash and brackets.
fn is_joint(between: &[u8]) -> bool {
    between.len() <= 3
        && between.iter().all(|byte| matches!(byte, b' ' | b'-' | b'.' | b'/' | b'(' | b')'))
        && between.iter().filter(|byte| **byte == b' ').count() < 3
}

/// The North American plan (NANPA): three, three and four digits, a 1 before them or not. With blanks alone the area must be one.
fn is_plan(text: &str, these: &[Group]) -> bool {
    let (one, area) = match these {
        [one, area @ ..] if one.digits() == 1 && text[one.start..].starts_with('1') => (true, area),
        all => (false, all),
    };
    let lengths = matches!(area, [a, b, c] if (a.digits(), b.digits(), c.digits()) == (3, 3, 4));
    let Some(first) = area.first().filter(|_| lengths) else { return false };
    let value = &text[first.start..area[2].end];
    let signs = value.contains(['-', '.', ')', '/']);
    let possible = text[first.start..].starts_with(|c: char| ('2'..='9').contains(&c));
    possible || (signs && !one)
}

/// Nine digits in threes, or three and three pairs, from 6 up: how the mobile numbers of Poland, Spain, Czechia and others are
/// written.
fn is_nine_or_mobile(text: &str, these: &[Group]) -> bool {
    let lengths: Vec<usize> = these.iter().map(Group::digits).collect();
    let form = matches!(lengths.as_slice(), [3, 3, 3] | [3, 2, 2, 2]);
    let first = text[these[0].start..].starts_with(['6', '7', '8', '9']);
    form && first && text.as_bytes().get(these[0].end) == Some(&b' ')
}

fn is_date(these: &[Group], text: &str) -> bool {
    let lengths: Vec<usize> = these.iter().map(Group::digits).collect();
    let year = |group: &Group| text[group.start..].starts_with("19") || text[group.start..].starts_with("20");
    match lengths.as_slice() {
        [4, 2, 2] | [4, 1 | 2, 1 | 2] | [4, 4] => year(&these[0]),
        [1 | 2, 1 | 2, 4] => year(&these[2]),
        // A date and an hour.
        [4, 2, 2, ..] => year(&these[0]),
        [2, 2, 4, ..] => year(&these[2]),
        // Months with their years.
        [1 | 2, 4, 1 | 2, 4] => year(&these[1]) && year(&these[3]),
        _ => false,
    }
}

/// The first digits of a country's code (ITU-T E.164, list of assigned codes): zones 1 and 7 are one digit, of the others the
/// second digit says whether there is a third.
fn is_calling_code(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    matches!(
        bytes,
        [b'1' | b'7', ..]
            | [b'2', b'0' | b'7', ..]
            | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
            | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
            | [b'5', b'1'..=b'8', ..]
            | [b'6', b'0'..=b'6', ..]
            | [b'8', b'1' | b'2' | b'4' | b'6', ..]
            | [b'9', b'0'..=b'5' | b'8', ..]
            | [b'2', b'1'..=b'6' | b'8' | b'9', _, ..]
            | [b'3', b'5' | b'7' | b'8', _, ..]
            | [b'4', b'2', _, ..]
            | [b'5', b'0' | b'9', _, ..]
            | [b'6', b'7'..=b'9', _, ..]
            | [b'8', b'0' | b'5' | b'7' | b'8', _, ..]
            | [b'9', b'6' | b'7' | b'9', _, ..]
    )
}
