//! The first judge: a second model that saw a snapshot, against one that saw everything.
//!
//! At each cut a fresh model is fed the snapshot and compared, asked for a snapshot of its own,
//! which must be the same to the byte, and then fed what follows: everything at some cuts, the next
//! [`NEXT_BYTES`] at the others, so that a cut can be tried at every byte of a long output.

use std::collections::VecDeque;

use abide_core::size::TermSize;
use abide_screen::{History, ScreenLimits, ScreenModel, Scrollback, SnapshotOptions};

/// A snapshot of everything.
pub(crate) const ALL: SnapshotOptions = SnapshotOptions {
    history: History::All,
    scrollback: Scrollback::Replace,
};

/// How much of the rest follows most cuts.
const NEXT_BYTES: usize = 160;

/// One of so many cuts is followed by the whole rest.
const WHOLE_REST_EVERY: usize = 97;

/// What the models keep.
pub(crate) const LIMITS: ScreenLimits = ScreenLimits {
    lines: 200,
    bytes: 2 * 1024 * 1024,
};

/// What a judge found.
#[derive(Debug, Default, Clone)]
pub(crate) struct Score {
    /// Cuts that were tried.
    pub(crate) cuts: usize,
    /// Cuts after which nothing differed at once.
    pub(crate) at_once: usize,
    /// Cuts after which nothing differed when more output had followed.
    pub(crate) later: usize,
    /// What differed, at which cut, in words.
    pub(crate) misses: Vec<(usize, String)>,
}

impl Score {
    pub(crate) fn miss(&mut self, at: usize, what: &str) {
        self.misses.push((at, what.to_owned()));
    }
}

/// Judges an output at the cuts that `chosen` accepts.
pub(crate) fn judge(size: TermSize, output: &[u8], chosen: impl Fn(usize) -> bool) -> Score {
    let mut trial = Trial::new(size, output);
    for at in 0..=output.len() {
        if 0 < at {
            trial.step(at);
        }
        if chosen(at) {
            trial.cut(at);
        }
        trial.finish(at);
    }
    trial.finish(usize::MAX);
    trial.score
}

/// Says whether a cut is near an escape character or within a character.
pub(crate) fn is_telling(output: &[u8], at: usize) -> bool {
    let escape = |at: usize| output.get(at) == Some(&0x1b);
    let within = output
        .get(at)
        .is_some_and(|byte| (0x80..0xc0).contains(byte));
    at.is_multiple_of(17)
        || within
        || escape(at)
        || (0 < at && escape(at - 1))
        || (1 < at && escape(at - 2))
}

/// A model that saw a snapshot, waiting for the whole one to come to where it is compared again.
struct Late {
    cut: usize,
    until: usize,
    model: ScreenModel,
}

struct Trial<'a> {
    output: &'a [u8],
    whole: ScreenModel,
    /// Everything that the whole model answered, and how much of it after each byte.
    answers: Vec<u8>,
    answered: Vec<usize>,
    late: VecDeque<Late>,
    /// Those that see the whole rest.
    last: Vec<Late>,
    score: Score,
}

impl<'a> Trial<'a> {
    fn new(size: TermSize, output: &'a [u8]) -> Self {
        Self {
            output,
            whole: ScreenModel::new(size, LIMITS),
            answers: Vec::new(),
            answered: vec![0],
            late: VecDeque::new(),
            last: Vec::new(),
            score: Score::default(),
        }
    }

    fn step(&mut self, at: usize) {
        self.whole.feed(&self.output[at - 1..at]);
        self.answers.extend(self.whole.catch_up());
        self.answered.push(self.answers.len());
    }

    /// Takes a snapshot here and compares at once.
    fn cut(&mut self, at: usize) {
        let snapshot = self.whole.snapshot(ALL);
        let mut model = ScreenModel::new(self.whole.size(), LIMITS);
        model.feed(&snapshot);
        let typed = model.catch_up();
        self.score.cuts += 1;
        if !typed.is_empty() {
            let what = format!("the snapshot was answered: {}", typed.escape_ascii());
            self.score.miss(at, &what);
        } else if let Some(what) = self.whole.first_difference(&mut model) {
            self.score.miss(at, &what);
        } else if model.snapshot(ALL) != snapshot {
            self.score.miss(at, "the snapshot of the snapshot");
        } else {
            self.score.at_once += 1;
        }
        let whole_rest = self.score.cuts.is_multiple_of(WHOLE_REST_EVERY);
        let late = Late {
            cut: at,
            until: if whole_rest {
                self.output.len()
            } else {
                self.output.len().min(at + NEXT_BYTES)
            },
            model,
        };
        if whole_rest {
            self.last.push(late);
        } else {
            self.late.push_back(late);
        }
    }

    /// Compares again those whose time has come.
    fn finish(&mut self, at: usize) {
        while let Some(late) = self.late.pop_front_if(|late| late.until <= at) {
            self.compare_again(late);
        }
        if self.output.len() <= at {
            for late in std::mem::take(&mut self.last) {
                self.compare_again(late);
            }
        }
    }

    fn compare_again(
        &mut self,
        Late {
            cut,
            until,
            mut model,
        }: Late,
    ) {
        model.feed(&self.output[cut..until]);
        let answers = model.catch_up();
        if let Some(what) = self.whole.first_difference(&mut model) {
            self.score
                .miss(cut, &format!("after {} more bytes: {what}", until - cut));
        } else if answers != self.answers[self.answered[cut]..self.answered[until]] {
            self.score.miss(cut, "the answers to what followed");
        } else {
            self.score.later += 1;
        }
    }
}
