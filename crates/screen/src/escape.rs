//! Escape characters and bells, found where they stand close together.

use memchr::{memchr, memchr2};

/// Bytes that are looked at before a search that is faster, but begins slowly.
const NEAR_BYTES: usize = 64;

/// Returns where the first escape character is.
pub(crate) fn find_escape(bytes: &[u8]) -> Option<usize> {
    let (near, _) = bytes[..bytes.len().min(NEAR_BYTES)].as_chunks::<8>();
    for (number, eight) in near.iter().enumerate() {
        let found = escapes(u64::from_le_bytes(*eight));
        if found != 0 {
            return Some(number * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let seen = near.len() * 8;
    memchr(0x1b, &bytes[seen..]).map(|at| seen + at)
}

/// Returns where the first escape character or bell is.
pub(crate) fn find_escape_or_bell(bytes: &[u8]) -> Option<usize> {
    let (near, _) = bytes[..bytes.len().min(NEAR_BYTES)].as_chunks::<8>();
    for (number, eight) in near.iter().enumerate() {
        let eight = u64::from_le_bytes(*eight);
        let found = escapes(eight) | places(eight, 0x07);
        if found != 0 {
            return Some(number * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let seen = near.len() * 8;
    memchr2(0x1b, 0x07, &bytes[seen..]).map(|at| seen + at)
}

fn escapes(eight: u64) -> u64 {
    places(eight, 0x1b)
}

/// Returns a number whose lowest bit is in the first byte that is `wanted`, if one is.
fn places(eight: u64, wanted: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let others = eight ^ (wanted * ONES);
    others.wrapping_sub(ONES) & !others & (0x80 * ONES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_escape_is_found_wherever_it_is() {
        for len in [0, 1, 7, 8, 9, 63, 64, 65, 200] {
            let mut bytes = vec![0x1a; len];
            assert_eq!(find_escape(&bytes), None);
            for at in (0..len).rev() {
                bytes[at] = 0x1b;
                assert_eq!(find_escape(&bytes), Some(at));
            }
        }
        assert_eq!(find_escape(b"\x9b\x1c\x00\x1b"), Some(3));
    }

    #[test]
    fn the_first_of_both_is_found_wherever_it_is() {
        for len in [0, 1, 7, 8, 9, 63, 64, 65, 200] {
            for (first, second) in [(0x1b, 0x07), (0x07, 0x1b), (0x07, 0x08), (0x1b, 0x1a)] {
                let mut bytes = vec![b'x'; len];
                for at in (0..len).rev() {
                    bytes[at] = first;
                    bytes
                        .iter_mut()
                        .skip(at + 1)
                        .for_each(|byte| *byte = second);
                    assert_eq!(
                        find_escape_or_bell(&bytes),
                        Some(at),
                        "{first:#x} {second:#x}"
                    );
                }
            }
            assert_eq!(find_escape_or_bell(&vec![0x08; len]), None);
        }
    }
}
