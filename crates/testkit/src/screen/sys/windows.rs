//! Programs on Windows: found by PATH and extension, waited for and killed by handle.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use portable_pty::{Child, ChildKiller};

/// Variables without which programs do not start.
pub(in crate::screen) const NEEDED_ENV: &[&str] = &[
    "PATH",
    "PATHEXT",
    "SystemRoot",
    "TEMP",
    "TMP",
    "USERPROFILE",
];

/// Finds a program by its path, or by its name on PATH, with or without `.exe`.
pub(in crate::screen) fn find_program(program: &OsStr) -> Option<PathBuf> {
    let named = Path::new(program);
    let with_extension = |path: PathBuf| {
        let exe = path.with_extension("exe");
        [path, exe].into_iter().find(|path| path.is_file())
    };
    if 1 < named.components().count() {
        return with_extension(named.to_owned());
    }
    env::split_paths(&env::var_os("PATH")?).find_map(|dir| with_extension(dir.join(named)))
}

/// Splits a child into what kills it and what waits for it.
pub(in crate::screen) fn watch(child: Box<dyn Child + Send + Sync>) -> (Killer, Waiter) {
    (Killer(Mutex::new(child.clone_killer())), Waiter(child))
}

/// Kills the program; its handle is its own, so no other is ever hit.
pub(in crate::screen) struct Killer(Mutex<Box<dyn ChildKiller + Send + Sync>>);

impl Killer {
    pub(in crate::screen) fn kill(&self) {
        // The library's answer is the wrong way round in this version; the waiter sees the end.
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).kill();
    }

    /// Does nothing: closing the pseudo console is what tells the program.
    pub(in crate::screen) fn hang_up(&self) {}
}

/// Waits for the program's end.
pub(in crate::screen) struct Waiter(Box<dyn Child + Send + Sync>);

impl Waiter {
    /// Returns the program's exit code.
    pub(in crate::screen) fn wait(mut self) -> i32 {
        self.0.wait().map_or(-1, |status| {
            // Codes such as 0xC000013A are negative numbers to everybody else.
            status.exit_code().cast_signed()
        })
    }
}
