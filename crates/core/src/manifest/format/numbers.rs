//! Numbers of as many bytes as they need, and a reader that never goes beyond its bytes.

/// Writes 7 bits a byte, the least first; the high bit says that more follow.
pub(super) fn put_unsigned(body: &mut Vec<u8>, mut number: u64) {
    while 0x80 <= number {
        body.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    body.push(number as u8);
}

/// Writes a number of either sign so that small ones stay short.
pub(super) fn put_signed(body: &mut Vec<u8>, number: i64) {
    put_unsigned(body, (number << 1 ^ number >> 63) as u64);
}

/// What is left to read.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let folded = self.unsigned()?;
        Some((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_of_any_size_read_back(unsigned: u64, signed: i64, shift in 0..64_u32) {
            let (unsigned, signed) = (unsigned >> shift, signed >> shift);
            let mut body = Vec::new();
            put_unsigned(&mut body, unsigned);
            put_signed(&mut body, signed);
            let mut cursor = Cursor(&body);
            prop_assert_eq!(cursor.unsigned(), Some(unsigned));
            prop_assert_eq!(cursor.signed(), Some(signed));
            prop_assert!(cursor.0.is_empty());
        }
    }
}
