//! Continuous integration: every step in order, up to the first failure.
//!
//! The steps are the whole of it: `.ci/run` only installs what they need. A table of durations
//! is printed at the end, also after a failure.

mod readme;

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::process::{self, Stopwatch};
use crate::{cross, fidelity, tidy};

/// Which steps to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run this step; may be given several times
    #[arg(long, value_name = "STEP", value_enum)]
    only: Vec<Step>,
    /// Leave this step out; may be given several times
    #[arg(long, value_name = "STEP", value_enum)]
    skip: Vec<Step>,
}

/// One step, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting
    Fmt,
    /// Lints, where a warning is an error
    Clippy,
    /// The test command that the README gives
    Test,
    /// Snapshots, judged by a second model and by xterm.js, at some cuts
    Fidelity,
    /// Documentation, where a warning is an error
    Docs,
    /// Licences, sources and bans of dependencies
    Deny,
    /// The rules of this repository
    Tidy,
    /// Windows and macOS
    Cross,
}

/// Runs the chosen steps, then prints how long each took.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut finished = Vec::new();
    let mut outcome = Ok(());
    for step in chosen(options) {
        println!("\n=== {}", name(step));
        let watch = Stopwatch::start();
        outcome = run_step(step).with_context(|| format!("step `{}` failed", name(step)));
        finished.push((step, outcome.is_ok(), watch.elapsed()));
        if outcome.is_err() {
            break;
        }
    }
    print!("\n{}", table(&finished));
    outcome
}

fn chosen(options: &Options) -> Vec<Step> {
    let wanted = |step: &Step| options.only.is_empty() || options.only.contains(step);
    let all = Step::value_variants().iter().copied();
    all.filter(wanted)
        .filter(|step| !options.skip.contains(step))
        .collect()
}

fn run_step(step: Step) -> Result<()> {
    match step {
        Step::Fmt => cargo(&["fmt", "--all", "--check"]),
        Step::Clippy => cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
        Step::Test => test(),
        Step::Fidelity => fidelity::check(),
        Step::Docs => docs(),
        Step::Deny => cargo(&[
            "deny",
            "check",
            "--hide-inclusion-graph",
            "bans",
            "licenses",
            "sources",
        ]),
        Step::Tidy => tidy::check(),
        Step::Cross => cross::check(),
    }
}

fn cargo(args: &[&str]) -> Result<()> {
    process::run(&mut process::command("cargo", args))
}

/// Runs exactly what the README tells a reader to run.
fn test() -> Result<()> {
    let path = process::root().join("README.md");
    let text = fs::read_to_string(&path).context("cannot read README.md")?;
    let command = readme::test_command(&text)?;
    let mut shell = process::command("bash", &["-euo", "pipefail", "-c", &command]);
    process::run(shell.env("NEXTEST_PROFILE", "ci"))
}

fn docs() -> Result<()> {
    let mut command = process::command("cargo", &["doc", "--workspace", "--no-deps"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

fn name(step: Step) -> String {
    let value = step.to_possible_value().expect("no step is hidden");
    value.get_name().to_owned()
}

fn table(finished: &[(Step, bool, Duration)]) -> String {
    let line = |what: &str, outcome: &str, time: Duration| {
        format!("{what:<8} {outcome:<7} {:>7.1} s\n", time.as_secs_f64())
    };
    let mut table = String::new();
    for (step, passed, time) in finished {
        table += &line(
            &name(*step),
            if *passed { "passed" } else { "FAILED" },
            *time,
        );
    }
    table + &line("total", "", finished.iter().map(|(_, _, time)| time).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_steps_run_in_order_unless_chosen_otherwise() {
        let chosen = |only: &[Step], skip: &[Step]| {
            super::chosen(&Options {
                only: only.to_vec(),
                skip: skip.to_vec(),
            })
        };
        assert_eq!(chosen(&[], &[]), Step::value_variants());
        assert_eq!(
            chosen(&[Step::Cross, Step::Fmt], &[]),
            [Step::Fmt, Step::Cross]
        );
        assert_eq!(
            chosen(&[Step::Cross, Step::Fmt], &[Step::Fmt]),
            [Step::Cross]
        );
        assert!(!chosen(&[], &[Step::Test]).contains(&Step::Test));
    }

    #[test]
    fn table_shows_each_step_and_the_sum() {
        let finished = [
            (Step::Fmt, true, Duration::from_millis(1500)),
            (Step::Clippy, false, Duration::from_secs(10)),
        ];
        let expected = "fmt      passed      1.5 s\n\
                        clippy   FAILED     10.0 s\n\
                        total               11.5 s\n";
        assert_eq!(table(&finished), expected);
    }
}
