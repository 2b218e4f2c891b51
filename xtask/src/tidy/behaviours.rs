//! Every promise listed in docs/behaviours.md is named by a test, and tests name no others.
//!
//! A promise is a line of the list such as `- **O4** …`. A test names it in a comment: the word
//! `proves`, then one id or several with commas between them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::Violation;
use super::source::{Source, pattern};

const LIST: &str = "docs/behaviours.md";
/// Its code is run by the tests of other crates.
const TEST_CRATE: &str = "crates/testkit/";

/// An id, and the line that it stands in.
struct Mention {
    id: String,
    line: usize,
}

/// Refuses promises that no test names, and names that are no promise.
pub(super) fn check(sources: &[Source]) -> Vec<Violation> {
    let Some(list) = list(sources) else {
        let advice = "write the list of promises".to_owned();
        return vec![Violation {
            path: LIST.to_owned(),
            line: 1,
            rule: "promise-list",
            advice,
        }];
    };
    let mut counts = BTreeMap::new();
    let mut violations = Vec::new();
    for promise in promised(&list.text) {
        if counts
            .insert(promise.id.clone(), (promise.line, 0))
            .is_some()
        {
            let advice = format!("`{}` is promised twice: give one a new number", promise.id);
            violations.push(Violation::new(list, promise.line, "promise-twice", advice));
        }
    }
    for (source, proof) in proofs(sources) {
        match counts.get_mut(&proof.id) {
            None => violations.push(unknown(source, &proof)),
            Some(_) if !counts_as_test(source, proof.line) => {
                violations.push(misplaced(source, &proof));
            }
            Some((_, tests)) => *tests += 1,
        }
    }
    let unproven = counts.iter().filter(|(_, (_, tests))| *tests == 0);
    violations.extend(unproven.map(|(id, (line, _))| {
        let advice = format!("no test says `proves {id}`: write one, or take the promise back");
        Violation::new(list, *line, "promise-unproven", advice)
    }));
    violations
}

/// Returns each promise, in the order of the list, with the number of tests that name it.
pub(super) fn table(sources: &[Source]) -> String {
    let mut table = String::new();
    for promise in list(sources)
        .into_iter()
        .flat_map(|list| promised(&list.text))
    {
        let proves = |(source, proof): &(&Source, Mention)| {
            proof.id == promise.id && counts_as_test(source, proof.line)
        };
        let tests = proofs(sources).filter(proves).count();
        table += &format!("{:<5} {tests:>4}\n", promise.id);
    }
    table
}

fn unknown(source: &Source, proof: &Mention) -> Violation {
    let advice = format!(
        "`{}` is not in {LIST}: add it there, or mend the id",
        proof.id
    );
    Violation::new(source, proof.line, "promise-unknown", advice)
}

fn misplaced(source: &Source, proof: &Mention) -> Violation {
    let advice = format!(
        "only a test proves `{}`: move this comment to one",
        proof.id
    );
    Violation::new(source, proof.line, "promise-misplaced", advice)
}

fn counts_as_test(source: &Source, line: usize) -> bool {
    source.is_test(line) || source.path.starts_with(TEST_CRATE)
}

fn list(sources: &[Source]) -> Option<&Source> {
    sources.iter().find(|source| source.path == LIST)
}

fn promised(list: &str) -> Vec<Mention> {
    static PROMISE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^- \*\*([A-Z]+[0-9]+)\*\*"));
    let found = list.lines().enumerate().filter_map(|(at, line)| {
        let id = PROMISE.captures(line)?[1].to_owned();
        Some(Mention { id, line: at + 1 })
    });
    found.collect()
}

/// Returns every id that a comment in a Rust file says is proven.
fn proofs(sources: &[Source]) -> impl Iterator<Item = (&Source, Mention)> {
    let rust = sources.iter().filter(|source| source.is_rust());
    rust.flat_map(|source| {
        let lines = source.comments.lines().enumerate();
        lines.flat_map(move |(at, text)| {
            ids(text)
                .into_iter()
                .map(move |id| (source, Mention { id, line: at + 1 }))
        })
    })
}

fn ids(comment: &str) -> Vec<String> {
    static PROOF: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b[Pp]roves ((?:[A-Z]+[0-9]+\b(?:, and |, | and )?)+)"));
    static ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Z]+[0-9]+"));
    let proofs = PROOF
        .captures_iter(comment)
        .map(|found| found.extract::<1>().1[0]);
    proofs
        .flat_map(|listed| ID.find_iter(listed))
        .map(|id| id.as_str().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: &str = "crates/x/tests/it/a.rs";

    fn sources(files: &[(&str, &str)]) -> Vec<Source> {
        files
            .iter()
            .map(|(path, text)| Source::new(path, (*text).to_owned()))
            .collect()
    }

    fn refused(files: &[(&str, &str)]) -> Vec<(usize, &'static str)> {
        let found = check(&sources(files));
        found
            .iter()
            .map(|violation| (violation.line, violation.rule))
            .collect()
    }

    #[test]
    fn promise_needs_a_test_that_names_it() {
        let list = (LIST, "# Promises\n- **O4** Lock.\n- **O7** Limits.\n");
        assert_eq!(
            refused(&[list, (TEST, "/// proves O4, O7\nfn a() {}\n")]),
            []
        );
        assert_eq!(
            refused(&[list, (TEST, "/// Proves O4 and O7.\nfn a() {}\n")]),
            []
        );
        assert_eq!(
            refused(&[list, (TEST, "/// proves O4\n")]),
            [(3, "promise-unproven")]
        );
        let in_string = (TEST, "/// proves O4\nlet a = \"proves O7\";\n");
        assert_eq!(refused(&[list, in_string]), [(3, "promise-unproven")]);
    }

    #[test]
    fn only_listed_promises_can_be_proven() {
        let list = (LIST, "- **O4** Lock.\n");
        let found = refused(&[list, (TEST, "/// proves O4\n/// proves O44\n")]);
        assert_eq!(found, [(2, "promise-unknown")]);
    }

    #[test]
    fn only_tests_prove() {
        let list = (LIST, "- **O4** Lock.\n");
        let found = refused(&[list, ("crates/x/src/a.rs", "//! Docs.\n// proves O4\n")]);
        assert_eq!(found, [(2, "promise-misplaced"), (1, "promise-unproven")]);
        assert_eq!(
            refused(&[list, ("crates/testkit/src/a.rs", "/// proves O4\n")]),
            []
        );
    }

    #[test]
    fn list_is_there_and_says_each_promise_once() {
        assert_eq!(refused(&[]), [(1, "promise-list")]);
        let twice = (LIST, "- **O4** Lock.\n- **O4** Other.\n");
        assert_eq!(
            refused(&[twice, (TEST, "/// proves O4\n")]),
            [(2, "promise-twice")]
        );
    }

    #[test]
    fn table_counts_the_tests_of_each_promise() {
        let list = (LIST, "- **O4** Lock.\n- **E1** One.\n");
        let files = sources(&[list, (TEST, "/// proves O4\n\n/// proves E2, O4\n")]);
        assert_eq!(table(&files), "O4       2\nE1       0\n");
    }
}
