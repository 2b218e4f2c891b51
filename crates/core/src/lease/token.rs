//! The number that grows with each grant of a lease.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Orders the grants of one lease; a resource refuses writes that carry an older one.
///
/// A token is never given twice: each grant takes one more than every token that is known of, in
/// the lease and in the journal. The last one is 2⁵³ - 1, which every reader of JSON keeps exactly.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct FencingToken(u64);

/// A number that is no fencing token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{number} is not a fencing token: the last one is {}",
    FencingToken::LAST
)]
pub struct ParseTokenError {
    number: u64,
}

impl FencingToken {
    /// Stands below every token that is ever granted.
    pub const NONE: Self = Self(0);

    /// The last token.
    pub const LAST: Self = Self((1 << 53) - 1);

    /// Returns the number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// Returns the token to grant after this one; `None` after the last.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        (self < Self::LAST).then_some(Self(self.0 + 1))
    }
}

impl TryFrom<u64> for FencingToken {
    type Error = ParseTokenError;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        match number <= Self::LAST.0 {
            true => Ok(Self(number)),
            false => Err(ParseTokenError { number }),
        }
    }
}

impl From<FencingToken> for u64 {
    fn from(token: FencingToken) -> Self {
        token.0
    }
}

impl fmt::Display for FencingToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_grow_to_the_last_and_no_further() {
        let first = FencingToken::NONE.next().unwrap();
        assert_eq!(first.get(), 1);
        assert!(FencingToken::NONE < first);
        assert_eq!(FencingToken::LAST.next(), None);
        assert_eq!(FencingToken::try_from(1 << 53).unwrap_err().number, 1 << 53);
        assert_eq!(
            FencingToken::try_from(FencingToken::LAST.get()),
            Ok(FencingToken::LAST)
        );
    }
}
