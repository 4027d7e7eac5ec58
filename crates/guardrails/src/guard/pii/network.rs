//! Addresses of machines and pages: IP, MAC, web.

use super::Sink;
use super::context::{Context, VERSION};
use super::rules::Run;
use super::surroundings::{begins_token, ends_token};
use std::net::{Ipv4Addr, Ipv6Addr};

/// IPv4 addresses that begin with one of the runs.
pub(super) fn find_ipv4(text: &str, context: &Context<'_>, runs: &[Run], sink: &mut Sink<'_>) {
    let bytes = text.as_bytes();
    let mut settled = 0;
    for (at, run) in runs.iter().enumerate() {
        let Some(four) = runs.get(at..at + 4) else { return };
        let joined = four.windows(2).all(|pair| pair[0].end + 1 == pair[1].start && bytes[pair[0].end] == b'.');
        if run.start < settled || !joined || !four.iter().all(|run| run.digits && run.end - run.start <= 3) {
            continue;
        }
        let (start, end) = (run.start, four[3].end);
        // `10.1.2.3:8080` and `10.1.2.0/24` are addresses with something behind them.
        let port = bytes.get(end).is_some_and(|byte| matches!(byte, b':' | b'/'));
        let Ok(address) = text[start..end].parse::<Ipv4Addr>() else { continue };
        let nobody =
            address.is_loopback() || address.is_unspecified() || address.is_broadcast() || address.octets()[0] == 255;
        let version = (context.label(start) | context.before(start, 16)) & VERSION != 0;
        if begins_token(text, start) && (port || ends_token(text, end)) && !nobody && !version {
            sink.push("ip_address", start, end, 2);
            settled = end;
        }
    }
}

/// IPv6 (RFC 4291) with at least three written groups, less is a scope operator of some programming language; and MAC addresses.
/// Looks around colons, each stretch of hexadecimal digits and colons once.
pub(super) fn find_with_colons(text: &str, sink: &mut Sink<'_>) {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b':';
    let mut settled = 0;
    while let Some(colon) = text[settled..].find(':').map(|at| settled + at) {
        let start = colon - bytes[settled..colon].iter().rev().take_while(|byte| is_part(byte)).count();
        let stop = colon + bytes[colon..].iter().take_while(|byte| is_part(byte)).count();
        settled = stop;
        let value = text[start..stop].trim_end_matches(':');
        let end = start + value.len();
        let groups = value.split(':').filter(|group| !group.is_empty()).count();
        let free = |character: Option<char>| character.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.');
        let whole = free(text[..start].chars().next_back())
            && text[end..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        if !(3..=8).contains(&groups) || value.len() > 45 || !whole || !value.bytes().any(|byte| byte.is_ascii_digit())
        {
            continue;
        }
        if groups == 6 && value.split(':').all(|group| group.len() == 2) {
            sink.push("mac_address", start, end, 3);
        } else if value.parse::<Ipv6Addr>().is_ok() {
            sink.push("ip_address", start, end, 2);
        }
    }
}

/// Top-level domains by which a bare name is a host; with a scheme or `www.` any will do.
const BARE_DOMAINS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "io", "de", "fr", "it", "es", "nl", "be", "at", "ch", "pl", "pt", "se", "fi",
    "dk", "cz", "sk", "hu", "ro", "bg", "hr", "si", "ee", "lt", "lv", "gr", "ie", "eu", "uk", "us", "ca", "au", "nz",
    "jp", "cn", "br", "mx", "info", "biz", "app", "dev", "co", "ai", "tv", "ru", "ua", "sg", "ae", "uy", "za", "kr",
    "int", "mil",
];

/// Web addresses: with a scheme, after `www.`, or a bare host under a common top-level domain.
pub(super) fn find_urls(text: &str, sink: &mut Sink<'_>) {
    let bytes = text.as_bytes();
    let mut settled = 0;
    let mut at = 0;
    while let Some(dot) = bytes[at..].iter().position(|byte| matches!(byte, b'.' | b':')).map(|ahead| at + ahead) {
        at = dot + 1;
        if dot < settled {
            continue;
        }
        let host = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte >= 0x80;
        let word = bytes[settled..dot].iter().rev().take(64).take_while(|byte| host(byte)).count();
        let start = dot - word;
        if word == 0 || !text.is_char_boundary(start) {
            continue;
        }
        let scheme = bytes[dot..].starts_with(b"://") && is_scheme(&bytes[start..dot]);
        let (host_start, certain) =
            if scheme { (dot + 3, true) } else { (start, bytes[start..dot].eq_ignore_ascii_case(b"www")) };
        if !scheme
            && (bytes[dot] == b':'
                || start.checked_sub(1).is_some_and(|b| matches!(bytes[b], b'@' | b'/' | b'.' | b'_' | b'\\')))
        {
            continue;
        }
        let Some(end) = url_end(text, host_start, scheme, certain) else { continue };
        sink.push("url", start, end, 1);
        (settled, at) = (end, end);
    }
}

fn is_scheme(word: &[u8]) -> bool {
    [&b"http"[..], b"https", b"ftp", b"ftps", b"sftp", b"ws", b"wss"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Where the address ends: behind host, port, path and query, without the punctuation of the sentence around it. Only what follows
/// an accepted host is read on, so that no byte is read twice.
fn url_end(text: &str, host_start: usize, scheme: bool, certain: bool) -> Option<usize> {
    let rest = &text[host_start..];
    let host_length: usize = rest
        .chars()
        .take(LONGEST_HOST + 1)
        .take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
        .map(char::len_utf8)
        .sum();
    let host = rest[..host_length].trim_end_matches(['.', '-']);
    let (labels, last) = host.rsplit_once('.').unwrap_or((host, ""));
    let known = if certain { scheme || last.len() >= 2 } else { is_bare_domain(last) };
    let empty = labels.is_empty() || host.split('.').any(str::is_empty) || (scheme && host.len() < 3);
    // `user@host` and `name.com(` are something else.
    let follows = rest[host.len()..].chars().next();
    if !known || empty || host.len() > LONGEST_HOST || (!scheme && matches!(follows, Some('@' | '(' | '_' | '='))) {
        return None;
    }
    if !matches!(follows, Some('/' | ':' | '?' | '#' | '@')) {
        return Some(host_start + host.len());
    }
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`' | '{' | '}' | '|' | '\\' | '^' | '»' | '”');
    let whole = &rest[..rest.find(ends).unwrap_or(rest.len())];
    let opens = whole.contains(['(', '[']);
    let closing: &[char] = if opens { SENTENCE } else { SENTENCE_AND_BRACKETS };
    Some(host_start + whole.trim_end_matches(closing).len())
}

/// `entity.It` is two sentences.
fn is_bare_domain(last: &str) -> bool {
    let upper = last.bytes().filter(u8::is_ascii_uppercase).count();
    (upper == 0 || upper == last.len()) && BARE_DOMAINS.contains(&last.to_ascii_lowercase().as_str())
}

/// The longest host name, in bytes (RFC 1035, 2.3.4).
const LONGEST_HOST: usize = 253;

const SENTENCE: &[char] = &['.', ',', ';', ':', '!', '?', '\'', '*', '_', '’'];
const SENTENCE_AND_BRACKETS: &[char] = &['.', ',', ';', ':', '!', '?', '\'', '*', '_', '’', ')', ']'];
