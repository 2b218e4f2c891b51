//! Builds for Windows and checks for macOS from another system.
//!
//! A lane uses the target that rustup has installed, else a cross kit: a directory whose `env.sh`
//! puts a compiler for both targets on the path. The kit's compiler may be newer than the one of
//! this project, so in these lanes a warning is no error.

mod toolchain;

use anyhow::{Result, ensure};

use toolchain::Toolchain;

const WINDOWS: &str = "x86_64-pc-windows-gnu";
const MACOS: &str = "aarch64-apple-darwin";

/// What to do beyond building.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run the Windows tests under Wine instead of building
    #[arg(long)]
    test: bool,
    /// Leave out tests whose name does not contain this
    #[arg(long, value_name = "NAME", requires = "test")]
    filter: Option<String>,
}

/// Builds every lane, or runs the tests of the one that can run here.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.test {
        return check();
    }
    let toolchain = toolchain::find(WINDOWS)?;
    ensure!(
        toolchain.can_run(),
        "Windows tests run with the Wine of a cross kit, or with `wine`"
    );
    let mut args = vec!["test"];
    args.extend(options.filter.as_deref());
    cargo(&toolchain, WINDOWS, &args)
}

/// Lints and builds for Windows, lints for macOS.
pub(crate) fn check() -> Result<()> {
    let windows = toolchain::find(WINDOWS)?;
    let macos = toolchain::find(MACOS)?;
    cargo(&windows, WINDOWS, &["clippy", "--all-targets"])?;
    cargo(&windows, WINDOWS, &["build"])?;
    cargo(&macos, MACOS, &["clippy", "--all-targets"])
}

fn cargo(toolchain: &Toolchain, target: &str, args: &[&str]) -> Result<()> {
    // These chores run where the sources are, so they are not built for another system.
    let workspace = ["--workspace", "--exclude", "xtask", "--target", target];
    let args: Vec<_> = args[..1]
        .iter()
        .chain(&workspace)
        .chain(&args[1..])
        .copied()
        .collect();
    toolchain.cargo(target, &args)
}
