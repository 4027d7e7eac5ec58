//! The text of each page, within limits of length and time.

use crate::parse::MAX_INFLATED_BYTES;
use pdf_extract::{
    ColorSpace, ConvertToFmt, Document, MediaBox, OutputDev, OutputError, Path, PlainTextOutput, Transform, output_doc,
    output_doc_page,
};
use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Instant;

/// The clock is read once in so many pieces of text.
const PIECES_PER_LOOK: usize = 1_024;

#[derive(Clone, Debug, Default)]
pub(super) struct Pages {
    pub(super) text: String,
    /// Where each page begins, in code points of the text.
    pub(super) starts: Vec<usize>,
    pub(super) warnings: Vec<String>,
}

/// # Errors
/// No page can be read, or there is too much text or too little time.
pub(super) fn read(pdf: &Document, until: Instant) -> Result<Pages, String> {
    if let Some(pages) = taken(until, |device| output_doc(pdf, device))? {
        return Ok(joined(&pages, Vec::new()));
    }
    // One broken page must not cost the others; page by page takes longer, so it is done for broken files only.
    let (mut pages, mut broken) = (Vec::new(), Vec::new());
    for number in pdf.get_pages().into_keys() {
        let page = taken(until, |device| output_doc_page(pdf, device, number))?;
        if page.is_none() {
            broken.push(number.to_string());
        }
        pages.push(page.unwrap_or_default().concat());
    }
    if pages.iter().all(|page| page.trim().is_empty()) && !broken.is_empty() {
        return Err("the PDF cannot be read: its structure is broken".to_owned());
    }
    let shown = broken.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
    Ok(joined(&pages, vec![format!("{} of its pages cannot be read and were left out: {shown}", broken.len())]))
}

/// Pages put together, tidied, with their places.
fn joined(pages: &[String], warnings: Vec<String>) -> Pages {
    let mut joined = Pages { warnings, ..Pages::default() };
    let mut length = 0;
    for page in pages {
        let page = tidy(page);
        if !page.is_empty() && !joined.text.is_empty() {
            joined.text.push_str("\n\n");
            length += 2;
        }
        joined.starts.push(length);
        joined.text.push_str(&page);
        length += page.chars().count();
    }
    joined
}

/// The library sets every line of a page apart; three line breaks and more mean no more than two.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut blank = 0;
    // Zero bytes come from fonts without a table of characters.
    for line in
        text.lines().map(|line| line.trim_matches(|character: char| character.is_whitespace() || character == '\0'))
    {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            tidied.extend(line.chars().filter(|character| !matches!(character, '\0' | '\r')));
            tidied.push('\n');
        }
    }
    tidied.trim().to_owned()
}

/// What was taken of each page.
struct Taken {
    pages: Vec<String>,
    bytes: u64,
    pieces: usize,
    until: Instant,
    /// Why it was stopped.
    stopped: Option<String>,
}

impl Taken {
    fn look(&mut self) -> fmt::Result {
        self.pieces += 1;
        if self.pieces.is_multiple_of(PIECES_PER_LOOK) && Instant::now() > self.until {
            self.stopped = Some("the PDF cannot be read in reasonable time".to_owned());
        }
        if self.bytes > MAX_INFLATED_BYTES {
            self.stopped = Some(format!("its text is longer than {} MiB", MAX_INFLATED_BYTES / 1024 / 1024));
        }
        if self.stopped.is_some() { Err(fmt::Error) } else { Ok(()) }
    }
}

/// The pages that the work gives; `None` when it fails or panics.
///
/// # Errors
/// It was stopped by a limit.
fn taken(
    until: Instant,
    work: impl FnOnce(&mut Device) -> Result<(), OutputError>,
) -> Result<Option<Vec<String>>, String> {
    let sink = Sink(Rc::new(RefCell::new(Taken { pages: Vec::new(), bytes: 0, pieces: 0, until, stopped: None })));
    let mut device = Device { inner: PlainTextOutput::new(sink.clone()), sink: sink.clone() };
    let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut device)));
    let mut taken = sink.0.borrow_mut();
    match taken.stopped.take() {
        Some(reason) => Err(reason),
        None => Ok(matches!(outcome, Ok(Ok(()))).then(|| std::mem::take(&mut taken.pages))),
    }
}

/// Where the library's text goes; shared, because the library keeps what it writes to.
#[derive(Clone)]
struct Sink(Rc<RefCell<Taken>>);

impl fmt::Write for Sink {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        let mut taken = self.0.borrow_mut();
        taken.bytes += words.len() as u64;
        if let Some(page) = taken.pages.last_mut() {
            page.push_str(words);
        }
        taken.look()
    }
}

impl ConvertToFmt for Sink {
    type Writer = Self;

    fn convert(self) -> Self {
        self
    }
}

/// The library's own arrangement of text, with a new page for each page, and stopped in time.
struct Device {
    inner: PlainTextOutput<Sink>,
    sink: Sink,
}

impl Device {
    fn look(&self) -> Result<(), OutputError> {
        Ok(self.sink.0.borrow_mut().look()?)
    }
}

impl OutputDev for Device {
    fn begin_page(
        &mut self,
        number: u32,
        media: &MediaBox,
        art: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        self.sink.0.borrow_mut().pages.push(String::new());
        self.inner.begin_page(number, media, art)
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        self.inner.end_page()
    }

    fn output_character(
        &mut self,
        place: &Transform,
        width: f64,
        spacing: f64,
        font_size: f64,
        character: &str,
    ) -> Result<(), OutputError> {
        self.inner.output_character(place, width, spacing, font_size, character)
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        self.look()?;
        self.inner.begin_word()
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        self.inner.end_word()
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        self.look()?;
        self.inner.end_line()
    }

    fn stroke(&mut self, _: &Transform, _: &ColorSpace, _: &[f64], _: &Path) -> Result<(), OutputError> {
        self.look()
    }

    fn fill(&mut self, _: &Transform, _: &ColorSpace, _: &[f64], _: &Path) -> Result<(), OutputError> {
        self.look()
    }
}
