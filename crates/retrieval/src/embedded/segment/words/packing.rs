//! Numbers in as few bits as the largest of a block needs. Four lanes lie side by side, so that plain code unpacks four
//! numbers with each step of vector instructions (the layout of SIMD-BP128: Lemire and Boytsov, "Decoding billions of
//! integers per second through vectorization", 2015).

/// Numbers in a block.
pub(super) const BLOCK: usize = 128;
/// Bytes of one step: a word of 32 bits in each lane.
const STEP: usize = 16;
/// What must follow the last block, so that unpacking never looks at whether there is a next word.
pub(super) const PADDING: [u8; STEP] = [0; STEP];

/// Bits that the largest number needs.
pub(super) fn width(numbers: &[u32; BLOCK]) -> u32 {
    32 - numbers.iter().fold(0, |all, number| all | number).leading_zeros()
}

/// Bytes of a packed block.
pub(super) fn packed_length(width: u32) -> usize {
    width as usize * STEP
}

/// Appends a block.
pub(super) fn pack(numbers: &[u32; BLOCK], width: u32, bytes: &mut Vec<u8>) {
    let mut lanes = vec![[0u32; 4]; width as usize + 1];
    for (index, number) in numbers.iter().enumerate() {
        let (bit, lane) = (index / 4 * width as usize, index % 4);
        lanes[bit / 32][lane] |= number << (bit % 32);
        // Two shifts, because a shift by the whole width of a number is none.
        lanes[bit / 32 + usize::from(width > 0)][lane] |= (number >> 1) >> (31 - bit % 32);
    }
    bytes.extend(lanes[..width as usize].iter().flatten().flat_map(|word| word.to_le_bytes()));
}

/// Unpacks a block; after its bytes there must be a step of others.
pub(super) fn unpack(bytes: &[u8], width: u32, numbers: &mut [u32; BLOCK]) {
    let steps = &bytes.as_chunks::<STEP>().0[..=width as usize];
    let (places, _) = numbers.as_chunks_mut::<4>();
    let mask = mask(width);
    for (index, place) in places.iter_mut().enumerate() {
        let bit = index * width as usize;
        let (low, high) = (words(&steps[bit / 32]), words(&steps[(bit / 32 + 1).min(width as usize)]));
        let shift = (bit % 32) as u32;
        for lane in 0..4 {
            place[lane] = (low[lane] >> shift | (high[lane] << 1) << (31 - shift)) & mask;
        }
    }
}

/// One number of a block.
pub(super) fn unpack_one(bytes: &[u8], width: u32, index: usize) -> u32 {
    let steps = bytes.as_chunks::<STEP>().0;
    let (bit, lane) = (index / 4 * width as usize, index % 4);
    let shift = (bit % 32) as u32;
    let (low, high) = (words(&steps[bit / 32])[lane], words(&steps[(bit / 32 + 1).min(width as usize)])[lane]);
    (low >> shift | (high << 1) << (31 - shift)) & mask(width)
}

fn mask(width: u32) -> u32 {
    if width == 0 { 0 } else { u32::MAX >> (32 - width) }
}

fn words(step: &[u8; STEP]) -> [u32; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(step.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

/// Appends a number in bytes of seven bits, the lowest first.
pub(super) fn put_varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes what [`put_varint`] appended; bytes that end early give what they hold.
pub(super) fn take_varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let Some((byte, rest)) = bytes.split_first() else { break };
        *bytes = rest;
        number |= u64::from(byte & 127) << shift;
        if byte & 128 == 0 {
            break;
        }
    }
    number
}
