//! The pane's process: what becomes of `abide tmux-exec`.
//!
//! ```text
//! tmux ─► this process ─► the child, which leads its own session on the pane's terminal
//!            │ keeps the terminal open, adopts what the child leaves behind
//!            └ child ends ─► file, then a note behind its last byte ─► waits until no relay
//!              holds the session ─► ends as the child did, so that tmux knows it too
//! ```
//!
//! The child has the terminal to itself, as it would without this process: its own session, its own
//! group in the foreground.

use std::{
    convert::Infallible,
    io::{self, Write as _},
    path::Path,
    process::{Command, ExitCode},
};

use abide_backend_ptyowner::host;
use abide_core::lock::KernelLock;

use crate::{
    handover::{Handover, PaneFile},
    note::{self, Note},
    sys,
};

/// Code of POSIX shells for a program that could not be run.
const NOT_EXECUTABLE: u8 = 126;

/// What a pane has of tmux's own: it says which terminal this is, and how to reach tmux from inside.
const TMUX_VARIABLES: &[&str] = &[
    "TERM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TMUX",
    "TMUX_PANE",
];

/// Becomes the pane's process for the handover at this path; returns the code to exit with.
pub(crate) fn become_pane(handover: &Path) -> ExitCode {
    match run(handover) {
        Ok(never) => match never {},
        Err(err) => {
            // The terminal is the only place to complain.
            let _ = writeln!(io::stderr(), "abide: cannot start the session: {err}");
            ExitCode::from(NOT_EXECUTABLE)
        }
    }
}

fn run(path: &Path) -> io::Result<Infallible> {
    let handover = Handover::take(path)?;
    sys::step_back()?;
    let mut file = PaneFile {
        generation: handover.generation,
        nonce: handover.nonce.clone(),
        note: Note::Empty,
        is_hung_up: false,
    };
    let dir = handover.dir.clone();
    let child = spawn(&handover)?;
    drop(handover);
    file.note = Note::Started { pid: child };
    // A directory that is gone, or full, keeps nobody from hearing of the end in the output.
    let _ = file.write(&dir);
    let outcome = sys::reap_until(child)?;
    file.note = Note::Ended(outcome.clone());
    // First where nothing can be lost, then where somebody waits for it.
    let _ = file.write(&dir);
    if tell(&file).is_err() {
        file.is_hung_up = true;
        let _ = file.write(&dir);
    }
    let lock = host::owner_lock(&dir);
    std::thread::spawn(move || {
        // Whoever holds the session takes it as far as it goes; nobody does, if this fails.
        let _shared = KernelLock::share(&lock);
        sys::end_like(&outcome)
    });
    sys::reap_all();
    file.note = Note::Empty;
    let _ = tell(&file);
    loop {
        std::thread::park();
    }
}

/// Starts the child; returns its process id.
fn spawn(handover: &Handover) -> io::Result<u32> {
    let program = std::env::current_exe()?;
    let words = host::exec_child_words(&handover.cwd, &handover.program, &handover.argv);
    let mut command = Command::new(program);
    command.args(words).env_clear().current_dir("/");
    command.envs(handover.env.iter());
    for name in TMUX_VARIABLES {
        match std::env::var_os(name) {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    sys::spawn_leader(command, note::start(&handover.nonce))
}

/// Leaves a note in the output.
fn tell(file: &PaneFile) -> io::Result<()> {
    sys::print(&file.note.encode(&file.nonce))
}
