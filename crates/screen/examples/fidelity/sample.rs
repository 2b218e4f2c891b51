//! What is judged: recordings made now, the smallest streams that show something, and streams
//! generated from a seed that never changes.

use abide_core::size::TermSize;
use abide_screen::ScreenModel;
use abide_testkit::recordings;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use super::grammar::{self, Feature};
use super::judge::{self, Score};
use super::smallest::{self, SMALLEST};

/// How many cuts are tried.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Thoroughness {
    Quick,
    Full,
}

/// Outputs that are judged together.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) size: TermSize,
    pub(super) outputs: Vec<Vec<u8>>,
    /// Whether xterm.js is shown all cuts, and not some.
    every_cut: bool,
}

/// Recordings, and those that could not be made: their names, and which program is missing.
pub(super) struct Recordings {
    pub(super) made: Vec<Sample>,
    pub(super) skipped: Vec<(&'static str, &'static str)>,
}

/// Records every program that is installed.
pub(super) fn recordings(wanted: impl Fn(&str) -> bool) -> Recordings {
    let mut all = Recordings {
        made: Vec::new(),
        skipped: Vec::new(),
    };
    let scripts = recordings::scripts().filter(|script| wanted(script.name));
    // All at once: they mostly wait.
    std::thread::scope(|scope| {
        let mut recorders = Vec::new();
        for script in scripts {
            match script.missing() {
                Some(program) => all.skipped.push((script.name, program)),
                None => recorders.push((script, scope.spawn(|| script.record()))),
            }
        }
        for (script, recorder) in recorders {
            let recording = recorder.join().expect("the program shows what it should");
            all.made.push(Sample {
                name: script.name,
                about: script.about,
                size: recording.size,
                outputs: vec![recording.output],
                every_cut: false,
            });
        }
    });
    all
}

/// Returns the streams that are as short as what they show.
pub(super) fn smallest(wanted: impl Fn(&str) -> bool) -> Vec<Sample> {
    let name = "margins, saved cursors, charsets";
    let sample = Sample {
        name,
        about: "",
        size: smallest::size(),
        outputs: SMALLEST
            .iter()
            .map(|(_, output)| output.as_bytes().to_vec())
            .collect(),
        every_cut: true,
    };
    wanted(name).then_some(sample).into_iter().collect()
}

/// Generates short streams for every feature, the same ones each time.
pub(super) fn features(how: Thoroughness, wanted: impl Fn(&str) -> bool) -> Vec<Sample> {
    let count = if how == Thoroughness::Quick { 12 } else { 60 };
    let sample = |&(name, piece): &Feature| {
        let mut runner = TestRunner::deterministic();
        let strategy = grammar::of_feature(piece());
        let mut next = || {
            let tree = strategy.new_tree(&mut runner);
            tree.expect("the grammar rejects nothing").current().0
        };
        Sample {
            name,
            about: "",
            size: TermSize::clamped(6, 20),
            outputs: (0..count).map(|_| next()).collect(),
            every_cut: false,
        }
    };
    grammar::FEATURES
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(sample)
        .collect()
}

impl Sample {
    /// Returns how many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.outputs.iter().map(Vec::len).sum()
    }

    /// Puts it before a second model, at every byte or, of long outputs, around every escape.
    pub(super) fn judge_by_model(&self, how: Thoroughness) -> Score {
        let scores = self.outputs.iter().map(|output| {
            let chosen = |at: usize| how == Thoroughness::Full || judge::is_telling(output, at);
            judge::judge(self.size, output, chosen)
        });
        sum(scores)
    }

    /// Returns the cuts that xterm.js is shown of one output, with the snapshots at each.
    pub(super) fn cuts(&self, output: &[u8], how: Thoroughness) -> Vec<(usize, Vec<u8>)> {
        let wanted = match (self.outputs.len(), how) {
            (1, Thoroughness::Full) => 400,
            (1, Thoroughness::Quick) => 60,
            (_, Thoroughness::Full) => 25,
            (_, Thoroughness::Quick) => 8,
        };
        let mut model = ScreenModel::new(self.size, judge::LIMITS);
        let mut from = 0;
        let cuts = match self.every_cut {
            true => (0..=output.len()).collect(),
            false => spread(output.len(), wanted),
        };
        let cuts = cuts.into_iter().map(|at| {
            model.feed(&output[from..at]);
            from = at;
            (at, model.snapshot(judge::ALL))
        });
        cuts.collect()
    }
}

/// Returns up to `count` cuts, spread over `len` bytes without a rhythm that a program might share.
fn spread(len: usize, count: usize) -> Vec<usize> {
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut cuts: Vec<usize> = (0..count)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 33).unwrap_or(0) % (len + 1)
        })
        .chain([len])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Returns several scores as one.
pub(super) fn sum(scores: impl Iterator<Item = Score>) -> Score {
    scores.fold(Score::default(), |mut total, score| {
        total.cuts += score.cuts;
        total.at_once += score.at_once;
        total.later += score.later;
        total.misses.extend(score.misses);
        total
    })
}
