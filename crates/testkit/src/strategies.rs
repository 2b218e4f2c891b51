//! Strategies for property tests.

use proptest::{collection::vec, prelude::*};

/// Gives byte streams cut into pieces anywhere: between any two bytes, and with empty pieces.
///
/// Bytes that mean something to a terminal are as likely as all others together.
pub fn cut_bytes(most_pieces: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let meaning =
        proptest::sample::select(b"\x1b[];?0123456789hlmHJKABC\r\n\t\x07 aZ\xc3\xa9".to_vec());
    let byte = prop_oneof![meaning, any::<u8>()];
    vec(vec(byte, 0..24), 0..=most_pieces)
}
