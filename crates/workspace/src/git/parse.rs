//! What git answers, as data. Names are bytes; nothing is taken for text that need not be. Pure.

/// One file that differs from the last commit, or that git does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Where it is, in bytes, below the worktree's top.
    pub(crate) path: Vec<u8>,
    /// What became of it.
    pub(crate) what: What,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// It is not as it was committed.
    Changed,
    /// It is gone, and that is all.
    Gone,
    /// Git does not know it.
    Untracked,
    /// Git does not know the repository that is there.
    UntrackedRepository,
    /// A submodule is not as it was committed.
    Submodule,
}

/// Reads the answer of `git status --porcelain=v2 -z --no-renames`; `None` if it is not that.
pub(crate) fn status(answer: &[u8]) -> Option<Vec<Change>> {
    records(answer).map(change).collect()
}

/// Returns what stands between NULs.
pub(crate) fn records(answer: &[u8]) -> impl Iterator<Item = &[u8]> {
    let records = answer.split(|byte| *byte == 0);
    records.filter(|record| !record.is_empty())
}

fn change(record: &[u8]) -> Option<Change> {
    let (kind, rest) = record.split_first()?;
    let rest = rest.strip_prefix(b" ")?;
    match kind {
        b'?' => Some(untracked(rest)),
        b'1' => tracked(rest, 7),
        b'u' => tracked(rest, 9),
        _ => None,
    }
}

fn untracked(path: &[u8]) -> Change {
    // With every file listed, only a repository of its own is listed as a directory.
    let what = match path.ends_with(b"/") {
        true => What::UntrackedRepository,
        false => What::Untracked,
    };
    let path = path.to_owned();
    Change { path, what }
}

/// Reads the state, whether it is a submodule, and the path behind so many fields.
fn tracked(rest: &[u8], fields: usize) -> Option<Change> {
    let mut words = rest.splitn(fields + 1, |byte| *byte == b' ');
    let (state, submodule) = (words.next()?, words.next()?);
    let path = words.nth(fields - 2)?.to_owned();
    let what = match (submodule.first()?, state) {
        (b'S', _) => What::Submodule,
        (_, b".D" | b"D.") => What::Gone,
        _ => What::Changed,
    };
    Some(Change { path, what })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_kind_of_record_is_read_with_its_path_as_it_is() {
        let zeros = "0000000000000000000000000000000000000000";
        let answer = [
            format!("1 .M N... 100644 100644 100644 {zeros} {zeros} a b\nc"),
            format!("1 .D N... 100644 100644 000000 {zeros} {zeros} gone"),
            format!("1 AM N... 100644 100644 100644 {zeros} {zeros} new"),
            format!("1 .M S..U 160000 160000 160000 {zeros} {zeros} sub"),
            format!("u UU N... 100644 100644 100644 100644 {zeros} {zeros} {zeros} both"),
            "? 1 .M N... x".to_owned(),
            "? inner/".to_owned(),
        ]
        .join("\0");
        let mut answer = answer.into_bytes();
        answer.extend(b"\0? \xff\0");
        let read = status(&answer).unwrap();
        let expected: [(&[u8], What); 8] = [
            (b"a b\nc", What::Changed),
            (b"gone", What::Gone),
            (b"new", What::Changed),
            (b"sub", What::Submodule),
            (b"both", What::Changed),
            (b"1 .M N... x", What::Untracked),
            (b"inner/", What::UntrackedRepository),
            (b"\xff", What::Untracked),
        ];
        let read: Vec<_> = read.iter().map(|c| (c.path.as_slice(), c.what)).collect();
        assert_eq!(read, expected);
        assert_eq!(status(b""), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_status_is_not_taken_for_one() {
        for answer in [&b"fatal: no\0"[..], b"1 .M\0", b"1\0", b"2 R. x\0"] {
            assert_eq!(status(answer), None, "{answer:?}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_panics(answer in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = status(&answer);
        }
    }
}
