//! How a program becomes a helper: `abide tmux-relay`, `abide tmux-exec`, and the owner's words.

use std::{ffi::OsString, path::Path, process::ExitCode};

use abide_backend_ptyowner::{FROM_LAUNCHER, Role, become_helper_or, host};

use crate::{
    pane,
    source::{EXEC_WORD, TmuxSource},
};

/// The word that makes a program a relay.
pub(crate) const RELAY_WORD: &str = "tmux-relay";

/// Becomes a helper if that is what the command line says, an owner's helpers included; `None` for
/// every other command line.
///
/// Call it first thing in `main`, in place of the owner's own function of this name.
#[must_use]
pub fn become_helper() -> Option<ExitCode> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [word, handover, last] = &words[..]
        && word == EXEC_WORD
        && last == FROM_LAUNCHER
    {
        return Some(pane::become_pane(Path::new(handover)));
    }
    become_helper_or(&[Role {
        word: RELAY_WORD,
        run: host::run::<TmuxSource>,
    }])
}
