//! Nothing in the repository depends on one person's machine.

use std::sync::LazyLock;

use regex::Regex;

use super::Violation;
use super::source::{Source, lines_matching, pattern};

/// Refuses absolute paths into somebody's home or working directory.
pub(super) fn check(source: &Source) -> Vec<Violation> {
    static PRIVATE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?:^|[^\w~.})/])/(?:(?:root|work)/|(?:home|Users)/[A-Za-z0-9_])")
    });
    let advice = "write a path that exists on every machine: relative, `$HOME`, or a temporary one";
    let lines = lines_matching(&source.text, &PRIVATE).into_iter();
    lines
        .map(|line| Violation::new(source, line, "private-path", advice))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines_refused;
    use super::*;

    fn refused(parts: &[&str]) -> Vec<usize> {
        lines_refused(
            check,
            "docs/a.md",
            &format!("text\nsee {}.\n", parts.join("/")),
        )
    }

    #[test]
    fn paths_of_one_machine_are_refused() {
        assert_eq!(refused(&["", "root", ".cache"]), [2]);
        assert_eq!(refused(&["", "home", "somebody"]), [2]);
        assert_eq!(refused(&["", "Users", "somebody"]), [2]);
        assert_eq!(refused(&["`", "work", "main"]), [2]);
    }

    #[test]
    fn paths_that_anybody_has_pass() {
        assert_eq!(refused(&["~", "work", "repo"]), []);
        assert_eq!(refused(&["$HOME", "work", "repo"]), []);
        assert_eq!(refused(&["", "tmp", "root", "a"]), []);
        assert_eq!(refused(&["", "home", "<name>"]), []);
    }
}
