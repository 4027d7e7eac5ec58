//! E-mail addresses.

use super::Sink;

/// Endings of file names that follow an `@` in web pages (`logo@2x.png`).
const FILE_ENDINGS: &[&str] =
    &["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "html", "pdf", "mp4", "ico"];

/// Grows an address to both sides of each `@` (RFC 5321 addresses without quoted local parts; letters of any script).
pub(super) fn find(text: &str, sink: &mut Sink<'_>) {
    let mut settled = 0;
    for (at, _) in text.match_indices('@') {
        let local_allowed = |c: char| c.is_alphanumeric() || "._%+-'!#$&*=?^`{|}~/".contains(c);
        let raw = &text[settled..at];
        let from =
            raw.char_indices().rev().take_while(|(_, c)| local_allowed(*c)).last().map(|(offset, _)| settled + offset);
        let Some(mut start) = from else { continue };
        // Punctuation before an address belongs to the sentence; `mailto:` and `user=` are cut at their sign.
        let local = &text[start..at];
        let cut = local.rfind(['=', '/', '|', '*', '`', '{', '}', '!', '?', '\'']).map_or(0, |sign| sign + 1);
        start += cut;
        start +=
            text[start..at].len() - text[start..at].trim_start_matches(['.', '-', '#', '&', '~', '^', '$', '%']).len();
        let Some(end) = domain_end(text, at + 1) else { continue };
        let local = &text[start..at];
        let known = local == "git" || local.is_empty() || local.len() > 64 || local.ends_with('.');
        if !known {
            sink.push("email", start, end, 2);
            settled = end;
        }
    }
}

/// One past the last byte of a domain name with a plausible last label.
fn domain_end(text: &str, start: usize) -> Option<usize> {
    let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let length =
        text[start..].char_indices().take_while(|(_, c)| allowed(*c)).last().map(|(at, c)| at + c.len_utf8())?;
    let mut domain = text[start..start + length].trim_end_matches(['.', '-']);
    let first_dot = domain.find('.')?;
    // A sentence that goes on without a blank (`a@b.com.And`) is rarer than a long domain; keep the whole.
    loop {
        let (rest, last) = domain.rsplit_once('.')?;
        let plausible =
            (last.chars().count() >= 2 && last.chars().all(char::is_alphabetic)) || last.starts_with("xn--");
        if plausible {
            let file = FILE_ENDINGS.contains(&last.to_lowercase().as_str());
            let labels =
                domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
            return (labels && !file && domain.len() <= 253).then_some(start + domain.len());
        }
        domain = rest;
        // `pkg@1.2.beta3` is a version; only a number after a name (`a@b.com.1`) is dropped.
        if domain.len() <= first_dot {
            return None;
        }
    }
}
