//! Platform differences live in `sys` modules, which have the same signatures on every system.

use std::sync::LazyLock;

use regex::Regex;

use super::Violation;
use super::source::{Source, end_of_group, line_of, pattern};

/// Refuses a condition on the platform outside `sys` and tests.
pub(super) fn check(source: &Source) -> Vec<Violation> {
    if !source.is_rust() || in_sys(&source.path) {
        return Vec::new();
    }
    let advice = "move the difference into a `sys` module that has both sides";
    let lines = conditions(&source.code).filter(|line| !source.is_test(*line));
    lines
        .map(|line| Violation::new(source, line, "platform-cfg", advice))
        .collect()
}

fn in_sys(path: &str) -> bool {
    path.split('/')
        .any(|part| part == "sys" || part == "sys.rs")
}

/// Returns the lines where a condition that names a platform begins.
fn conditions(code: &str) -> impl Iterator<Item = usize> {
    static CONDITION: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bcfg(?:_attr)?!?\s*\("));
    static PLATFORM: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b(?:unix|windows|target_os|target_family|target_env)\b"));
    let begins = CONDITION.find_iter(code).filter(|condition| {
        let open = condition.end() - 1;
        PLATFORM.is_match(&code[open..end_of_group(code, open)])
    });
    begins.map(|condition| line_of(code, condition.start()))
}

#[cfg(test)]
mod tests {
    use super::super::lines_refused;
    use super::*;

    fn refused(text: &str) -> Vec<usize> {
        lines_refused(check, "crates/x/src/a.rs", text)
    }

    /// proves P2
    #[test]
    fn platform_conditions_are_refused_in_every_form() {
        assert_eq!(refused("fn a() {}\n#[cfg(unix)]\nfn b() {}\n"), [2]);
        assert_eq!(refused("#[cfg(not(windows))]\n"), [1]);
        assert_eq!(
            refused("#[cfg(any(\n    feature = \"f\",\n    target_os = \"linux\",\n))]\n"),
            [1]
        );
        assert_eq!(refused("if cfg!(windows) {}\n"), [1]);
        assert_eq!(refused("#[cfg_attr(unix, path = \"u.rs\")]\n"), [1]);
    }

    #[test]
    fn other_conditions_pass() {
        assert_eq!(refused("#[cfg(feature = \"unix\")]\nfn unix() {}\n"), []);
        assert_eq!(
            refused("// #[cfg(unix)]\n#[cfg(debug_assertions)]\nfn windows() {}\n"),
            []
        );
    }

    #[test]
    fn sys_and_tests_may_differ_by_platform() {
        let text = "#[cfg(unix)]\nmod unix;\n";
        assert_eq!(lines_refused(check, "crates/x/src/sys.rs", text), []);
        assert_eq!(
            lines_refused(check, "crates/x/src/sys/unix/pty.rs", text),
            []
        );
        assert_eq!(lines_refused(check, "crates/x/tests/it/a.rs", text), []);
        assert_eq!(
            refused("#[cfg(test)]\nmod tests {\n    #[cfg(unix)]\n    fn a() {}\n}\n"),
            []
        );
        assert_eq!(lines_refused(check, "crates/x/src/system.rs", text), [1]);
    }
}
