//! The handshake: versions, session, and the proof on both sides that the token is known.
//!
//! The token itself never travels. Each side proves that it knows it by a keyed hash over what both
//! said, with the side's name in front, so that neither proof can be played back as the other's.
//! The owner proves itself first: a stranger that listens on a reused address learns a random
//! number and the name of a session.

use serde::{Deserialize, Serialize};

use super::{
    error::WireError,
    frame::Kind,
    limits::{MAX_LABEL_BYTES, MAX_VERSIONS_OFFERED},
};
use crate::token::Token;

/// The bytes that open every conversation.
pub const MAGIC: [u8; 8] = *b"abide/pt";

/// What a client says first. Its layout is the same in every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// Versions that the client speaks, best first.
    pub versions: Vec<u16>,
    /// The session it wants.
    pub session: String,
    /// Random bytes of the client.
    pub nonce: [u8; 32],
}

/// What the owner answers. Its layout is the same in every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The version that both will speak.
    pub version: u16,
    /// The start that the owner holds.
    pub generation: [u8; 16],
    /// Random bytes of the owner.
    pub nonce: [u8; 32],
    /// The owner's proof.
    pub proof: [u8; 32],
}

/// How the client answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The client's proof.
    pub proof: [u8; 32],
    /// What the client calls itself, for people.
    pub label: String,
}

/// The client is let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The client's number at this owner.
    pub client: u64,
}

/// Why a client is not let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refused {
    /// No version is spoken by both.
    #[error("no common version: the client speaks {offered:?}, the owner {spoken:?}")]
    Version {
        /// What the client offered.
        offered: Vec<u16>,
        /// What the owner speaks.
        spoken: Vec<u16>,
    },
    /// The owner holds another session.
    #[error("the owner holds another session")]
    Session,
    /// The proof is wrong.
    #[error("the client does not know the session's token")]
    Proof,
    /// Too many connections are open.
    #[error("the owner serves {limit} connections already")]
    TooMany {
        /// The limit.
        limit: u32,
    },
    /// The peer is not the owner's user.
    #[error("the client belongs to another user")]
    User,
    /// The frames made no conversation.
    #[error("{reason}")]
    Protocol {
        /// What was wrong.
        reason: String,
    },
    /// The handshake took too long.
    #[error("no proof came within {limit_ms} ms")]
    TooSlow {
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
}

/// Which side a proof is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The owner's.
    Owner,
    /// The client's.
    Client,
}

impl Hello {
    /// Checks what the types cannot.
    ///
    /// # Errors
    ///
    /// When a field is out of bounds.
    pub fn check(&self) -> Result<(), WireError> {
        let refuse = |field| {
            Err(WireError::OutOfBounds {
                kind: Kind::Hello,
                field,
            })
        };
        if self.magic != MAGIC {
            return refuse("magic");
        }
        if self.versions.is_empty() || MAX_VERSIONS_OFFERED < self.versions.len() {
            return refuse("versions");
        }
        Ok(())
    }
}

impl Proof {
    /// Checks what the types cannot.
    ///
    /// # Errors
    ///
    /// When a field is out of bounds.
    pub fn check(&self) -> Result<(), WireError> {
        let plain = !self.label.chars().any(char::is_control);
        if plain && self.label.len() <= MAX_LABEL_BYTES {
            return Ok(());
        }
        Err(WireError::OutOfBounds {
            kind: Kind::Proof,
            field: "label",
        })
    }
}

/// Returns the best version that both speak, in the client's order.
#[must_use]
pub fn choose_version(offered: &[u16], spoken: &[u16]) -> Option<u16> {
    offered
        .iter()
        .copied()
        .find(|version| spoken.contains(version))
}

/// Returns the proof of one side for one conversation.
#[must_use]
pub fn prove(
    token: &Token,
    side: Side,
    hello: &Hello,
    version: u16,
    generation: &[u8; 16],
    owner_nonce: &[u8; 32],
) -> [u8; 32] {
    let mut said: Vec<u8> = match side {
        Side::Owner => b"abide owner proof".to_vec(),
        Side::Client => b"abide client proof".to_vec(),
    };
    said.push(0);
    said.extend_from_slice(&hello.nonce);
    said.extend_from_slice(owner_nonce);
    said.extend_from_slice(generation);
    said.extend_from_slice(&version.to_le_bytes());
    for version in &hello.versions {
        said.extend_from_slice(&version.to_le_bytes());
    }
    said.extend_from_slice(hello.session.as_bytes());
    token.keyed_hash(&said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Hello {
        Hello {
            magic: MAGIC,
            versions: vec![1],
            session: "s".into(),
            nonce: [1; 32],
        }
    }

    /// proves O6
    #[test]
    fn a_proof_is_good_for_one_side_one_token_and_one_conversation() {
        let token = Token::random();
        let proof = |token: &Token, side, owner_nonce: u8, generation: u8| {
            prove(
                token,
                side,
                &hello(),
                1,
                &[generation; 16],
                &[owner_nonce; 32],
            )
        };
        let good = proof(&token, Side::Owner, 2, 3);
        assert_eq!(good, proof(&token, Side::Owner, 2, 3));
        assert_ne!(good, proof(&token, Side::Client, 2, 3));
        assert_ne!(good, proof(&token, Side::Owner, 9, 3));
        assert_ne!(good, proof(&token, Side::Owner, 2, 9));
        assert_ne!(good, proof(&Token::random(), Side::Owner, 2, 3));
    }

    /// proves O8
    #[test]
    fn the_clients_best_common_version_is_chosen() {
        assert_eq!(choose_version(&[3, 2, 1], &[1, 2]), Some(2));
        assert_eq!(choose_version(&[3], &[1, 2]), None);
    }

    #[test]
    fn fields_out_of_bounds_are_refused_by_name() {
        let mut long = hello();
        long.versions = vec![1; MAX_VERSIONS_OFFERED + 1];
        assert!(long.check().unwrap_err().to_string().contains("versions"));
        let control = Proof {
            proof: [0; 32],
            label: "a\x1b[2J".into(),
        };
        assert!(control.check().unwrap_err().to_string().contains("label"));
    }
}
