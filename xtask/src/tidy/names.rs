//! Names that only certain files may use, and words that this repository does not use.
//!
//! A dependency that is to be replaced in one place one day is named in one place today. The
//! words follow the vocabulary in CONTRIBUTING.md.

use std::sync::LazyLock;

use regex::Regex;

use super::Violation;
use super::source::{self, Source, lines_matching, pattern};

/// A name, where it may stand, and why.
struct Owned {
    rule: &'static str,
    pattern: Regex,
    /// Paths, or beginnings of them that end in a slash.
    owners: &'static [&'static str],
    advice: &'static str,
}

impl Owned {
    fn new(
        rule: &'static str,
        pattern: &str,
        owners: &'static [&'static str],
        advice: &'static str,
    ) -> Self {
        Self {
            rule,
            pattern: source::pattern(pattern),
            owners,
            advice,
        }
    }

    fn may_use(&self, path: &str) -> bool {
        let owns =
            |owner: &&str| path == *owner || owner.ends_with('/') && path.starts_with(*owner);
        self.owners.iter().any(owns)
    }
}

static OWNED: LazyLock<[Owned; 5]> = LazyLock::new(|| {
    [
        Owned::new(
            "encoding-crate",
            r"\bbincode\b",
            &["crates/backend-ptyowner/src/wire/codec.rs"],
            "only `wire/codec.rs` names the encoding crate",
        ),
        Owned::new(
            "lock-crate",
            r"\bfs2\b",
            &["crates/core/src/lock.rs"],
            "use `abide_core::lock`, the only file that names `fs2`",
        ),
        Owned::new(
            "concrete-backend",
            r"\babide_backend_\w+",
            &[
                "crates/cli/src/compose.rs",
                "crates/cli/src/main.rs",
                "crates/cli/tests/",
                "crates/backend-ptyowner/",
                "crates/backend-tmux/",
                // It tries the protocol itself, and chooses nothing.
                "crates/fuzzing/src/",
            ],
            "know backends as `dyn TerminalBackend`; only `cli/src/compose.rs` chooses one",
        ),
        Owned::new(
            "word",
            r"(?i)(?:\b|_)(?:master|slave)s?(?:\b|_)",
            // Where the crate that opens PTYs is called, and spells them so.
            &[
                "crates/backend-ptyowner/src/sys/",
                "crates/backend-ptyowner/tests/it/helper/holder.rs",
                "crates/testkit/src/screen.rs",
            ],
            "say `controller` for the owner's end of a PTY and `terminal` for the child's",
        ),
        Owned::new(
            "word",
            r"\b(?:struct|enum|trait|type)\s+\w*Manager\b|\bmod\s+(?:utils?|helpers?|misc)\b",
            &[],
            "name the one thing it is or does",
        ),
    ]
});

/// Refuses names outside the files that own them, and times not taken from the clock.
pub(super) fn check(source: &Source) -> Vec<Violation> {
    if !source.is_rust() {
        return Vec::new();
    }
    let mut violations = system_time(source);
    for owned in OWNED.iter().filter(|owned| !owned.may_use(&source.path)) {
        let lines = lines_matching(&source.code, &owned.pattern).into_iter();
        violations.extend(lines.map(|line| Violation::new(source, line, owned.rule, owned.advice)));
    }
    violations
}

/// Refuses readings of the system's time outside `clock.rs` and under no expectation.
fn system_time(source: &Source) -> Vec<Violation> {
    static NOW: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:SystemTime|Instant)::now\b"));
    let in_clock = source.path.ends_with("/clock.rs");
    let lines = lines_matching(&source.code, &NOW).into_iter();
    lines
        .filter(|line| !in_clock && !expected_before(&source.code, *line))
        .map(|line| Violation::new(source, line, "system-time", "take the time from a `Clock`"))
        .collect()
}

/// Whether an `expect` for disallowed methods stands somewhere above a line. Whether it reaches
/// that line is what clippy checks.
fn expected_before(code: &str, line: usize) -> bool {
    let above: Vec<_> = code.lines().take(line).collect();
    let above = above.join("\n");
    above.contains("expect(") && above.contains("clippy::disallowed_methods")
}

#[cfg(test)]
mod tests {
    use super::super::lines_refused;
    use super::*;

    const PATH: &str = "crates/workspace/src/a.rs";

    #[test]
    fn crates_are_named_by_their_one_file() {
        let refused = |path, text| lines_refused(check, path, text);
        assert_eq!(refused(PATH, "//! Docs.\nuse bincode::Encode;\n"), [2]);
        assert_eq!(
            refused(
                "crates/backend-ptyowner/src/wire.rs",
                "use bincode::Encode;\n"
            ),
            [1]
        );
        let codec = "crates/backend-ptyowner/src/wire/codec.rs";
        assert_eq!(refused(codec, "use bincode::Encode;\n"), []);
        assert_eq!(refused(PATH, "fs2::FileExt::unlock(&file)\n"), [1]);
        assert_eq!(
            refused("crates/core/src/lock.rs", "fs2::FileExt::unlock(&file)\n"),
            []
        );
        assert_eq!(
            refused(PATH, "// not bincode, not fs2\nlet a = \"fs2\";\n"),
            []
        );
    }

    #[test]
    fn concrete_backend_is_named_by_the_composition_root() {
        let refused = |path| lines_refused(check, path, "use abide_backend_ptyowner as owner;\n");
        assert_eq!(refused(PATH), [1]);
        assert_eq!(refused("crates/cli/src/cmd/new.rs"), [1]);
        assert_eq!(refused("crates/cli/src/compose.rs"), []);
        assert_eq!(refused("crates/backend-ptyowner/tests/it/main.rs"), []);
    }

    #[test]
    fn time_comes_from_the_clock() {
        let refused = |path, text: &str| lines_refused(check, path, text);
        assert_eq!(refused(PATH, "let a = Instant::now();\n"), [1]);
        assert_eq!(refused(PATH, "map(std::time::SystemTime::now)\n"), [1]);
        assert_eq!(refused("crates/core/src/clock.rs", "Instant::now()\n"), []);
        let expected = "#[expect(clippy::disallowed_methods, reason = \"r\")]\n";
        assert_eq!(refused(PATH, &format!("{expected}Instant::now()\n")), []);
        assert_eq!(refused(PATH, &format!("Instant::now()\n{expected}")), [1]);
    }

    #[test]
    fn words_outside_the_vocabulary_are_refused() {
        let refused = |path, text| lines_refused(check, path, text);
        assert_eq!(refused(PATH, "let pty_master = 1;\n"), [1]);
        assert_eq!(refused(PATH, "pair.slave.spawn()\n"), [1]);
        assert_eq!(
            refused(
                "crates/backend-ptyowner/src/sys/unix/pty.rs",
                "pair.master\n"
            ),
            []
        );
        assert_eq!(refused(PATH, "struct LeaseManager {}\n"), [1]);
        assert_eq!(refused(PATH, "mod utils;\n"), [1]);
        assert_eq!(refused(PATH, "fn mastery() {}\nmod process;\n"), []);
    }
}
