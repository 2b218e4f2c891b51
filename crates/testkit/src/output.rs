//! What a program printed, in a form that is the same on every run.

use std::{fmt, path::Path, process::ExitStatus, sync::LazyLock};

use regex::Regex;

/// How a program ended, and what it printed.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandOutput {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed as its result.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
}

impl CommandOutput {
    /// Takes what a program printed; bytes that are no text show as such.
    #[must_use]
    pub fn new(status: ExitStatus, stdout: &[u8], stderr: &[u8]) -> Self {
        Self {
            code: status.code(),
            stdout: String::from_utf8_lossy(stdout).into_owned(),
            stderr: String::from_utf8_lossy(stderr).into_owned(),
        }
    }

    /// Tells whether the exit code is 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// Returns the output with a [`Normaliser`]'s placeholders in it.
    #[must_use]
    pub fn normalised(&self, normaliser: &Normaliser) -> Self {
        Self {
            code: self.code,
            stdout: normaliser.apply(&self.stdout),
            stderr: normaliser.apply(&self.stderr),
        }
    }
}

/// Shows code and both streams, as a snapshot wants them.
impl fmt::Display for CommandOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "exit code: {code}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "--- {name}")?;
                write!(f, "{text}")?;
                if !text.ends_with('\n') {
                    writeln!(f, "⏎ (no line end)")?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for CommandOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What differs from run to run, whatever was run: most specific first.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        (
            r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?",
            "[TIME]",
        ),
        (
            r#"("[a-z_]*_(?:at|since)"|"since"): ?\d{10,}"#,
            "$1: [TIME]",
        ),
        (r"\b[0-9a-f]{32}\b", "[GENERATION]"),
        (r"\b[0-9a-f]{20}\b", "[ID]"),
        (r#"("[a-z_]*pid"): ?\d+"#, "$1: [PID]"),
        (r"\b(pid|process|kill -[A-Z]+) \d+\b", "$1 [PID]"),
        (r"\b(\d+(ms|s|m|h|d) ?)+ ago\b", "[AGE] ago"),
        (r"\b\d+ (second|minute|hour|day)s? ago\b", "[AGE] ago"),
        (
            r"\b(in|within|after) \d+(\.\d+)? ?(ms|s)\b",
            "$1 [DURATION]",
        ),
        (r"\bpts/\d+\b", "pts/[N]"),
    ];
    patterns
        .into_iter()
        .map(|(pattern, text)| (Regex::new(pattern).expect("a valid pattern"), text))
        .collect()
});

/// Puts placeholders in the place of what differs from run to run.
#[derive(Debug, Clone, Default)]
pub struct Normaliser {
    paths: Vec<(String, String)>,
}

impl Normaliser {
    /// Returns one that knows ids, generations, times, ages and process ids, and no paths.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Also puts `[NAME]` in the place of a path; of two that fit, the longer is taken.
    #[must_use]
    pub fn path(mut self, name: &str, path: &Path) -> Self {
        let path = path.display().to_string();
        // Paths in JSON have their backslashes doubled.
        for path in [path.replace('\\', "\\\\"), path] {
            self.paths.push((path, format!("[{name}]")));
        }
        self.paths
            .sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        self
    }

    /// Returns `text` with placeholders in it, and line feeds alone at the ends of lines.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.replace("\r\n", "\n");
        for (path, name) in &self.paths {
            text = text.replace(path, name);
        }
        for (pattern, placeholder) in PATTERNS.iter() {
            text = pattern.replace_all(&text, *placeholder).into_owned();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_replaced_and_nothing_else() {
        let normaliser = Normaliser::new()
            .path("ROOT", Path::new("/tmp/at-x"))
            .path("STATE", Path::new("/tmp/at-x/s"));
        let text = "\
session 0123456789abcdef0123 of generation 0123456789abcdef0123456789abcdef
in /tmp/at-x/s/owners and /tmp/at-x/w, started 2026-11-21T13:25:48Z, 2m 3s ago
{\"holder_pid\":4242,\"started_at\":1767225600000,\"rows\":24}
controlled by abide attach (pid 4242 on pts/3) since 5 minutes ago
`kill -CONT 77` lets process 77 go on; not within 300 ms; 80x24; exit 7
";
        insta::assert_snapshot!(normaliser.apply(text), @r#"
        session [ID] of generation [GENERATION]
        in [STATE]/owners and [ROOT]/w, started [TIME], [AGE] ago
        {"holder_pid": [PID],"started_at": [TIME],"rows":24}
        controlled by abide attach (pid [PID] on pts/[N]) since [AGE] ago
        `kill -CONT [PID]` lets process [PID] go on; not within [DURATION]; 80x24; exit 7
        "#);
    }
}
