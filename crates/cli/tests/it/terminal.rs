//! A person at a terminal, running the real `abide`.

use std::ffi::OsStr;

use abide_core::size::TermSize;
use abide_testkit::{
    env::TestEnv,
    programs,
    screen::{Screen, ScreenCommand},
};

/// Runs `abide` with these words on a new terminal.
pub(crate) fn abide<A: AsRef<OsStr>>(
    env: &TestEnv,
    args: impl IntoIterator<Item = A>,
    size: TermSize,
) -> Screen {
    let command = ScreenCommand::new(programs::abide())
        .args(args)
        .envs(env.environment())
        .env("TERM", "xterm-256color")
        .cwd(env.work_dir());
    Screen::spawn(&command, size)
}

/// A terminal of this many columns and rows.
pub(crate) fn size(cols: u16, rows: u16) -> TermSize {
    TermSize::clamped(rows, cols)
}
