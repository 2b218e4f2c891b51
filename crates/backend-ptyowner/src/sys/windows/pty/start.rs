//! The first question of a pseudo console, and what is done about it.
//!
//! A console that takes over a terminal's cursor asks where it is and lets no program in before it
//! was told. The question is the console's own, so it is answered here and is not part of the
//! session's output: an answer of somebody else would be typed into the program.

/// What the console asks.
const QUESTION: &[u8] = b"\x1b[6n";

/// What it is told: the cursor is at the top left.
pub(super) const ANSWER: &[u8] = b"\x1b[1;1R";

/// How much output is searched for the question, which comes first where it comes at all.
const SEARCHED_BYTES: usize = 4 * 1024;

/// Takes the first question out of the output.
#[derive(Debug)]
pub(super) enum Start {
    /// The question may still come.
    Searching {
        /// The beginning of what may be the question.
        held: Vec<u8>,
        /// Bytes searched so far.
        searched: usize,
    },
    /// It came, or it will not.
    Over,
}

/// What came of a piece of output.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Passed {
    /// What of it is the session's.
    pub(super) output: Vec<u8>,
    /// Whether the question was in it, and wants its answer.
    pub(super) asked: bool,
}

impl Start {
    pub(super) fn new() -> Self {
        Self::Searching {
            held: Vec::new(),
            searched: 0,
        }
    }

    /// Looks at the next piece of output.
    pub(super) fn pass(&mut self, piece: &[u8]) -> Passed {
        let Self::Searching { held, searched } = self else {
            return Passed {
                output: piece.to_vec(),
                asked: false,
            };
        };
        let mut output = std::mem::take(held);
        output.extend_from_slice(piece);
        *searched += piece.len();
        let found = output
            .windows(QUESTION.len())
            .position(|window| window == QUESTION);
        if let Some(at) = found {
            output.drain(at..at + QUESTION.len());
            *self = Self::Over;
        } else if SEARCHED_BYTES < *searched {
            *self = Self::Over;
        } else {
            *held = output.split_off(output.len() - beginning_at_end(&output));
        }
        Passed {
            output,
            asked: found.is_some(),
        }
    }

    /// Returns what was held back, when no more output comes.
    pub(super) fn rest(self) -> Vec<u8> {
        match self {
            Self::Searching { held, .. } => held,
            Self::Over => Vec::new(),
        }
    }
}

/// Returns the length of the longest beginning of the question that the output ends with.
fn beginning_at_end(output: &[u8]) -> usize {
    let lengths = (1..QUESTION.len()).rev();
    lengths
        .into_iter()
        .find(|length| output.ends_with(&QUESTION[..*length]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Passes the pieces; returns all output and how often the question was found.
    fn pass_all<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, usize) {
        let mut start = Start::new();
        let (mut output, mut asked) = (Vec::new(), 0);
        for piece in pieces {
            let passed = start.pass(piece);
            output.extend(passed.output);
            asked += usize::from(passed.asked);
        }
        output.extend(start.rest());
        (output, asked)
    }

    #[test]
    fn the_question_is_taken_out_wherever_the_output_is_cut() {
        let printed = b"\x1b[?1004h\x1b[6n\x1b[2Jhello";
        for cut in 0..=printed.len() {
            let (output, asked) = pass_all([&printed[..cut], &printed[cut..]]);
            assert_eq!(asked, 1, "cut at {cut}");
            assert_eq!(output, b"\x1b[?1004h\x1b[2Jhello", "cut at {cut}");
        }
        let (output, asked) = pass_all(printed.chunks(1));
        assert_eq!(
            (output.as_slice(), asked),
            (&b"\x1b[?1004h\x1b[2Jhello"[..], 1)
        );
    }

    #[test]
    fn only_the_first_question_is_the_consoles_own() {
        let (output, asked) = pass_all([&b"\x1b[6n"[..], b"a\x1b[6n"]);
        assert_eq!((output.as_slice(), asked), (&b"a\x1b[6n"[..], 1));
    }

    #[test]
    fn a_question_that_comes_late_is_somebody_elses() {
        let filler = vec![b'x'; SEARCHED_BYTES + 1];
        let (output, asked) = pass_all([&filler, &b"\x1b[6n"[..]]);
        assert_eq!((output.len(), asked), (filler.len() + QUESTION.len(), 0));
    }

    #[test]
    fn what_only_looks_like_the_question_comes_through_at_once_or_at_the_end() {
        let mut start = Start::new();
        assert_eq!(
            start.pass(b"a\x1b["),
            Passed {
                output: b"a".to_vec(),
                asked: false
            }
        );
        assert_eq!(
            start.pass(b"5n"),
            Passed {
                output: b"\x1b[5n".to_vec(),
                asked: false
            }
        );
        assert_eq!(
            start.pass(b"\x1b"),
            Passed {
                output: Vec::new(),
                asked: false
            }
        );
        assert_eq!(start.rest(), b"\x1b");
    }

    proptest! {
        #[test]
        fn output_without_the_question_is_passed_on_whole(
            pieces in prop::collection::vec(
                prop::collection::vec(prop::sample::select(b"\x1b[6 a".to_vec()), 0..8),
                0..20,
            )
        ) {
            let (output, asked) = pass_all(pieces.iter().map(Vec::as_slice));
            prop_assert_eq!(output, pieces.concat());
            prop_assert_eq!(asked, 0);
        }
    }
}
