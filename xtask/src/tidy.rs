//! Checks the rules of this repository that a program can check.
//!
//! A rule is a pure function over one [`Source`]; it answers with violations. What is read is
//! every file that git tracks or would track. Each violation is one line:
//! `path:line: rule: what to do`.

mod allowances;
mod attributes;
mod behaviours;
mod crates;
mod names;
mod platform;
mod private;
mod shape;
mod source;
mod tasks;

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process;
use source::Source;

/// What to check or show.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Show how many tests name each promise, and check nothing
    #[arg(long)]
    behaviours: bool,
}

/// One broken rule, at one line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    path: String,
    /// Counted from one.
    line: usize,
    rule: &'static str,
    advice: String,
}

impl Violation {
    fn new(source: &Source, line: usize, rule: &'static str, advice: impl Into<String>) -> Self {
        Self {
            path: source.path.clone(),
            line,
            rule,
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.path, self.line, self.rule, self.advice
        )
    }
}

/// The rules that look at one file at a time.
const RULES: [fn(&Source) -> Vec<Violation>; 7] = [
    attributes::check,
    crates::check,
    names::check,
    platform::check,
    private::check,
    shape::check,
    tasks::check,
];

/// Checks every rule, or shows the table of promises.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.behaviours {
        return check();
    }
    print!("{}", behaviours::table(&sources()?));
    Ok(())
}

/// Checks every rule; prints the violations and fails if there are any.
pub(crate) fn check() -> Result<()> {
    let sources = sources()?;
    let mut violations: Vec<_> = sources.iter().flat_map(check_one).collect();
    violations.extend(behaviours::check(&sources));
    violations.sort();
    for violation in &violations {
        println!("{violation}");
    }
    if !violations.is_empty() {
        bail!(
            "tidy: {} in {} files read",
            counted(violations.len()),
            sources.len()
        );
    }
    println!("tidy: nothing to mend in {} files", sources.len());
    Ok(())
}

fn check_one(source: &Source) -> Vec<Violation> {
    let violations = RULES.iter().flat_map(|rule| rule(source)).collect();
    allowances::apply(source, violations)
}

fn counted(violations: usize) -> String {
    let plural = if violations == 1 { "" } else { "s" };
    format!("{violations} violation{plural}")
}

/// Reads every text file that git tracks or would track.
fn sources() -> Result<Vec<Source>> {
    let args = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--deduplicate",
    ];
    let listing = process::read(&mut process::command("git", &args))?;
    let mut sources = Vec::new();
    for path in listing.split_terminator('\0') {
        if let Some(text) = read_text(&process::root().join(path))? {
            sources.push(Source::new(path, text));
        }
    }
    Ok(sources)
}

/// Reads a file; nothing for one that is deleted, no plain file, or not text.
fn read_text(path: &Path) -> Result<Option<String>> {
    let plain = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    if !plain {
        return Ok(None);
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8(bytes).ok())
}

/// Runs one rule over one made-up file and returns the lines it complains about.
#[cfg(test)]
fn lines_refused(rule: fn(&Source) -> Vec<Violation>, path: &str, text: &str) -> Vec<usize> {
    let source = Source::new(path, text.to_owned());
    rule(&source)
        .iter()
        .map(|violation| violation.line)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violation_reads_as_path_line_rule_advice() {
        let source = Source::new("a.rs", String::new());
        let violation = Violation::new(&source, 3, "some-rule", "mend it");
        assert_eq!(violation.to_string(), "a.rs:3: some-rule: mend it");
    }

    #[test]
    fn this_repository_is_read_from_its_root() {
        let sources = sources().unwrap();
        assert!(
            sources
                .iter()
                .any(|source| source.path == "xtask/src/tidy.rs")
        );
    }
}
