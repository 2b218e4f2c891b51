//! Attributes: lints are expected with a reason, never allowed; crate roots say where unsafe
//! code may be.

use std::sync::LazyLock;

use regex::Regex;

use super::Violation;
use super::source::{Source, line_of, pattern};

/// The crates that may contain unsafe code, inside their `sys` modules.
const UNSAFE_CRATES: [&str; 4] = [
    "crates/backend-ptyowner/",
    "crates/backend-tmux/",
    "crates/local/",
    "crates/cli/",
];

/// Refuses `allow` in attributes and crate roots that are silent about unsafe code.
pub(super) fn check(source: &Source) -> Vec<Violation> {
    if !source.is_rust() {
        return Vec::new();
    }
    let mut violations = allows(source);
    violations.extend(unsafe_code(source));
    violations
}

fn allows(source: &Source) -> Vec<Violation> {
    static ALLOW: LazyLock<Regex> = LazyLock::new(|| pattern(r"#!?\[(?:[^\]]*[\s,(])?allow\s*\("));
    let found = ALLOW.find_iter(&source.code);
    found
        .map(|it| {
            let advice = "write `#[expect(lint, reason = \"…\")]`";
            Violation::new(
                source,
                line_of(&source.code, it.start()),
                "lint-allowed",
                advice,
            )
        })
        .collect()
}

fn unsafe_code(source: &Source) -> Option<Violation> {
    let root = source.path.ends_with("/src/lib.rs") || source.path.ends_with("/src/main.rs");
    if !root || !source.is_crate_source() {
        return None;
    }
    let level = if UNSAFE_CRATES
        .iter()
        .any(|owner| source.path.starts_with(owner))
    {
        "deny"
    } else {
        "forbid"
    };
    let attribute = format!("#![{level}(unsafe_code)]");
    let advice = format!("add `{attribute}` to this crate root");
    (!source.code.contains(&attribute))
        .then(|| Violation::new(source, 1, "unsafe-undeclared", advice))
}

#[cfg(test)]
mod tests {
    use super::super::lines_refused;
    use super::*;

    #[test]
    fn allowing_a_lint_is_refused_in_any_form() {
        let refused = |text| lines_refused(check, "crates/x/src/a.rs", text);
        assert_eq!(refused("fn a() {}\n#[allow(dead_code)]\nfn b() {}\n"), [2]);
        assert_eq!(refused("#![allow(dead_code)]\n"), [1]);
        assert_eq!(refused("#[cfg_attr(test, allow(dead_code))]\n"), [1]);
        assert_eq!(
            refused("#[derive(Debug)]\n#[expect(dead_code, reason = \"r\")]\n"),
            []
        );
        assert_eq!(
            refused("// #[allow(dead_code)]\nlet a = \"#[allow(x)]\"; b.allow(c);\n"),
            []
        );
    }

    #[test]
    fn crate_root_declares_unsafe_code() {
        let refused = |path, text| lines_refused(check, path, text);
        assert_eq!(refused("crates/core/src/lib.rs", "//! Docs.\n"), [1]);
        assert_eq!(
            refused("crates/core/src/lib.rs", "// #![forbid(unsafe_code)]\n"),
            [1]
        );
        assert_eq!(
            refused("crates/core/src/lib.rs", "#![forbid(unsafe_code)]\n"),
            []
        );
        assert_eq!(refused("crates/core/src/a.rs", "//! Docs.\n"), []);
        assert_eq!(
            refused(
                "crates/backend-ptyowner/src/lib.rs",
                "#![deny(unsafe_code)]\n"
            ),
            []
        );
        assert_eq!(refused("xtask/src/main.rs", "#![deny(unsafe_code)]\n"), [1]);
    }
}
