//! The protocol between a client and an owner, over one local stream.
//!
//! ```text
//! client                                   owner
//!   │ Hello {versions, session, nonce} ───►  │
//!   │ ◄── Challenge {version, generation, nonce, proof}      or Refused, and the end
//!   │ Proof {proof, label} ───────────────►  │
//!   │ ◄── Welcome {client}                                   or Refused, and the end
//!   │ Call {id, request} ─────────────────►  │
//!   │ ◄── Reply {id, answer or failure}, then Part… if the answer announces content
//!   │ Input (raw) ────────────────────────►  │
//!   │ ◄── Event, Output {offset, raw}, Part (raw), unasked
//! ```
//!
//! A frame is a header of eight bytes (kind, three zeros, length of the body as `u32`) and the
//! body; all integers are little-endian. Terminal bytes are bodies as they are. Everything else is
//! a message whose bytes are pinned by snapshot in `tests/it/wire.rs`: a released message is never
//! changed, a change is a new message under a new version. `docs/protocol.md` shows the layout
//! byte by byte.
//!
//! Owners outlive upgrades. The newest client therefore speaks every version in [`VERSIONS`], and
//! the handshake itself is the same in all of them.

pub mod codec;
pub mod error;
pub mod event;
pub mod frame;
pub mod greeting;
pub mod hello;
pub mod launch;
pub mod limits;
pub mod request;
pub mod stream;

/// The newest version that this release speaks.
pub const PROTOCOL_VERSION: u16 = 2;

/// Versions that this release speaks, as a client and as an owner, best first.
pub const VERSIONS: &[u16] = &[PROTOCOL_VERSION, 1];

/// The first version in which a client can watch without output, and is told what brought an end
/// about.
pub const WATCH_VERSION: u16 = 2;
