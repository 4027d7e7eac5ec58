//! Which format a file has: told by its name's ending, else by the media type that its source names.

/// A file as its format's reader sees it, beside the bytes.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) path: &'a str,
    /// The encoding that the source names.
    pub(super) charset: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Markdown,
    Text,
    Html,
    Csv,
    Json,
    JsonLines,
    Pdf,
    Docx,
    Mail,
}

impl Format {
    pub(super) fn of(name: &str, media: Option<&str>, bytes: &[u8]) -> Option<Self> {
        let by_media = media.and_then(Self::by_media);
        let by_name = Self::by_ending(&ending(name));
        // A site shows `README.md` as a page of its own; what is served is then that page.
        let page = by_media == Some(Self::Html) && by_name != Some(Self::Html) && begins_as_page(bytes);
        // The id of a row or a message may end like a file's name.
        let object = by_media == Some(Self::Json) && by_name != Some(Self::JsonLines);
        if page || object { by_media } else { by_name.or(by_media) }
    }

    fn by_ending(ending: &str) -> Option<Self> {
        Some(match ending {
            "md" | "markdown" => Self::Markdown,
            "txt" | "text" => Self::Text,
            "html" | "htm" | "xhtml" => Self::Html,
            "csv" | "tsv" => Self::Csv,
            "json" => Self::Json,
            "jsonl" | "ndjson" => Self::JsonLines,
            "pdf" => Self::Pdf,
            "docx" => Self::Docx,
            "eml" => Self::Mail,
            _ => return None,
        })
    }

    fn by_media(media: &str) -> Option<Self> {
        let kind = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some(match kind.as_str() {
            "text/markdown" | "text/x-markdown" => Self::Markdown,
            "text/html" | "application/xhtml+xml" => Self::Html,
            "text/csv" | "text/tab-separated-values" => Self::Csv,
            "application/json" | "text/json" => Self::Json,
            "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => Self::JsonLines,
            "application/pdf" => Self::Pdf,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Self::Docx,
            "message/rfc822" => Self::Mail,
            "text/plain" => Self::Text,
            _ if kind.ends_with("+json") => Self::Json,
            _ => return None,
        })
    }
}

/// The ending in small letters, without the dot. An address has it before its question mark.
fn ending(name: &str) -> String {
    let name = if name.contains("://") { name.split(['?', '#']).next().unwrap_or(name) } else { name };
    let name = name.rsplit('/').next().unwrap_or(name);
    name.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase())
}

fn begins_as_page(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]).to_ascii_lowercase();
    let head = head.trim_start_matches('\u{FEFF}').trim_start();
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

/// The parameter `charset` of a media type.
pub(super) fn charset(media: &str) -> Option<&str> {
    let parameters = media.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut named = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    named.next().map(|(_, value)| value.trim().trim_matches('"'))
}

pub(super) fn unknown(media: Option<&str>) -> String {
    let by = media.map_or("its name".to_owned(), |media| format!("its name or its media type `{media}`"));
    format!(
        "its format is not known by {by}; known are .md, .txt, .html, .csv, .tsv, .json, .jsonl, .pdf, .docx and .eml"
    )
}
