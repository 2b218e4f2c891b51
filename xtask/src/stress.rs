//! Repeats tests while every core is kept busy, to find those that depend on timing.
//!
//! Tests are built once, then run until one run fails or all have passed. At the end nothing that
//! a test started may still be running.

mod kills;
mod leftovers;
mod load;

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::process::{self, Stopwatch};
use leftovers::Leftovers;
use load::Load;

pub(crate) use load::spin;

/// What to repeat, how often, and under how much load.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: Option<What>,
    /// How many times to run the tests
    #[arg(long, value_name = "N", default_value_t = 10)]
    runs: u32,
    /// Which tests, as a nextest filter expression
    #[arg(long, value_name = "EXPR", default_value = "test(conformance)")]
    filter: String,
    /// How many busy processes run beside the tests; one for each core unless given
    #[arg(long, value_name = "N")]
    load: Option<usize>,
}

/// Something else than to repeat tests.
#[derive(clap::Subcommand)]
enum What {
    /// Kill commands, keepers, owners and tmux servers at every named point, and print what came of it
    KillMatrix(kills::Options),
}

/// Builds the tests, repeats them under load, and looks for what they left behind.
pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(What::KillMatrix(options)) = &options.what {
        return kills::run(options);
    }
    // Asked before the build below, which may put another file in its place.
    let this_program = env::current_exe().context("cannot find this program's own file")?;
    process::run(&mut process::command(
        "cargo",
        &["nextest", "run", "--workspace", "--no-run"],
    ))?;
    let leftovers = Leftovers::before()?;
    let outcome = repeat(options, &this_program);
    let nothing_left = leftovers.expect_none();
    outcome.and(nothing_left)
}

fn repeat(options: &Options, this_program: &Path) -> Result<()> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let load = options.load.unwrap_or(cores);
    println!(
        "{} runs of `{}` beside {load} busy processes",
        options.runs, options.filter
    );
    let _load = Load::start(load, this_program)?;
    for number in 1..=options.runs {
        run_once(number, &options.filter)?;
    }
    Ok(())
}

fn run_once(number: u32, filter: &str) -> Result<()> {
    let mut command = process::command("cargo", &["nextest", "run", "--workspace"]);
    command.args(["--no-fail-fast", "--cargo-quiet", "--filterset", filter]);
    command.args(["--status-level", "fail", "--final-status-level", "fail"]);
    let watch = Stopwatch::start();
    let output = process::observe(&mut command)?;
    let seconds = watch.elapsed().as_secs_f64();
    if output.status.success() {
        println!("run {number:>4}  passed  {seconds:>6.1} s");
        return Ok(());
    }
    println!("run {number:>4}  FAILED  {seconds:>6.1} s");
    io::stdout().write_all(&output.stdout)?;
    io::stdout().write_all(&output.stderr)?;
    bail!("run {number} failed: {}", output.status)
}
