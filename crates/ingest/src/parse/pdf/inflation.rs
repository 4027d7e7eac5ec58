//! What a PDF inflates to, measured before the library inflates it without a limit.

use flate2::read::ZlibDecoder;
use pdf_extract::{Document, Object, Stream};
use std::io::Read;

/// One stream, and all that are not pictures together.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Pictures are not read; what only calls itself one may still be inflated while the file is loaded.
const MAX_PICTURE_BYTES: u64 = 1024 * 1024 * 1024;

/// Larger files have tens of thousands.
const MAX_STREAMS: usize = 200_000;

/// LZW was given up in the nineties; its streams are measured by what goes in.
const MAX_LZW_BYTES: usize = 1024 * 1024;

/// So far before a stream its dictionary is looked for.
const DICTIONARY_BYTES: usize = 1024;

fn too_large() -> String {
    format!("the PDF inflates to more than {} MiB, which no document of words does", MAX_BYTES / 1024 / 1024)
}

/// Every stream in the bytes, whether or not anything refers to it: the file's own tables cannot be trusted yet.
pub(super) fn of_file(bytes: &[u8]) -> Result<(), String> {
    let (mut words, mut pictures, mut lzw, mut streams) = (0, 0, 0, 0);
    let mut at = 0;
    while let Some(found) = find(&bytes[at..], b"stream") {
        let keyword = at + found;
        at = keyword + 6;
        let rest = &bytes[at..];
        let Some(data) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) else { continue };
        let before = &bytes[keyword.saturating_sub(DICTIONARY_BYTES)..keyword];
        if before.ends_with(b"end") {
            continue;
        }
        streams += 1;
        if find(before, b"LZW").is_some() {
            lzw += find(data, b"endstream").unwrap_or(data.len());
        }
        let picture = find(before, b"/Image").is_some();
        let (total, limit) = if picture { (&mut pictures, MAX_PICTURE_BYTES) } else { (&mut words, MAX_BYTES) };
        *total += inflated(data, MAX_BYTES)?;
        if *total > limit || streams > MAX_STREAMS || lzw > MAX_LZW_BYTES {
            return Err(too_large());
        }
    }
    Ok(())
}

/// What was hidden by encryption, once it is open. Pictures are emptied: the library would take them for drawings.
pub(super) fn of_streams(pdf: &mut Document) -> Result<(), String> {
    let (mut total, mut lzw) = (0, 0);
    for object in pdf.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        if is_picture(stream) {
            stream.content.clear();
            stream.dict.remove(b"Filter");
            continue;
        }
        if stream.filters().is_ok_and(|filters| filters.contains(&&b"LZWDecode"[..])) {
            lzw += stream.content.len();
        }
        total += inflated(&stream.content, MAX_BYTES)?;
        if total > MAX_BYTES || lzw > MAX_LZW_BYTES {
            return Err(too_large());
        }
    }
    Ok(())
}

fn is_picture(stream: &Stream) -> bool {
    stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Image")
}

/// How many bytes the data inflates to; 0 when it is not deflated.
fn inflated(data: &[u8], limit: u64) -> Result<u64, String> {
    if !begins_deflated(data) {
        return Ok(0);
    }
    let mut decoder = ZlibDecoder::new(data).take(limit + 1);
    let (mut total, mut buffer) = (0_u64, [0; 16 * 1024]);
    while let Ok(count @ 1..) = decoder.read(&mut buffer) {
        if total == 0 && begins_deflated(&buffer[..count]) && !begins_deflated_by_chance(&buffer[..count]) {
            return Err("a stream of the PDF is compressed twice, which no document of words is".to_owned());
        }
        total += count as u64;
    }
    if total > limit { Err(too_large()) } else { Ok(total) }
}

/// RFC 1950: the method, and a check over the first two bytes.
fn begins_deflated(data: &[u8]) -> bool {
    matches!(data, [first, second, ..] if first & 0x0F == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0)
}

/// One stream in some hundreds begins so and is none; then it does not inflate to anything.
fn begins_deflated_by_chance(data: &[u8]) -> bool {
    !matches!(ZlibDecoder::new(data).read(&mut [0; 256]), Ok(1..))
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|window| window == word)
}
