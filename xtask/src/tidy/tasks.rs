//! Work left for later carries the number of its issue.

use std::sync::LazyLock;

use regex::Regex;

use super::Violation;
use super::source::{Source, lines_matching, pattern};

/// Refuses a comment that leaves work for later and names no issue.
pub(super) fn check(source: &Source) -> Vec<Violation> {
    static NUMBERED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bTODO\(#[0-9]+\)"));
    static TASK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:TODO|FIXME|XXX)\b"));
    if !source.is_rust() {
        return Vec::new();
    }
    let unnumbered = NUMBERED.replace_all(&source.comments, "");
    let advice = "open an issue and write `TODO(#n)`, or do it now";
    let lines = lines_matching(&unnumbered, &TASK).into_iter();
    lines
        .map(|line| Violation::new(source, line, "task-without-issue", advice))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines_refused;
    use super::*;

    #[test]
    fn task_without_an_issue_is_refused() {
        let refused = |text| lines_refused(check, "crates/x/src/a.rs", text);
        assert_eq!(refused("fn a() {}\n// TODO: later\n"), [2]);
        assert_eq!(refused("/// FIXME soon\nfn a() {}\n"), [1]);
        assert_eq!(refused("// TODO(#12): one, TODO two\n"), [1]);
        assert_eq!(refused("// TODO(#12): later\nlet a = \"TODO\";\n"), []);
    }
}
