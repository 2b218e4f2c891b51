//! Sizes and durations that two or more crates share.

use std::time::Duration;

/// Memory per session for what is kept for clients that come back, in bytes, unless a spec says
/// otherwise.
pub const HISTORY_BYTES: u64 = 4 * 1024 * 1024;

/// Lines that a session's screen model keeps above its page.
pub const SCROLLBACK_LINES: usize = 10_000;

/// Time a session has to end by itself after it was asked to.
pub const STOP_GRACE: Duration = Duration::from_secs(5);

/// Longest input carried by one message, in bytes; longer input is split by the client.
pub const INPUT_CHUNK_BYTES: usize = 64 * 1024;

/// Time a client waits for an owner that holds its lock to answer, before it is called
/// unresponsive.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(5);
