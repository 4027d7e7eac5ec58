//! A segment as bytes: a mark, the version of the layout, a checksum of all that follows, then part after part.

use super::bytes::{Damaged, Reader, Writer};
use super::rights::Rights;
use super::strings::Strings;
use super::vectors::Vectors;
use super::words::Words;
use super::{Documents, Segment};

const MARK: u32 = u32::from_le_bytes(*b"SWSG");
/// Grows with every change of the layout, of how text becomes terms, or of how vectors are quantised.
const LAYOUT: u32 = 1;
/// Bytes before the parts: mark, layout, checksum.
const HEADER: usize = 12;

pub(super) fn write(segment: &Segment, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    let mut writer = Writer(bytes);
    [MARK, LAYOUT, 0].into_iter().for_each(|number| writer.u32(number));
    writer.u64s(segment.documents.row_ids.iter().map(|row_id| row_id.cast_unsigned()));
    segment.documents.ids.write(&mut writer);
    writer.u32s(&segment.documents.ordinals);
    writer.u32s(&segment.documents.first_rows);
    segment.rights.write(&mut writer);
    segment.words.write(&mut writer);
    segment.vectors.write(&mut writer);
    let checksum = crc32fast::hash(&bytes[start + HEADER..]);
    bytes[start + HEADER - 4..start + HEADER].copy_from_slice(&checksum.to_le_bytes());
}

pub(super) fn read(bytes: &[u8]) -> Result<Segment, Damaged> {
    let mut reader = Reader(bytes);
    let header = [reader.u32()?, reader.u32()?, reader.u32()?];
    if header != [MARK, LAYOUT, crc32fast::hash(reader.0)] {
        return Err(Damaged("first bytes"));
    }
    let segment = read_parts(&mut reader)?;
    if reader.0.is_empty() { Ok(segment) } else { Err(Damaged("lengths")) }
}

fn read_parts(reader: &mut Reader) -> Result<Segment, Damaged> {
    let row_ids: Vec<i64> = reader.u64s()?.map(u64::cast_signed).collect();
    let ids = Strings::read(reader)?;
    let ordinals = reader.u32s()?;
    let first_rows = reader.starts(ordinals.len())?;
    if ids.len() != row_ids.len() || first_rows.len() != row_ids.len() + 1 {
        return Err(Damaged("documents"));
    }
    let rights = Rights::read(reader, row_ids.len())?;
    let words = Words::read(reader, ordinals.len())?;
    let vectors = Vectors::read(reader, ordinals.len())?;
    Ok(Segment { documents: Documents { row_ids, ids, first_rows, ordinals }, rights, words, vectors })
}

#[cfg(test)]
pub(super) mod damage {
    //! Bytes with a right checksum over wrong parts, for tests.

    /// Makes the checksum right again.
    pub(in super::super) fn sign(bytes: &mut [u8]) {
        if bytes.len() >= super::HEADER {
            let checksum = crc32fast::hash(&bytes[super::HEADER..]);
            bytes[super::HEADER - 4..super::HEADER].copy_from_slice(&checksum.to_le_bytes());
        }
    }
}
