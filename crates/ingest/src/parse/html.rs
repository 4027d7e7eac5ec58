//! HTML, turned into Markdown so that headings, lists and tables are seen by the chunker. `<title>` is the title, each
//! `<meta name=… content=…>` a field (access groups too); scripts, styles and other machinery are dropped.

mod nesting;
mod table;

use super::encoding::{declared_inside, decode};
use super::field::{self, Found};
use super::guarded::{TIME_LIMIT, guarded};
use super::{File, Parsed, ParsedDocument, stem};
use crate::blocks::{Kind, blocks, first_heading};
use htmd::element_handler::Handlers;
use htmd::options::{BulletListMarker, Options};
use htmd::{Element, HtmlToMarkdown, Node};
use serde_json::{Map, Value};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

/// The converter walks the tree by recursion; deeper nesting than any page of words has would exhaust the stack.
const MAX_DEPTH: usize = 200;

const DROPPED: &[&str] = &[
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "canvas", "audio", "video",
    "select", "textarea", "input", "button",
];

pub(super) fn parse(file: File<'_>, bytes: &[u8]) -> Parsed {
    let inside = declared_inside(bytes);
    // What a page says of itself is more often right than what its server says of all pages.
    let decoded = decode(bytes, inside.as_deref().or(file.charset));
    Parsed::text(file.path, decoded, |html| read(file.path, html))
}

fn read(path: &str, html: &str) -> Result<ParsedDocument, String> {
    let page = to_markdown(html)?;
    let title = Some(page.title).filter(|title| !title.is_empty()).or_else(|| first_heading(&page.text));
    field::document(page.fields, Found { place: path, title, name: stem(path), text: &page.text })
}

/// A page as Markdown, and what its head says, gathered while the tree is walked.
#[derive(Default)]
pub(super) struct Page {
    pub(super) text: String,
    title: String,
    fields: Map<String, Value>,
}

/// # Errors
/// It is nested too deep, or takes too long.
pub(super) fn to_markdown(html: &str) -> Result<Page, String> {
    let too_deep = || format!("its elements are nested more than {MAX_DEPTH} deep, or too many are never closed");
    if nesting::unreasonable(html) {
        return Err(too_deep());
    }
    let html = html.to_owned();
    guarded(TIME_LIMIT, move || {
        let head = Arc::new(Mutex::new(Page::default()));
        let converter = converter(&head);
        let tree = converter.html_to_tree(&html).map_err(|error| format!("it cannot be read as HTML: {error}"))?;
        if deeper_than(&tree, MAX_DEPTH) {
            return Err(too_deep());
        }
        let text = without_escapes(&converter.tree_to_markdown(&tree));
        let head = std::mem::take(&mut *head.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Page { text, ..head })
    })
}

fn converter(head: &Arc<Mutex<Page>>) -> HtmlToMarkdown {
    let (for_title, for_meta) = (Arc::clone(head), Arc::clone(head));
    let content = |handlers: &dyn Handlers, element: &Element| handlers.walk_children(element.node).content;
    HtmlToMarkdown::builder()
        .options(Options {
            bullet_list_marker: BulletListMarker::Dash,
            ul_bullet_spacing: 1,
            ol_number_spacing: 1,
            ..Options::default()
        })
        .skip_tags(DROPPED.to_vec())
        .add_handler(vec!["td", "th"], move |handlers: &dyn Handlers, element: Element| {
            let span = attribute(&element, "colspan");
            Some(table::cell(&content(handlers, &element), element.tag == "th", span.as_deref()).into())
        })
        .add_handler(vec!["tr", "caption"], move |handlers: &dyn Handlers, element: Element| {
            Some(table::row(&content(handlers, &element)).into())
        })
        .add_handler(vec!["table"], move |handlers: &dyn Handlers, element: Element| {
            Some(table::table(&content(handlers, &element)).into())
        })
        .add_handler(vec!["title"], move |handlers: &dyn Handlers, element: Element| {
            let words = handlers.walk_children(element.node).content;
            let title: Vec<&str> = words.split_whitespace().collect();
            let mut head = for_title.lock().unwrap_or_else(PoisonError::into_inner);
            // The first one counts; a drawing inside the page may have another.
            if head.title.is_empty() {
                head.title = title.join(" ");
            }
            None
        })
        .add_handler(vec!["meta"], move |_: &dyn Handlers, element: Element| {
            if let (Some(name), Some(content)) = (attribute(&element, "name"), attribute(&element, "content")) {
                put(&mut for_meta.lock().unwrap_or_else(PoisonError::into_inner).fields, name, content);
            }
            None
        })
        .add_handler(vec!["img"], |_: &dyn Handlers, element: Element| {
            // The address of a picture is no text; an inlined one can be megabytes.
            attribute(&element, "alt").map(Into::into)
        })
        .build()
}

fn attribute(element: &Element, name: &str) -> Option<String> {
    let found = element.attrs.iter().find(|attribute| &*attribute.name.local == name)?;
    Some(found.value.trim().to_owned())
}

/// A name that stands twice becomes a list: the second must not quietly replace the first.
fn put(fields: &mut Map<String, Value>, name: String, content: String) {
    let content = Value::String(content);
    match fields.get_mut(&name) {
        None => {
            fields.insert(name, content);
        }
        Some(Value::Array(all)) => all.push(content),
        Some(first) => *first = Value::Array(vec![first.take(), content]),
    }
}

/// Takes out the converter's backslashes before `_`, `[`, `]` and `*` in running words: `price\_list` would be found by
/// nobody who asks for `price_list`, and be quoted with the backslash. Those that begin a line or stand in code stay,
/// because there they hold the structure.
fn without_escapes(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut at = 0;
    for block in blocks(markdown).filter(|block| block.kind != Kind::Fence) {
        text.push_str(&markdown[at..block.span.start]);
        let mut begins_line = true;
        let mut characters = markdown[block.span.clone()].chars().peekable();
        while let Some(character) = characters.next() {
            let escape = character == '\\' && characters.peek().is_some_and(|next| "_[]*".contains(*next));
            if begins_line || !escape {
                text.push(character);
            }
            begins_line = character == '\n' || (begins_line && character.is_whitespace());
        }
        at = block.span.end;
    }
    text.push_str(&markdown[at..]);
    text
}

fn deeper_than(tree: &Rc<Node>, limit: usize) -> bool {
    let mut open = vec![(Rc::clone(tree), 0)];
    while let Some((node, depth)) = open.pop() {
        if depth > limit {
            return true;
        }
        open.extend(node.children.borrow().iter().map(|child| (Rc::clone(child), depth + 1)));
    }
    false
}
