//! Forms (drawings that pages and other forms draw, ISO 32000-2, 8.10): the library draws each by recursion, without
//! asking whether a form draws itself, or how often. Here the drawing is counted instead of done.

use pdf_extract::content::Content;
use pdf_extract::{Dictionary, Document, Object, ObjectId, Stream};
use std::collections::BTreeMap;

/// Bytes of content that all pages together may have drawn.
const MAX_DRAWN_BYTES: u64 = 256 * 1024 * 1024;

/// Forms within forms, and pages within groups of pages.
const MAX_DEPTH: usize = 32;

/// Forms looked at; one that has no resources of its own is looked at wherever it is drawn.
const MAX_LOOKS: usize = 100_000;

/// # Errors
/// A form draws itself, a page is its own parent, or too much is drawn.
pub(super) fn measure(pdf: &Document) -> Result<(), String> {
    let mut measure = Measure { pdf, known: BTreeMap::new(), looks: 0 };
    let mut total = 0_u64;
    for page in pdf.get_pages().into_values() {
        total = total.saturating_add(measure.page(page)?);
        if total > MAX_DRAWN_BYTES {
            return Err(too_much());
        }
    }
    Ok(())
}

fn too_much() -> String {
    "the pages of the PDF draw the same things over and over, more than any document does".to_owned()
}

struct Measure<'a> {
    pdf: &'a Document,
    known: BTreeMap<ObjectId, u64>,
    looks: usize,
}

impl<'a> Measure<'a> {
    fn page(&mut self, page: ObjectId) -> Result<u64, String> {
        let broken = |_| "the PDF cannot be read: a page is not there".to_owned();
        let resources = self.resources(self.pdf.get_dictionary(page).map_err(broken)?)?;
        let mut cost = 0_u64;
        for part in self.pdf.get_page_contents(page) {
            let Ok(stream) = self.pdf.get_object(part).and_then(Object::as_stream) else { continue };
            cost = cost.saturating_add(self.stream(part, stream, resources, &mut Vec::new())?);
            if cost > MAX_DRAWN_BYTES {
                return Err(too_much());
            }
        }
        Ok(cost)
    }

    /// A page's resources, or those of the pages above it. Walks all the way up: everything else that a page inherits
    /// is looked for along the same way, without a limit.
    fn resources(&self, page: &'a Dictionary) -> Result<Option<&'a Dictionary>, String> {
        let mut found = None;
        let mut node = page;
        for _ in 0..MAX_DEPTH {
            found = found.or_else(|| self.dictionary(node, b"Resources"));
            let parent = node.get(b"Parent").and_then(Object::as_reference).and_then(|id| self.pdf.get_dictionary(id));
            match parent {
                Ok(parent) => node = parent,
                Err(_) => return Ok(found),
            }
        }
        Err("the PDF cannot be read: its pages stand in a circle".to_owned())
    }

    fn dictionary(&self, holder: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
        let (_, value) = holder.get(key).and_then(|value| self.pdf.dereference(value)).ok()?;
        value.as_dict().ok()
    }

    /// Bytes of content that drawing this takes. `open`: the forms that are being drawn around it.
    fn stream(
        &mut self,
        id: ObjectId,
        stream: &'a Stream,
        around: Option<&'a Dictionary>,
        open: &mut Vec<ObjectId>,
    ) -> Result<u64, String> {
        if let Some(known) = self.known.get(&id) {
            return Ok(*known);
        }
        let own = self.dictionary(&stream.dict, b"Resources");
        if open.contains(&id) || open.len() > MAX_DEPTH {
            return Err("the PDF never ends: a drawing in it draws itself".to_owned());
        }
        self.looks += 1;
        if self.looks > MAX_LOOKS {
            return Err(too_much());
        }
        let content = stream.get_plain_content().unwrap_or_else(|_| stream.content.clone());
        let mut cost = content.len() as u64;
        let forms = own.or(around).and_then(|resources| self.dictionary(resources, b"XObject"));
        let drawn = drawn(&content);
        // What it draws by another's resources differs from place to place.
        let same_everywhere = own.is_some() || drawn.is_empty();
        open.push(id);
        for (name, times) in drawn {
            let form = forms.and_then(|forms| forms.get(&name).and_then(Object::as_reference).ok());
            let Some((form, Ok(stream))) = form.map(|id| (id, self.pdf.get_object(id).and_then(Object::as_stream)))
            else {
                continue;
            };
            let once = self.stream(form, stream, own.or(around), open)?;
            cost = cost.saturating_add(times.saturating_mul(once));
        }
        open.pop();
        if same_everywhere {
            self.known.insert(id, cost);
        }
        Ok(cost)
    }
}

/// The names that a content draws, and how often.
fn drawn(content: &[u8]) -> BTreeMap<Vec<u8>, u64> {
    let mut names = BTreeMap::new();
    if !content.windows(2).any(|word| word == b"Do") {
        return names;
    }
    let operations = Content::decode(content).map(|content| content.operations).unwrap_or_default();
    for operation in operations.iter().filter(|operation| operation.operator == "Do") {
        if let Some(Ok(name)) = operation.operands.first().map(Object::as_name) {
            *names.entry(name.to_vec()).or_default() += 1;
        }
    }
    names
}
