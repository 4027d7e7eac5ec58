//! Numbers and arrays as bytes, little-endian, every array led by its length; and back, where nothing that was read is
//! believed before it was checked against the bytes that are there.

/// Bytes that are not a segment; the name is that of the part that does not hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the segment's {0} are damaged")]
pub(crate) struct Damaged(pub(super) &'static str);

/// Appends to a vector.
pub(super) struct Writer<'a>(pub(super) &'a mut Vec<u8>);

impl Writer<'_> {
    pub(super) fn u32(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn u64(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.u64(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn i8s(&mut self, numbers: &[i8]) {
        self.u64(numbers.len() as u64);
        self.0.extend(numbers.iter().map(|number| number.to_le_bytes()[0]));
    }

    pub(super) fn u32s(&mut self, numbers: &[u32]) {
        self.u64(numbers.len() as u64);
        self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    pub(super) fn u64s(&mut self, numbers: impl ExactSizeIterator<Item = u64>) {
        self.u64(numbers.len() as u64);
        self.0.extend(numbers.flat_map(u64::to_le_bytes));
    }

    pub(super) fn f32s(&mut self, numbers: &[f32]) {
        self.u64(numbers.len() as u64);
        self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }
}

/// Takes from the front.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Damaged("lengths"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        self.take(N)?.try_into().map_err(|_| Damaged("lengths"))
    }

    /// An array's bytes: nothing is allocated that is not there.
    fn array<const N: usize>(&mut self) -> Result<&'a [[u8; N]], Damaged> {
        let length =
            usize::try_from(self.u64()?).ok().and_then(|length| length.checked_mul(N)).ok_or(Damaged("lengths"))?;
        Ok(self.take(length)?.as_chunks::<N>().0)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Damaged> {
        self.number().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Damaged> {
        self.number().map(u64::from_le_bytes)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        self.array::<1>().map(<[[u8; 1]]>::as_flattened)
    }

    pub(super) fn i8s(&mut self) -> Result<Vec<i8>, Damaged> {
        Ok(self.array::<1>()?.iter().map(|bytes| i8::from_le_bytes(*bytes)).collect())
    }

    pub(super) fn u32s(&mut self) -> Result<Vec<u32>, Damaged> {
        Ok(self.array::<4>()?.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }

    pub(super) fn u64s(&mut self) -> Result<impl ExactSizeIterator<Item = u64> + 'a, Damaged> {
        Ok(self.array::<8>()?.iter().map(|bytes| u64::from_le_bytes(*bytes)))
    }

    /// Finite numbers.
    pub(super) fn f32s(&mut self) -> Result<Vec<f32>, Damaged> {
        let numbers: Vec<f32> = self.array::<4>()?.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if numbers.iter().all(|number| number.is_finite()) { Ok(numbers) } else { Err(Damaged("numbers")) }
    }

    /// Numbers each below `below`.
    pub(super) fn u32s_below(&mut self, below: usize) -> Result<Vec<u32>, Damaged> {
        let numbers = self.u32s()?;
        if numbers.iter().all(|number| (*number as usize) < below) { Ok(numbers) } else { Err(Damaged("numbers")) }
    }

    /// Where parts of something `length` long begin, from 0, with `length` at the end.
    pub(super) fn starts(&mut self, length: usize) -> Result<Vec<u32>, Damaged> {
        let starts = self.u32s()?;
        let whole = starts.first() == Some(&0) && starts.last().is_some_and(|last| *last as usize == length);
        if whole && starts.is_sorted() { Ok(starts) } else { Err(Damaged("lists")) }
    }
}
