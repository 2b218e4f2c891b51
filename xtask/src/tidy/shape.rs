//! The shape of a source file: how it opens, where it lies, how long it is.

use super::Violation;
use super::source::Source;

/// Lines of code past which a file has to say why. Blank lines, comments and unit tests are free.
const LONGEST: usize = 400;
const REASON: &str = "Longer than 400 lines because ";

/// Refuses `mod.rs`, files that do not say what they own, and long ones that do not say why.
pub(super) fn check(source: &Source) -> Vec<Violation> {
    let mut violations = Vec::new();
    if source.path.ends_with("/mod.rs") {
        let advice = "name it after its module, beside the directory: `foo.rs` and `foo/`";
        violations.push(Violation::new(source, 1, "mod-rs", advice));
    }
    if source.is_crate_source() && !source.text.starts_with("//!") {
        let advice = "open with `//!`: what the file owns, promises, and leaves to others";
        violations.push(Violation::new(source, 1, "no-file-docs", advice));
    }
    violations.extend(too_long(source));
    violations
}

fn too_long(source: &Source) -> Option<Violation> {
    let numbered = source.code.lines().zip(1..);
    let free =
        |line: &str, at| line.trim().is_empty() || (source.is_crate_source() && source.is_test(at));
    let lines = numbered.filter(|(line, at)| !free(line, *at)).count();
    let explained = head(&source.text).any(|line| line.contains(REASON));
    let advice = format!("{lines} lines of code: find the seam, or say `//! {REASON}…` at the top");
    (source.is_rust() && LONGEST < lines && !explained)
        .then(|| Violation::new(source, 1, "too-long", advice))
}

fn head(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| line.starts_with("//!"))
}

#[cfg(test)]
mod tests {
    use super::super::lines_refused;
    use super::*;

    const PATH: &str = "crates/x/src/a.rs";

    #[test]
    fn source_file_opens_with_its_docs() {
        assert_eq!(lines_refused(check, PATH, "use std::fs;\n//! Late.\n"), [1]);
        assert_eq!(lines_refused(check, PATH, ""), [1]);
        assert_eq!(lines_refused(check, PATH, "//! Owns a thing.\n"), []);
        assert_eq!(
            lines_refused(check, "crates/x/tests/it/a.rs", "use std::fs;\n"),
            []
        );
    }

    #[test]
    fn mod_rs_is_refused_wherever_it_lies() {
        assert_eq!(
            lines_refused(check, "crates/x/src/a/mod.rs", "//! Docs.\n"),
            [1]
        );
        assert_eq!(
            lines_refused(check, "crates/x/tests/it/mod.rs", "//! Docs.\n"),
            [1]
        );
    }

    #[test]
    fn long_file_says_why() {
        let long =
            |head: &str, lines| format!("//! Docs.\n{head}{}", "f();\n\n// c\n".repeat(lines));
        assert_eq!(lines_refused(check, PATH, &long("", 400)), []);
        assert_eq!(lines_refused(check, PATH, &long("", 401)), [1]);
        let reason = "//! Longer than 400 lines because of a table.\n";
        assert_eq!(lines_refused(check, PATH, &long(reason, 401)), []);
        assert_eq!(
            lines_refused(check, "crates/x/tests/it/a.rs", &long("", 401)),
            [1]
        );
    }

    #[test]
    fn unit_tests_do_not_make_a_file_long() {
        let tests = format!(
            "//! Docs.\n#[cfg(test)]\nmod tests {{\n{}}}\n",
            "f();\n".repeat(500)
        );
        assert_eq!(lines_refused(check, PATH, &tests), []);
    }
}
