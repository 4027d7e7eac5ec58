//! Check digits. All take ASCII: digits, or letters and digits in upper case.

/// Luhn (ISO/IEC 7812-1 annex B) over decimal digits.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit - b'0');
            match (place % 2, digit * 2) {
                (0, _) => digit,
                (_, doubled) if doubled > 9 => doubled - 9,
                (_, doubled) => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// ISO 7064 MOD 97-10 as IBANs use it: the first four characters go to the end, letters count from 10. The text is
/// compact.
pub(super) fn iban_mod97(compact: &[u8]) -> bool {
    let turned = compact.iter().skip(4).chain(compact.iter().take(4));
    let mut remainder = 0_u32;
    for byte in turned {
        remainder = match byte.to_ascii_uppercase() {
            digit @ b'0'..=b'9' => remainder * 10 + u32::from(digit - b'0'),
            letter @ b'A'..=b'Z' => remainder * 100 + u32::from(letter - b'A') + 10,
            _ => return false,
        } % 97;
    }
    remainder == 1
}

/// Verhoeff's dihedral check (J. Verhoeff, 1969), used by Aadhaar.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    const TIMES: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const TURN: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut check = 0_u8;
    for (place, digit) in digits.iter().rev().enumerate() {
        let turned = (0..place % 8).fold(*digit - b'0', |value, _| TURN[usize::from(value)]);
        check = TIMES[usize::from(check)][usize::from(turned)];
    }
    check == 0
}

/// ISO 7064 MOD 11,10 over all digits, the last being the check digit: the German tax number.
pub(super) fn mod11_10(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10_u32, |product, digit| {
        let sum = (u32::from(*digit - b'0') + product) % 10;
        let sum = if sum == 0 { 10 } else { sum };
        sum * 2 % 11
    });
    (11 - product) % 10 == u32::from(*check - b'0')
}

/// The digits' sum with weights, the first weight for the first digit.
pub(super) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(byte, weight)| digit(*byte) * weight).sum()
}

/// The number that decimal digits write; at most eighteen of them.
pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit.wrapping_sub(b'0') % 10))
}

/// The value of one digit.
pub(super) fn digit(byte: u8) -> u32 {
    u32::from(byte.wrapping_sub(b'0'))
}

/// Whether two digits each are a month and a day, as most national numbers carry them. The year is not needed: the check
/// digit has the last word.
pub(super) fn is_month_and_day(month: u64, day: u64) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// All digits are the same: passes many a check, and is nobody's number.
pub(super) fn is_repeated(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair[0] == pair[1])
}
