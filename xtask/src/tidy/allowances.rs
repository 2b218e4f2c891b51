//! Lets a line break a rule when the comment above it, or on it, says why.
//!
//! The form is `tidy-allow(RULE): REASON`, opening a comment. An allowance without a reason
//! allows nothing, and one that nothing needs is a violation itself.

use std::sync::LazyLock;

use regex::Regex;

use super::Violation;
use super::source::{Source, pattern};

struct Allowance {
    line: usize,
    rule: String,
}

impl Allowance {
    fn covers(&self, violation: &Violation) -> bool {
        self.rule == violation.rule
            && (self.line == violation.line || self.line + 1 == violation.line)
    }
}

/// Returns the violations that no allowance covers, and the allowances that cover none.
pub(super) fn apply(source: &Source, violations: Vec<Violation>) -> Vec<Violation> {
    let allowances = allowances(&source.comments);
    let unused = allowances
        .iter()
        .filter(|it| !violations.iter().any(|v| it.covers(v)));
    let advice =
        |it: &Allowance| format!("nothing here breaks `{}`: remove the allowance", it.rule);
    let unused: Vec<_> = unused
        .map(|it| Violation::new(source, it.line, "unused-allowance", advice(it)))
        .collect();
    let uncovered = violations
        .into_iter()
        .filter(|v| !allowances.iter().any(|it| it.covers(v)));
    uncovered.chain(unused).collect()
}

fn allowances(comments: &str) -> Vec<Allowance> {
    static ALLOWANCE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?://|#|<!--) tidy-allow\((?<rule>[a-z-]+)\): \w"));
    let found = comments.lines().enumerate().filter_map(|(at, line)| {
        let rule = ALLOWANCE.captures(line)?["rule"].to_owned();
        Some(Allowance { line: at + 1, rule })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str, broken: &[usize]) -> Vec<(usize, &'static str)> {
        let source = Source::new("a.rs", text.to_owned());
        let violations = broken
            .iter()
            .map(|line| Violation::new(&source, *line, "some-rule", ""));
        let left = apply(&source, violations.collect());
        left.iter()
            .map(|violation| (violation.line, violation.rule))
            .collect()
    }

    #[test]
    fn reason_allows_its_own_line_and_the_next() {
        let text = "// tidy-allow(some-rule): a reason\nx\ny\n";
        assert_eq!(left(text, &[1]), []);
        assert_eq!(left(text, &[2]), []);
        assert_eq!(left(text, &[2, 3]), [(3, "some-rule")]);
    }

    #[test]
    fn allowance_of_another_rule_or_without_a_reason_allows_nothing() {
        assert_eq!(
            left("// tidy-allow(some-rule)\nx\n", &[2]),
            [(2, "some-rule")]
        );
        let other = "// tidy-allow(other): a reason\nx\n";
        assert_eq!(
            left(other, &[2]),
            [(2, "some-rule"), (1, "unused-allowance")]
        );
    }

    #[test]
    fn allowance_that_nothing_needs_is_refused() {
        assert_eq!(
            left("// tidy-allow(some-rule): a reason\nx\n", &[]),
            [(1, "unused-allowance")]
        );
    }
}
