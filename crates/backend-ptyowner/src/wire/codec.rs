//! Messages to bytes and back: the only file that names the encoding crate.
//!
//! The encoding is little-endian with integers of fixed width and lengths of eight bytes, so a
//! message can be read off a hex dump. Every decoding has a limit, without which a ten-byte message
//! can announce a vector that exhausts memory; what is left over is refused.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bytes::{BufMut, Bytes, BytesMut};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    error::WireError,
    frame::{Frame, Kind, header},
    limits::{HEADER_BYTES, MAX_BODY_BYTES, MAX_LAUNCH_BYTES},
};

fn config<const LIMIT: usize>() -> Configuration<LittleEndian, Fixint, Limit<LIMIT>> {
    bincode::config::standard()
        .with_fixed_int_encoding()
        .with_limit::<LIMIT>()
}

/// Returns the whole frame that carries a message.
///
/// # Panics
///
/// If the message is longer than its kind may be; those who build messages bound their fields.
#[must_use]
pub fn encode<M: Serialize>(kind: Kind, message: &M) -> Bytes {
    let body = bincode::serde::encode_to_vec(message, config::<MAX_BODY_BYTES>())
        .expect("messages hold nothing that cannot be encoded");
    assert!(
        body.len() <= MAX_BODY_BYTES,
        "fields of messages are bounded"
    );
    raw(kind, &body)
}

/// Returns the whole frame that carries raw bytes.
#[must_use]
pub fn raw(kind: Kind, body: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(HEADER_BYTES + body.len());
    frame.put_slice(&header(kind, body.len()));
    frame.put_slice(body);
    frame.freeze()
}

/// Reads the message of a frame.
///
/// # Errors
///
/// When the body is not one message of that type, whole and with nothing after it.
pub fn decode<M: DeserializeOwned>(frame: &Frame) -> Result<M, WireError> {
    let kind = frame.kind;
    let (message, used) =
        bincode::serde::decode_from_slice(&frame.body, config::<MAX_BODY_BYTES>()).map_err(
            |err| WireError::Malformed {
                kind,
                reason: err.to_string(),
            },
        )?;
    let extra = frame.body.len() - used;
    if extra != 0 {
        return Err(WireError::LeftOver { kind, extra });
    }
    Ok(message)
}

/// Writes a message of the launch, which is not framed: the pipe's end is its end.
#[must_use]
pub fn encode_launch<M: Serialize>(message: &M) -> Vec<u8> {
    bincode::serde::encode_to_vec(message, config::<MAX_LAUNCH_BYTES>())
        .expect("launch messages hold nothing that cannot be encoded")
}

/// Reads a message of the launch; `None` if the bytes are not exactly one.
#[must_use]
pub fn decode_launch<M: DeserializeOwned>(bytes: &[u8]) -> Option<M> {
    let (message, used) =
        bincode::serde::decode_from_slice(bytes, config::<MAX_LAUNCH_BYTES>()).ok()?;
    (used == bytes.len()).then_some(message)
}
