//! What a launcher hands to a new owner through its standard input, and what comes back.
//!
//! The environment travels here and nowhere else: not on a command line, not in a file. Bytes of
//! paths and variables are the platform's own (`sys::os_bytes`).

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// Version of the two messages of the launch. Launcher and owner are one release, unless a helper
/// program of another one was named; then this tells.
pub const LAUNCH_VERSION: u32 = 3;

/// Everything that an owner must know.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchRequest {
    /// [`LAUNCH_VERSION`].
    pub version: u32,
    /// The directory that holds a directory for each session.
    pub owners_dir: Vec<u8>,
    /// The directory for sockets.
    pub runtime_dir: Vec<u8>,
    /// The session's id.
    pub session: String,
    /// Settings of what makes the terminal; opaque to launcher and owner alike.
    pub source: Vec<u8>,
    /// What is wanted of it.
    pub wanted: Launch,
}

/// What is wanted of an owner.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Launch {
    /// A session that runs: started, unless there is one.
    Start(Box<Start>),
    /// That somebody holds the session if its terminal lives; nothing is started.
    Join,
}

/// A session to be started.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The program and its arguments.
    pub argv: Vec<Vec<u8>>,
    /// Where to run it.
    pub cwd: Vec<u8>,
    /// The child's environment.
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
    /// Rows and columns.
    pub size: (u16, u16),
    /// Output to keep, in bytes.
    pub history_bytes: u64,
    /// Whether screen and history are kept on disk too, for when the owner is killed.
    pub journal: bool,
    /// The ended start that this one follows.
    pub replaces: Option<[u8; 16]>,
}

impl Drop for Start {
    /// Erases the environment's values, which may be secrets, from the owner's and the launcher's
    /// memory.
    fn drop(&mut self) {
        for (_, value) in &mut self.env {
            value.zeroize();
        }
    }
}

/// What a new owner says, once, before it lets go of its launcher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaunchReply {
    /// The child was started and the owner can be reached.
    Started {
        /// The new start.
        generation: [u8; 16],
    },
    /// There is a start already; this owner did nothing, but perhaps record that it ended.
    Existing,
    /// The program was not found.
    ProgramNotFound {
        /// Why.
        reason: String,
    },
    /// The working directory cannot be entered.
    BadDirectory {
        /// Why.
        reason: String,
    },
    /// The state on disk is of a newer release.
    NewerState {
        /// The file.
        path: Vec<u8>,
        /// Its schema.
        found: u32,
    },
    /// A lock was held too long by somebody else.
    Locked {
        /// Which, and for how long it was waited for.
        reason: String,
    },
    /// Something else failed; nothing is left behind.
    Failed {
        /// What, and why.
        reason: String,
    },
    /// The start's terminal lived without an owner; it has this one now, which can be reached.
    Joined {
        /// The start.
        generation: [u8; 16],
    },
    /// There is nothing to join.
    Nothing,
}
