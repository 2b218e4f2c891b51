//! The secret that a session's owner and its user's clients share.

use std::fmt;

use abide_core::id;
use zeroize::Zeroizing;

/// 256 random bits; shown nowhere, erased when dropped.
#[derive(Clone)]
pub struct Token(Zeroizing<[u8; 32]>);

impl Token {
    /// Returns a new token.
    #[must_use]
    pub fn random() -> Self {
        Self(Zeroizing::new(id::random_bytes()))
    }

    /// Reads what [`Token::to_text`] wrote.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        id::from_hex(text.trim_end()).map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// Returns the token as a line of text for its private file.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(id::to_hex(&*self.0))
    }

    /// Returns the hash of `bytes` that only those who know the token can make.
    #[must_use]
    pub fn keyed_hash(&self, bytes: &[u8]) -> [u8; 32] {
        blake3::keyed_hash(&self.0, bytes).into()
    }

    /// Compares two hashes in constant time.
    #[must_use]
    pub fn is_same_hash(a: [u8; 32], b: [u8; 32]) -> bool {
        // `blake3::Hash` promises a comparison in constant time.
        blake3::Hash::from_bytes(a) == blake3::Hash::from_bytes(b)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}
