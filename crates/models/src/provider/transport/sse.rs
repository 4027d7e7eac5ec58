//! Server-sent events, read from bytes that arrive in any pieces (WHATWG HTML, section "Server-sent events").
//!
//! Lines end with LF, CR or CRLF; a byte order mark at the start is skipped; comments and fields other than `data` are
//! passed over; several `data` lines of one event are joined by LF. Lines are cut out as bytes, so a character that was
//! split between two pieces is whole again before it is decoded.

/// An event larger than this is refused, in bytes: a stream that never ends a line must not eat the memory.
pub(crate) const LARGEST_EVENT: usize = 16 * 1024 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SseError {
    TooLarge,
    NotUtf8,
}

#[derive(Debug, Default)]
pub(crate) struct SseReader {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last piece ended a line with CR; a LF that follows belongs to it.
    after_cr: bool,
    past_start: bool,
}

impl SseReader {
    /// Takes the next bytes and calls `event` with the data of each event that they complete.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        event: &mut dyn FnMut(&str) -> Result<(), SseError>,
    ) -> Result<(), SseError> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                return self.keep(bytes);
            };
            self.keep(&bytes[..end])?;
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            self.end_line(event)?;
        }
        Ok(())
    }

    /// The bytes are over: gives the last event even if the blank line after it is missing, as some servers end.
    pub(crate) fn finish(&mut self, event: &mut dyn FnMut(&str) -> Result<(), SseError>) -> Result<(), SseError> {
        if !self.line.is_empty() {
            self.end_line(event)?;
        }
        self.end_line(event)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        if self.line.len() + self.data.len() + bytes.len() > LARGEST_EVENT {
            return Err(SseError::TooLarge);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, event: &mut dyn FnMut(&str) -> Result<(), SseError>) -> Result<(), SseError> {
        let mut line = self.line.as_slice();
        if !std::mem::replace(&mut self.past_start, true) {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        let outcome = match line.strip_prefix(b"data") {
            _ if line.is_empty() => Self::dispatch(&mut self.data, &mut self.has_data, event),
            Some([]) => {
                Self::append(&mut self.data, &mut self.has_data, b"");
                Ok(())
            }
            Some([b':', value @ ..]) => {
                let value = value.strip_prefix(b" ").unwrap_or(value);
                Self::append(&mut self.data, &mut self.has_data, value);
                Ok(())
            }
            _ => Ok(()),
        };
        self.line.clear();
        outcome
    }

    fn append(data: &mut Vec<u8>, has_data: &mut bool, value: &[u8]) {
        if std::mem::replace(has_data, true) {
            data.push(b'\n');
        }
        data.extend_from_slice(value);
    }

    fn dispatch(
        data: &mut Vec<u8>,
        has_data: &mut bool,
        event: &mut dyn FnMut(&str) -> Result<(), SseError>,
    ) -> Result<(), SseError> {
        if !std::mem::take(has_data) {
            return Ok(());
        }
        let outcome = std::str::from_utf8(data).map_err(|_| SseError::NotUtf8).and_then(event);
        data.clear();
        outcome
    }
}
