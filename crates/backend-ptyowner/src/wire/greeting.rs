//! The owner's side of the handshake as steps over frames: no socket, no clock, no chance.
//!
//! ```text
//! Hello ─► challenge ─► Challenged ─► Proof ─► judge ─► the client's label
//!              └─► Refused                       └─► Refused
//! ```
//!
//! Whatever a stranger may send before it proved itself is judged here and nowhere else, so that
//! all of it can be tried without an owner.

use super::{
    VERSIONS, codec,
    error::WireError,
    frame::{Frame, Kind},
    hello::{Challenge, Hello, Proof, Refused, Side, choose_version, prove},
};
use crate::token::Token;

/// What a client must name, and the secret that it must know.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The session held here.
    pub session: &'a str,
    /// Its start.
    pub generation: [u8; 16],
    /// Its secret.
    pub token: &'a Token,
}

/// A client that said hello and has still to prove itself.
#[derive(Debug)]
pub struct Challenged {
    challenge: Challenge,
    wanted: [u8; 32],
}

/// Answers a client's first frame.
///
/// # Errors
///
/// When it is no hello, or one that cannot lead to a conversation here.
pub fn challenge(
    expected: Expected<'_>,
    first: &Frame,
    nonce: [u8; 32],
) -> Result<Challenged, Refused> {
    let hello: Hello = message(first, Kind::Hello)?;
    hello.check()?;
    let Some(version) = choose_version(&hello.versions, VERSIONS) else {
        return Err(Refused::Version {
            offered: hello.versions,
            spoken: VERSIONS.to_vec(),
        });
    };
    if hello.session != expected.session {
        return Err(Refused::Session);
    }
    let Expected {
        generation, token, ..
    } = expected;
    let proof = |side| prove(token, side, &hello, version, &generation, &nonce);
    Ok(Challenged {
        wanted: proof(Side::Client),
        challenge: Challenge {
            version,
            generation,
            nonce,
            proof: proof(Side::Owner),
        },
    })
}

impl Challenged {
    /// Returns what the client is to be sent.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Judges the client's second frame; returns what the client calls itself.
    ///
    /// # Errors
    ///
    /// When it is no proof, a wrong one, or its label is out of bounds.
    pub fn judge(self, second: &Frame) -> Result<String, Refused> {
        let answer: Proof = message(second, Kind::Proof)?;
        if !Token::is_same_hash(answer.proof, self.wanted) {
            return Err(Refused::Proof);
        }
        answer.check()?;
        Ok(answer.label)
    }
}

impl From<WireError> for Refused {
    fn from(err: WireError) -> Self {
        Self::Protocol {
            reason: err.to_string(),
        }
    }
}

fn message<M: serde::de::DeserializeOwned>(frame: &Frame, kind: Kind) -> Result<M, WireError> {
    if frame.kind != kind {
        return Err(WireError::UnexpectedKind(frame.kind));
    }
    codec::decode(frame)
}
