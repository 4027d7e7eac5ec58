//! HTML, turned into Markdown so that headings, lists and tables are seen by the chunker. `<title>` is the title, each
//! `<meta name=… content=…>` a field (access groups too); scripts, styles and other machinery are dropped.

use super::field::{self, Found};
use super::guarded::{TIME_LIMIT, guarded};
use super::text::decode;
use super::{Parsed, ParsedDocument, stem};
use crate::blocks::{Kind, blocks, first_heading};
use htmd::element_handler::Handlers;
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

pub(super) fn parse(path: &str, bytes: &[u8]) -> Parsed {
    let result = decode(bytes).and_then(|html| {
        // Some nestings take the standard's own algorithm time that grows with the square of the page.
        let (path, html) = (path.to_owned(), html.into_owned());
        guarded(TIME_LIMIT, move || read(&path, &html))
    });
    Parsed::whole(result, path)
}

/// What the head of the page says, gathered while the tree is walked.
#[derive(Default)]
struct Head {
    title: String,
    fields: Map<String, Value>,
}

fn read(path: &str, html: &str) -> Result<ParsedDocument, String> {
    let head = Arc::new(Mutex::new(Head::default()));
    let converter = converter(&head);
    let tree = converter.html_to_tree(html).map_err(|error| format!("it cannot be read as HTML: {error}"))?;
    if deeper_than(&tree, MAX_DEPTH) {
        return Err(format!("its elements are nested more than {MAX_DEPTH} deep"));
    }
    let text = without_escapes(&converter.tree_to_markdown(&tree));
    let head = std::mem::take(&mut *head.lock().unwrap_or_else(PoisonError::into_inner));
    let title = Some(head.title).filter(|title| !title.is_empty()).or_else(|| first_heading(&text));
    field::document(head.fields, Found { place: path, title, name: stem(path), text: &text })
}

fn converter(head: &Arc<Mutex<Head>>) -> HtmlToMarkdown {
    let (for_title, for_meta) = (Arc::clone(head), Arc::clone(head));
    HtmlToMarkdown::builder()
        .skip_tags(DROPPED.to_vec())
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
    for block in blocks(markdown).into_iter().filter(|block| block.kind != Kind::Fence) {
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
