//! The score of snapshots: prints it as Markdown, and keeps it in `docs/fidelity.md`.
//!
//! The work is done by the example `fidelity` of `abide-screen`, which records real programs and
//! is the first judge, and by `xtask/judge`, which asks xterm.js. The latter needs Node.js; without
//! it the first judge sits alone, and that is said.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::process;

const DOCUMENT: &str = "docs/fidelity.md";
const BEGIN: &str = "<!-- fidelity: begin -->";
const END: &str = "<!-- fidelity: end -->";

/// How thorough to be, and what to do with the score.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Try few cuts, as continuous integration does
    #[arg(long)]
    quick: bool,
    /// Put the score into docs/fidelity.md
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    write: bool,
    /// Judge this recording or feature; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

/// Prints the score; fails if a real program is not restored exactly.
pub(crate) fn run(options: &Options) -> Result<()> {
    let judge = judge()?;
    let mut command = process::command("cargo", &["run", "--quiet", "-p", "abide-screen"]);
    command.args(["--example", "fidelity", "--"]);
    if options.quick {
        command.arg("--quick");
    }
    for name in &options.only {
        command.args(["--only", name]);
    }
    let asked = judge.is_some();
    let output = command
        .args(judge)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run `cargo`")?;
    let score = String::from_utf8(output.stdout).context("the score is not UTF-8")?;
    print!("{score}");
    ensure!(output.status.success(), "snapshots are not exact");
    if options.write {
        ensure!(asked, "not written: only one of the two judges was asked");
        write(&score)?;
    }
    Ok(())
}

/// The quick form, as a step of continuous integration.
pub(crate) fn check() -> Result<()> {
    run(&Options {
        quick: true,
        write: false,
        only: Vec::new(),
    })
}

/// Returns the directory of the second judge, ready to sit, if there is Node.js.
fn judge() -> Result<Option<PathBuf>> {
    for program in ["node", "npm"] {
        if !runs(program) {
            println!("xterm.js is not asked: `{program}` is not installed");
            return Ok(None);
        }
    }
    let dir = process::root().join("xtask/judge");
    if !is_installed(&dir) {
        let mut npm = process::command("npm", &["ci", "--no-audit", "--no-fund"]);
        process::run(npm.current_dir(&dir))?;
    }
    Ok(Some(dir))
}

fn runs(program: &str) -> bool {
    let mut command = Command::new(program);
    let silent = command.arg("--version").stdin(Stdio::null());
    silent.output().is_ok_and(|output| output.status.success())
}

/// Says whether what the lock file names was installed after it was last changed.
fn is_installed(dir: &Path) -> bool {
    let changed = |name: &str| fs::metadata(dir.join(name)).and_then(|file| file.modified());
    let installed = changed("node_modules/.package-lock.json");
    match (installed, changed("package-lock.json")) {
        (Ok(installed), Ok(wanted)) => wanted <= installed,
        _ => false,
    }
}

fn write(score: &str) -> Result<()> {
    let path = process::root().join(DOCUMENT);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {DOCUMENT}"))?;
    let text = replace_block(&text, score)?;
    fs::write(&path, text).with_context(|| format!("cannot write {DOCUMENT}"))
}

/// Returns `text` with `block` between the two markers.
fn replace_block(text: &str, block: &str) -> Result<String> {
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let Some((before, after)) = parts else {
        bail!("{DOCUMENT} lacks the lines `{BEGIN}` and `{END}`");
    };
    Ok(format!(
        "{before}{BEGIN}\n\n{}\n\n{END}{after}",
        block.trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let text = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let expected = format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n");
        assert_eq!(replace_block(&text, "new\n").unwrap(), expected);
        assert!(replace_block("nothing marked", "new").is_err());
    }
}
