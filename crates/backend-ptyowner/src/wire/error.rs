//! What makes a sequence of bytes no conversation.

use super::frame::Kind;

/// Why a connection was ended by the side that read from it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The first byte of a header names no kind.
    #[error("unknown frame kind {0:#04x}")]
    UnknownKind(u8),
    /// The kind exists and has no place here: wrong direction, or before the proof.
    #[error("a frame of kind {0:?} has no place here")]
    UnexpectedKind(Kind),
    /// Bytes of the header that must be zero are not.
    #[error("reserved bytes of a header are not zero")]
    ReservedBytes,
    /// The header announces more than its kind may have.
    #[error("a body of {len} bytes is longer than the {limit} allowed for {kind:?}")]
    BodyTooLong {
        /// The kind announced.
        kind: Kind,
        /// The length announced, in bytes.
        len: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The body is not a message of its kind.
    #[error("the body of a {kind:?} frame does not decode: {reason}")]
    Malformed {
        /// The kind of the frame.
        kind: Kind,
        /// What the decoder said.
        reason: String,
    },
    /// Bytes are left after the message.
    #[error("{extra} bytes are left over after the message of a {kind:?} frame")]
    LeftOver {
        /// The kind of the frame.
        kind: Kind,
        /// How many, in bytes.
        extra: usize,
    },
    /// A field of a message is beyond its limit.
    #[error("the {field} of a {kind:?} message is out of bounds")]
    OutOfBounds {
        /// The kind of the frame.
        kind: Kind,
        /// The field.
        field: &'static str,
    },
    /// The stream ended inside a frame.
    #[error("the connection ended inside a frame")]
    Truncated,
    /// The client sent more input than its window allows.
    #[error("more input was sent than the terminal took and the window allows")]
    WindowOverrun,
}
