//! Every limit of the protocol, with its unit; checked before memory is spent.

use std::time::Duration;

/// Bytes before every body: kind, three zeros, length.
pub const HEADER_BYTES: usize = 8;

/// Longest body that a client may send before it proved itself, in bytes.
pub const MAX_FIRST_BODY_BYTES: usize = 4 * 1024;

/// Longest body after that, in either direction, in bytes. A longer one ends the connection.
pub const MAX_BODY_BYTES: usize = 96 * 1024;

/// Longest launch request, in bytes: a whole environment and a command line. Linux itself stops
/// at 2 MiB for both together.
pub const MAX_LAUNCH_BYTES: usize = 4 * 1024 * 1024;

/// Longest rendering or snapshot that a client puts together from its parts, in bytes.
pub const MAX_PARTS_BYTES: u64 = 256 * 1024 * 1024;

/// Time from the connection to the client's proof.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(5);

/// Connections that one owner serves at once, authenticated or not.
pub const MAX_CONNECTIONS: usize = 32;

/// Clients that may only watch at once. The rest of the connections is for whoever has control, and
/// for those who ask, type or stop: viewers, however many, do not keep them out.
pub const MAX_VIEWERS: usize = 28;

/// Input that a client may have sent and that its terminal has not taken yet, in bytes.
pub const INPUT_WINDOW_BYTES: u64 = 256 * 1024;

/// Longest name that a client gives itself, in bytes.
pub const MAX_LABEL_BYTES: usize = 200;

/// Most versions that a client may offer.
pub const MAX_VERSIONS_OFFERED: usize = 16;
