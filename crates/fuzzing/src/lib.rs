//! What may never happen, whatever the bytes.
//!
//! A [`Target`] is one body that takes any bytes and panics on a finding, with a strategy for
//! bytes that get far: valid input, and valid input that was damaged. There is one list of them,
//! [`TARGETS`], with three users: the property tests of this crate, its program for long runs
//! (`cargo xtask fuzz`), and `fuzz/` at the root of the repository for cargo-fuzz.
//!
//! | module | owns |
//! |---|---|
//! | `wire` | bodies of the protocol: frames, messages, the handshake, the launch |
//! | `screen` | bodies of the screen model |
//! | `files` | bodies of the files in a workspace: lease, manifest, journal |
//! | `inputs` | strategies for their bytes |
//! | `run` | one target for a while, and what was found |

#![forbid(unsafe_code)]

mod files;
mod inputs;
pub mod run;
mod screen;
mod wire;

use proptest::strategy::BoxedStrategy;

/// One thing that must hold for all bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called on a command line, and in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// Panics on a finding.
    pub body: fn(&[u8]),
    /// Gives bytes that get far.
    pub inputs: fn() -> BoxedStrategy<Vec<u8>>,
}

/// Every target.
pub const TARGETS: [Target; 9] = [
    Target {
        name: "frames",
        body: wire::frames,
        inputs: inputs::frames,
    },
    Target {
        name: "messages",
        body: wire::messages,
        inputs: inputs::messages,
    },
    Target {
        name: "greeting",
        body: wire::greeting,
        inputs: inputs::greeting,
    },
    Target {
        name: "launch",
        body: wire::launch,
        inputs: inputs::launch,
    },
    Target {
        name: "snapshot",
        body: screen::snapshot,
        inputs: inputs::screen,
    },
    Target {
        name: "screen",
        body: screen::anything,
        inputs: inputs::screen,
    },
    Target {
        name: "lease",
        body: files::lease,
        inputs: inputs::lease,
    },
    Target {
        name: "manifest",
        body: files::manifest,
        inputs: inputs::manifest,
    },
    Target {
        name: "journal",
        body: files::journal,
        inputs: inputs::journal,
    },
];

/// Runs the body of a target; for cargo-fuzz, whose bytes come from elsewhere.
///
/// # Panics
///
/// On a finding, and when there is no target of that name.
pub fn body(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target of that name").body)(bytes);
}
