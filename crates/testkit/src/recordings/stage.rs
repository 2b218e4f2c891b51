//! Where a recording is made: a directory of its own, and a terminal in front of the program.

use std::{fs, path::PathBuf};

use abide_core::size::TermSize;
use tempfile::TempDir;

use crate::{
    screen::{Screen, ScreenCommand},
    sys,
};

/// A directory and a size.
#[derive(Debug)]
pub(super) struct Stage {
    dir: TempDir,
    size: TermSize,
}

impl Stage {
    pub(super) fn new(size: TermSize) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("at-")
            .tempdir_in(sys::temporary_root())
            .expect("the temporary directory can be written to");
        Self { dir, size }
    }

    /// Writes a file and returns its path.
    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("the directory is ours");
        path
    }

    /// Returns a command that runs in the directory, with nobody's settings.
    pub(super) fn command(&self, program: &str) -> ScreenCommand {
        let dir = self.dir.path();
        ScreenCommand::new(program)
            .cwd(dir)
            .envs([
                ("HOME", dir),
                ("XDG_CONFIG_HOME", dir),
                ("TMUX_TMPDIR", dir),
            ])
            .envs([
                ("LANG", "C.UTF-8"),
                ("LC_ALL", "C.UTF-8"),
                ("SHELL", "/bin/sh"),
            ])
    }

    /// Starts a command.
    pub(super) fn start(&self, command: &ScreenCommand) -> Screen {
        Screen::spawn(command, self.size)
    }

    /// Starts a shell whose prompt counts its commands: `[1]$`, `[2]$`.
    pub(super) fn shell(&self) -> Screen {
        const SETTINGS: &str = r#"
PS1='\[\e]0;shell: \w\a\]\[\e[1;32m\]user@host\[\e[0m\]:\[\e[34m\]dir\[\e[0m\] [\#]$ '
HISTFILE=
"#;
        let settings = self.file("bashrc", SETTINGS);
        let command = self
            .command("bash")
            .arg("--noprofile")
            .arg("--rcfile")
            .arg(settings);
        let screen = self.start(&command.arg("-i"));
        screen.wait_for_text("[1]$");
        screen
    }

    /// Runs a shell's script to its end and returns what it printed.
    pub(super) fn script(&self, text: &str) -> Vec<u8> {
        let script = self.file("script.sh", text);
        let screen = self.start(&self.command("bash").arg(script));
        finish(&screen)
    }
}

/// Waits for the program's end and returns what it printed.
pub(super) fn finish(screen: &Screen) -> Vec<u8> {
    screen.wait_exit();
    screen.output()
}

/// Types keys, then waits until the screen shows a text.
pub(super) fn keys(screen: &Screen, keys: &str, shown: &str) {
    screen.type_text(keys);
    screen.wait_for_text(shown);
}
