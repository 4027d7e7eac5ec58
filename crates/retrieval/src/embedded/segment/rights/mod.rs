//! Who may see which document, and which document has which metadata: for every group and every value of every field
//! the list of its documents. A list costs four bytes a document, so that a field whose values are all different stays
//! as small as one with two.

mod field;

pub(crate) use field::facets;

use super::bits::Bits;
use super::bytes::{Damaged, Reader, Writer};
use super::lists::Lists;
use super::strings::Strings;
use crate::filter::{Filter, Scalar};
use field::{Field, FieldBuilder};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Groups and fields of the documents of one segment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rights {
    documents: usize,
    /// Documents that everyone may see.
    everyone: Bits,
    /// In order.
    group_names: Strings,
    /// By group.
    groups: Lists,
    /// In order.
    field_names: Strings,
    fields: Vec<Field>,
}

impl Rights {
    /// The documents that a caller of these groups may see and that the filter admits.
    pub(super) fn permitted(&self, groups: &[String], filter: &Filter) -> Bits {
        let mut permitted = self.everyone.clone();
        for group in groups.iter().filter_map(|group| self.group_names.find(group)) {
            self.groups.of(group..group + 1).iter().for_each(|document| permitted.insert(*document));
        }
        if !filter.is_empty() {
            permitted.and(&self.admitted(filter));
        }
        permitted
    }

    fn admitted(&self, filter: &Filter) -> Bits {
        match filter {
            Filter::All(parts) => parts.iter().fold(Bits::all(self.documents), |mut all, part| {
                all.and(&self.admitted(part));
                all
            }),
            Filter::Any(parts) => parts.iter().fold(Bits::none(self.documents), |mut any, part| {
                any.or(&self.admitted(part));
                any
            }),
            Filter::Not(part) => {
                let mut bits = self.admitted(part);
                bits.invert();
                bits
            }
            Filter::Field(field, condition) => {
                let mut bits = Bits::none(self.documents);
                if let Some(field) = self.field(field) {
                    field.add_satisfying(condition, &mut bits);
                }
                bits
            }
        }
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.field_names.find(name).map(|number| &self.fields[number])
    }

    pub(super) fn memory(&self) -> usize {
        self.documents / 8
            + self.group_names.memory()
            + self.groups.memory()
            + self.field_names.memory()
            + self.fields.iter().map(Field::memory).sum::<usize>()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u32s(&self.everyone.iter().collect::<Vec<_>>());
        self.group_names.write(writer);
        self.groups.write(writer);
        self.field_names.write(writer);
        self.fields.iter().for_each(|field| field.write(writer));
    }

    pub(super) fn read(reader: &mut Reader, documents: usize) -> Result<Self, Damaged> {
        let mut everyone = Bits::none(documents);
        reader.u32s_below(documents)?.iter().for_each(|document| everyone.insert(*document));
        let (group_names, groups) = (Strings::read(reader)?, Lists::read(reader, documents)?);
        let field_names = Strings::read(reader)?;
        let fields = field_names.iter().map(|_| Field::read(reader, documents)).collect::<Result<_, _>>()?;
        if group_names.len() == groups.len() {
            Ok(Self { documents, everyone, group_names, groups, field_names, fields })
        } else {
            Err(Damaged("groups"))
        }
    }
}

/// Collects the rights of documents, one after the other.
#[derive(Default)]
pub(super) struct RightsBuilder {
    documents: u32,
    everyone: Vec<u32>,
    groups: BTreeMap<String, Vec<u32>>,
    fields: BTreeMap<String, FieldBuilder>,
}

impl RightsBuilder {
    /// Adds the next document. `groups` of `None` means everyone, an empty list nobody.
    pub(super) fn push(&mut self, groups: Option<&[String]>, metadata: &Map<String, Value>) {
        let document = self.documents;
        self.documents += 1;
        match groups {
            None => self.everyone.push(document),
            Some(groups) => groups.iter().for_each(|group| insert(&mut self.groups, group, document)),
        }
        for (name, value) in metadata {
            let values = Scalar::all_of(value);
            if values.is_empty() {
                continue;
            }
            // Most names are known: no copy of one unless it is new.
            if !self.fields.contains_key(name) {
                self.fields.insert(name.clone(), FieldBuilder::default());
            }
            if let Some(field) = self.fields.get_mut(name) {
                values.into_iter().for_each(|value| field.push(value, document));
            }
        }
    }

    pub(super) fn finish(self) -> Rights {
        let mut rights = Rights { documents: self.documents as usize, ..Rights::default() };
        rights.everyone = Bits::none(rights.documents);
        self.everyone.iter().for_each(|document| rights.everyone.insert(*document));
        for (name, documents) in &self.groups {
            rights.group_names.push(name);
            rights.groups.push(documents);
        }
        for (name, field) in self.fields {
            rights.field_names.push(&name);
            rights.fields.push(field.finish());
        }
        rights.group_names.shrink();
        rights.groups.shrink();
        rights
    }
}

/// Adds a document to a list, once.
fn insert(lists: &mut BTreeMap<String, Vec<u32>>, name: &str, document: u32) {
    match lists.get_mut(name) {
        Some(list) if list.last() == Some(&document) => {}
        Some(list) => list.push(document),
        None => {
            lists.insert(name.to_owned(), vec![document]);
        }
    }
}

#[cfg(test)]
mod tests;
