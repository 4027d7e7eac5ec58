//! What the styles and lists of a Word file mean: which style is a heading of which level, which list is numbered.

use super::xml::{Piece, attribute, walk};
use std::collections::BTreeMap;

/// Styles are based on each other; a longer chain is a circle.
const MAX_CHAIN: usize = 20;

#[derive(Clone, Debug, Default)]
struct Style {
    based_on: Option<String>,
    /// 1 for the highest.
    heading: Option<usize>,
    /// The list that its paragraphs belong to.
    list: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Styles {
    styles: BTreeMap<String, Style>,
    /// By the list's number: for each level whether it is numbered.
    numbered: BTreeMap<String, BTreeMap<usize, bool>>,
}

impl Styles {
    pub(super) fn read(styles: Option<&str>, numbering: Option<&str>) -> Result<Self, String> {
        let mut read = Self::default();
        let mut id = String::new();
        walk(styles.unwrap_or_default(), |piece| {
            let Piece::Open(name, tag) = piece else { return };
            let value = || attribute(tag, "val");
            if name == "style" {
                id = attribute(tag, "styleId").unwrap_or_default();
                read.styles.insert(id.clone(), Style::default());
            }
            let Some(style) = read.styles.get_mut(&id) else { return };
            match name {
                "name" => style.heading = style.heading.or(value().as_deref().and_then(heading_named)),
                "basedOn" => style.based_on = value(),
                "outlineLvl" => style.heading = value().as_deref().and_then(outline_level),
                "numId" => style.list = value(),
                _ => {}
            }
        })?;
        read.numbering(numbering.unwrap_or_default())?;
        Ok(read)
    }

    /// Lists name an abstract list, whose levels say how they are numbered.
    fn numbering(&mut self, xml: &str) -> Result<(), String> {
        let mut kinds: BTreeMap<String, BTreeMap<usize, bool>> = BTreeMap::new();
        let (mut kind, mut level, mut list) = (String::new(), 0, String::new());
        walk(xml, |piece| {
            let Piece::Open(name, tag) = piece else { return };
            match name {
                "abstractNum" => kind = attribute(tag, "abstractNumId").unwrap_or_default(),
                "lvl" => level = attribute(tag, "ilvl").and_then(|level| level.parse().ok()).unwrap_or(0),
                "numFmt" => {
                    let numbered = attribute(tag, "val").is_some_and(|format| format != "bullet" && format != "none");
                    kinds.entry(kind.clone()).or_default().insert(level, numbered);
                }
                "num" => list = attribute(tag, "numId").unwrap_or_default(),
                "abstractNumId" => {
                    let levels = attribute(tag, "val").and_then(|kind| kinds.get(&kind)).cloned().unwrap_or_default();
                    self.numbered.insert(list.clone(), levels);
                }
                _ => {}
            }
        })
    }

    /// The level of a heading of this style, 1 to 6; `None` for other words.
    pub(super) fn heading(&self, style: &str) -> Option<usize> {
        self.chain(style).find_map(|style| style.heading)
    }

    pub(super) fn list(&self, style: &str) -> Option<&str> {
        self.chain(style).find_map(|style| style.list.as_deref())
    }

    pub(super) fn numbered(&self, list: &str, level: usize) -> bool {
        self.numbered.get(list).and_then(|levels| levels.get(&level)).is_some_and(|numbered| *numbered)
    }

    /// A style and those it is based on.
    fn chain(&self, style: &str) -> impl Iterator<Item = &Style> {
        let above = |style: &&Style| style.based_on.as_ref().and_then(|above| self.styles.get(above));
        std::iter::successors(self.styles.get(style), move |style| above(style)).take(MAX_CHAIN)
    }
}

/// The built-in styles' names are the same in every language: `heading 1`, `Title`.
fn heading_named(name: &str) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    if name == "title" {
        return Some(1);
    }
    let level: usize = name.strip_prefix("heading ")?.trim().parse().ok()?;
    (1..=9).contains(&level).then(|| level.min(6))
}

/// Outline levels count from 0; 9 is body text.
pub(super) fn outline_level(value: &str) -> Option<usize> {
    let level: usize = value.parse().ok()?;
    (level < 9).then(|| (level + 1).min(6))
}
