//! Lines out of bytes, one at a time, each bounded: a line that is longer than allowed is passed over without being
//! held in memory.

use std::io::{self, BufRead, BufReader, Read};

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RawLine {
    /// From 1 on.
    pub(crate) number: u64,
    /// `None` when it is longer than allowed.
    pub(crate) bytes: Option<Vec<u8>>,
}

pub(crate) struct Lines<R> {
    reader: BufReader<R>,
    most_bytes: usize,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(reader: R, most_bytes: usize) -> Self {
        Self { reader: BufReader::with_capacity(64 * 1024, reader), most_bytes, number: 0 }
    }

    /// The next line that is not blank; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<RawLine>> {
        while let Some(line) = self.any()? {
            if line.bytes.as_ref().is_none_or(|bytes| !bytes.trim_ascii().is_empty()) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    fn any(&mut self) -> io::Result<Option<RawLine>> {
        let mut bytes = Vec::new();
        let (mut began, mut fits) = (false, true);
        loop {
            let held = self.reader.fill_buf()?;
            if held.is_empty() {
                break;
            }
            began = true;
            let end = held.iter().position(|byte| *byte == b'\n');
            let piece = &held[..end.unwrap_or(held.len())];
            fits = fits && bytes.len() + piece.len() <= self.most_bytes;
            match fits {
                true => bytes.extend_from_slice(piece),
                false => bytes = Vec::new(),
            }
            let used = end.map_or(held.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !began {
            return Ok(None);
        }
        self.number += 1;
        // Some editors begin a file with a byte order mark.
        if self.number == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        Ok(Some(RawLine { number: self.number, bytes: fits.then_some(bytes) }))
    }
}
