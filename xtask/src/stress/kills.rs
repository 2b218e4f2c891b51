//! Kills whoever has to do with a session at every point that has a name, and prints what came of it.
//!
//! The cases are tests of the command line's crate, which are left out of other runs.

use anyhow::Result;

use crate::process;

/// Random kills of a long run.
const LONG_KILLS: &str = "10000";

/// How much to kill.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Kill 10,000 times more, at random
    #[arg(long)]
    long: bool,
}

/// Runs the matrix, and prints its table as it goes.
pub(super) fn run(options: &Options) -> Result<()> {
    let mut command = process::command(
        "cargo",
        &[
            "test",
            "--quiet",
            "--package",
            "abide-cli",
            "--test",
            "it",
            "--",
            "keeping::matrix",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ],
    );
    match options.long {
        true => command.env("ABIDE_TEST_KILLS", LONG_KILLS),
        false => command.args(["--skip", "random"]),
    };
    process::run(&mut command)
}
