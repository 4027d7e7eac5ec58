//! A look at a page before it is read: whether building its tree would take unreasonable time or memory. The standard's
//! algorithm takes time that grows with the square of the depth, and opens formatting elements that were not closed
//! again in every paragraph that follows.

/// Elements that are open at once. A page with more is refused for its depth when its tree is there; this is a look
/// ahead and need not be exact.
const MAX_OPEN: usize = 2_000;

/// Elements that the algorithm may open again by itself.
const MAX_REOPENED: usize = 4_000_000;

/// Bytes of indentation that the Markdown of nested lists and quotations may have.
const MAX_INDENTED: usize = 64 * 1024 * 1024;

/// Each level of these moves every line below it to the right, by so many characters at most.
const INDENTING: &[&str] = &["ul", "ol", "blockquote"];
const INDENT: usize = 8;

/// Elements without an end tag, or whose end tag is commonly left out: they say nothing about depth.
const NOT_COUNTED: &[&str] = &[
    "area", "base", "body", "br", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html", "img", "input", "li",
    "link", "meta", "optgroup", "option", "p", "param", "rp", "rt", "source", "tbody", "td", "tfoot", "th", "thead",
    "tr", "track", "wbr",
];

/// The formatting elements of the HTML standard.
const FORMATTING: &[&str] =
    &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Elements whose content is no markup.
const RAW: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

/// Whether the page is better not read; one walk over it.
pub(super) fn unreasonable(html: &str) -> bool {
    let (mut open, mut formatting, mut reopened) = (0_usize, 0_usize, 0_usize);
    let (mut indent, mut deepest) = (0_usize, 0);
    let mut raw: Option<String> = None;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if raw.is_none() && rest.starts_with("!--") {
            rest = rest.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let closes = rest.starts_with('/');
        let name = name(&rest[usize::from(closes)..]);
        if raw.is_some() {
            raw.take_if(|inside| closes && name == *inside);
        } else if name.is_empty() {
        } else if !closes && RAW.contains(&name.as_str()) {
            raw = Some(name);
        } else {
            let counted = usize::from(!NOT_COUNTED.contains(&name.as_str()));
            let formats = usize::from(FORMATTING.contains(&name.as_str()));
            let indents = usize::from(INDENTING.contains(&name.as_str()));
            if closes {
                (open, formatting) = (open.saturating_sub(counted), formatting.saturating_sub(formats));
                indent = indent.saturating_sub(indents);
            } else {
                indent += indents;
                deepest = deepest.max(indent);
                (open, formatting) = (open + counted, formatting + formats);
                reopened += formatting - formats.min(formatting);
            }
        }
        if open > MAX_OPEN || reopened > MAX_REOPENED {
            return true;
        }
    }
    let lines = html.bytes().filter(|byte| matches!(byte, b'\n' | b'<')).count();
    deepest.saturating_mul(INDENT).saturating_mul(lines) > MAX_INDENTED.max(4 * html.len())
}

/// The name that a tag begins with, in small letters; names that are longer than any we know are cut.
fn name(tag: &str) -> String {
    let letters = tag.bytes().take(12).take_while(|byte| byte.is_ascii_alphanumeric());
    letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}
