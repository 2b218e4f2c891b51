//! What the holder and its relay say to each other.
//!
//! A connection begins with one byte. After [`DATA`] the holder sends frames, the first a greeting,
//! and takes bytes to type. After [`CONTROL`] it takes one command and answers with one byte.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Begins a connection for output and input.
pub(crate) const DATA: u8 = b'd';

/// Begins a connection for a command.
pub(crate) const CONTROL: u8 = b'c';

/// A greeting.
pub(crate) const GREETING: u8 = b'g';

/// Output.
pub(crate) const OUTPUT: u8 = b'o';

/// How the child ended.
pub(crate) const EXIT: u8 = b'x';

/// The end of the output.
pub(crate) const END: u8 = b'z';

/// Bytes before a frame's body: what it is, and its length.
pub(crate) const HEADER_BYTES: usize = 5;

/// What the holder says first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Greeting {
    pub(crate) generation: String,
    pub(crate) started_ms: u64,
    pub(crate) child_pid: u32,
    pub(crate) rows: u16,
    pub(crate) cols: u16,
    /// Everything printed so far.
    pub(crate) printed: Vec<u8>,
    pub(crate) exit: Option<Exit>,
}

/// How the child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Exit {
    Code(i32),
    Signal(i32),
}

/// A command.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Command {
    Resize(u16, u16),
    /// The end was seen.
    Forget,
    /// Hang up on the relay.
    HangUp,
}

pub(crate) fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len()).unwrap();
    [&[kind], &len.to_le_bytes()[..], body].concat()
}

/// Returns the first frame, and how many bytes it is in all, if it is whole.
pub(crate) fn first_frame(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let len = bytes.get(1..HEADER_BYTES)?.try_into().unwrap();
    let whole = HEADER_BYTES + usize::try_from(u32::from_le_bytes(len)).unwrap();
    Some((bytes[0], bytes.get(HEADER_BYTES..whole)?, whole))
}

/// Has a holder do something, and waits until it did.
pub(crate) fn command(socket: &Path, command: Command) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    let body = serde_json::to_vec(&command).unwrap();
    stream.write_all(&[&[CONTROL], &body[..]].concat())?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut done = Vec::new();
    stream.read_to_end(&mut done)?;
    Ok(())
}

pub(crate) fn socket(session_dir: &Path) -> PathBuf {
    session_dir.join("holder.sock")
}
