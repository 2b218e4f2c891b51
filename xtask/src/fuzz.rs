//! Looks for bytes that break what must hold for all bytes.
//!
//! The bodies and their inputs are those of `crates/fuzzing`; this builds its program, optimised
//! and with every check, and runs it. Inputs guided by coverage are for cargo-fuzz and `fuzz/`.

use anyhow::Result;

use crate::process;

/// What to try, and for how long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Minutes for each target
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    minutes: f64,
    /// Try this target; may be given several times
    #[arg(long, value_name = "T")]
    target: Vec<String>,
}

/// Tries each target for a while; fails on a finding.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut command = process::command("cargo", &["run", "--profile", "fuzz"]);
    command.args(["--package", "abide-fuzzing", "--quiet", "--"]);
    command.args(["--minutes", &options.minutes.to_string()]);
    for target in &options.target {
        command.args(["--target", target]);
    }
    process::run(&mut command)
}
