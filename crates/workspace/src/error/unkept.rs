//! Work that a deletion would lose, in words.

use std::{fmt, path::PathBuf};

/// Files that are named in a message; the rest is counted.
const NAMED_FILES: usize = 10;

/// Work in a worktree that is nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unkept {
    /// Files below the worktree's top that are not as they were committed, or that git does not know
    /// and does not ignore.
    pub files: Vec<PathBuf>,
    /// Repositories inside it, submodules too, with work of their own.
    pub repositories: Vec<PathBuf>,
    /// Commits that no branch or other ref has.
    pub commits: Vec<String>,
}

impl fmt::Display for Unkept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.files.iter().chain(&self.repositories);
        let count = self.files.len() + self.repositories.len();
        // One name, one word: a line end in it must not look like the end of the list.
        let mut parts: Vec<_> = all
            .take(NAMED_FILES)
            .map(|path| format!("`{}`", path.to_string_lossy().escape_debug()))
            .collect();
        if NAMED_FILES < count {
            parts.push(format!("and {} more", count - NAMED_FILES));
        }
        if !self.commits.is_empty() {
            parts.push(format!("{} commit(s) on no branch", self.commits.len()));
        }
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_files_are_named_and_the_rest_is_counted() {
        let mut unkept = Unkept {
            files: (0..12).map(|n| format!("f{n}").into()).collect(),
            repositories: Vec::new(),
            commits: vec!["1".into()],
        };
        let text = unkept.to_string();
        assert!(text.starts_with("`f0`, `f1`"), "{text}");
        assert!(
            text.ends_with("`f9`, and 2 more, 1 commit(s) on no branch"),
            "{text}"
        );
        unkept.files = vec!["a\nb".into()];
        unkept.commits.clear();
        assert_eq!(unkept.to_string(), r"`a\nb`");
    }
}
