//! A snapshot taken at any byte makes a fresh model equal to one that saw everything.

use abide_core::size::TermSize;
use abide_screen::{ScreenLimits, ScreenModel};
use proptest::{prelude::*, sample::Index};

use crate::grammar::{FEATURES, Output, of_feature};
use crate::judge::{self, ALL};
use crate::streams::{damaged_stream, narrow_stream, stream};

/// Lines of scrollback of the models here; few, so that streams overflow it.
const SCROLLBACK: usize = 12;

/// The settings of properties here: `cases`, and no files left beside the tests.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    // `PROPTEST_CASES` raises the number for a longer run.
    let asked = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(cases),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Limits on the scrollback's lines alone.
pub(crate) fn limits(lines: usize) -> ScreenLimits {
    ScreenLimits {
        lines,
        ..ScreenLimits::default()
    }
}

pub(crate) fn fed(size: TermSize, bytes: &[u8]) -> ScreenModel {
    let mut model = ScreenModel::new(size, limits(SCROLLBACK));
    model.feed(bytes);
    model
}

/// Fails if a snapshot of `model` does not make a fresh model equal to it, now and after `rest`.
pub(crate) fn check_snapshot(mut model: ScreenModel, rest: &[u8]) -> Result<(), TestCaseError> {
    let snapshot = model.snapshot(ALL);
    let mut fresh = fed(model.size(), &snapshot);
    let answers = fresh.catch_up();
    prop_assert!(answers.is_empty(), "answered {answers:?} to the snapshot");
    same(&mut model, &mut fresh, "at once")?;
    let again = fresh.snapshot(ALL);
    prop_assert_eq!(
        String::from_utf8_lossy(&again),
        String::from_utf8_lossy(&snapshot),
        "the snapshot of the fresh model"
    );
    model.discard_answers();
    model.feed(rest);
    fresh.feed(rest);
    same(&mut model, &mut fresh, "after the rest")?;
    prop_assert_eq!(model.catch_up(), fresh.catch_up(), "answers to the rest");
    Ok(())
}

fn same(model: &mut ScreenModel, fresh: &mut ScreenModel, when: &str) -> Result<(), TestCaseError> {
    match model.first_difference(fresh) {
        None => Ok(()),
        Some(difference) => Err(TestCaseError::fail(format!("{when}: {difference}"))),
    }
}

/// Not narrower than four columns: see `the_narrowest_terminals_do_no_harm`.
fn size() -> impl Strategy<Value = TermSize> {
    (1_u16..8, 4_u16..14).prop_map(|(rows, cols)| TermSize::clamped(rows, cols))
}

proptest! {
    #![proptest_config(cases(600))]

    /// proves O11
    #[test]
    fn a_snapshot_at_any_byte_equals_having_seen_everything(
        size in size(),
        Output(bytes) in stream(40),
        cut in any::<Index>(),
    ) {
        let (before, after) = bytes.split_at(cut.index(bytes.len() + 1));
        check_snapshot(fed(size, before), after)?;
    }

    /// proves O11
    #[test]
    fn damaged_output_is_no_exception(
        size in size(),
        Output(bytes) in damaged_stream(),
        cut in any::<Index>(),
    ) {
        let (before, after) = bytes.split_at(cut.index(bytes.len() + 1));
        check_snapshot(fed(size, before), after)?;
    }

    /// proves O11
    #[test]
    fn a_changed_size_is_no_exception(
        (first, second) in (size(), size()),
        (Output(before), Output(between), Output(after)) in (stream(25), stream(10), stream(10)),
    ) {
        let mut model = fed(first, &before);
        model.resize(second);
        model.feed(&between);
        check_snapshot(model, &after)?;
    }

    /// proves O11
    #[test]
    fn who_came_late_sees_the_same_after_a_change_of_size(
        (first, second) in (size(), size()),
        (Output(before), Output(after)) in (stream(25), stream(10)),
    ) {
        // Of a scrollback that overflows, the rows that are gone may yet be part of wider ones.
        let new = || ScreenModel::new(first, ScreenLimits::default());
        let (mut model, mut fresh) = (new(), new());
        model.feed(&before);
        fresh.feed(&model.snapshot(ALL));
        for model in [&mut model, &mut fresh] {
            model.discard_answers();
            model.resize(second);
        }
        same(&mut model, &mut fresh, "after the change")?;
        for model in [&mut model, &mut fresh] {
            model.feed(&after);
        }
        same(&mut model, &mut fresh, "after the rest")?;
    }

    /// proves O11
    #[test]
    fn who_came_between_two_changes_of_size_sees_the_same_after_the_second(
        sizes in (size(), size(), size()),
        outputs in (narrow_stream(15), narrow_stream(8), narrow_stream(8)),
    ) {
        let (Output(first), Output(second), Output(last)) = outputs;
        let mut model = ScreenModel::new(sizes.0, ScreenLimits::default());
        model.feed(&first);
        model.resize(sizes.1);
        model.feed(&second);
        let mut fresh = ScreenModel::new(sizes.1, ScreenLimits::default());
        fresh.feed(&model.snapshot(ALL));
        for model in [&mut model, &mut fresh] {
            model.discard_answers();
            model.resize(sizes.2);
        }
        same(&mut model, &mut fresh, "after the change")?;
        for model in [&mut model, &mut fresh] {
            model.feed(&last);
        }
        same(&mut model, &mut fresh, "after the rest")?;
    }

    // A wrap mark or two can be lost there: what is printed to bring one about is next to another.
    #[test]
    fn the_narrowest_terminals_do_no_harm(
        (rows, cols, later) in (1_u16..4, 1_u16..4, 1_u16..6),
        Output(before) in stream(30),
        Output(after) in damaged_stream(),
    ) {
        let mut model = fed(TermSize::clamped(rows, cols), &before);
        let mut fresh = fed(model.size(), &model.snapshot(ALL));
        for model in [&mut model, &mut fresh] {
            model.resize(TermSize::clamped(later, cols));
            model.feed(&after);
            model.resize(TermSize::clamped(rows, later));
            model.text(usize::MAX);
        }
    }

    #[test]
    fn output_may_come_in_pieces_of_any_size(
        Output(bytes) in damaged_stream(),
        cuts in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        let size = TermSize::clamped(5, 10);
        let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.sort_unstable();
        let mut pieces = ScreenModel::new(size, limits(SCROLLBACK));
        let mut from = 0;
        for to in at.into_iter().chain([bytes.len()]) {
            pieces.feed(&bytes[from..to]);
            // Asking makes it parse what has come so far.
            pieces.is_alternate();
            from = to;
        }
        same(&mut fed(size, &bytes), &mut pieces, "in pieces")?;
    }
}

/// proves O11
#[test]
fn every_feature_is_exact_at_every_byte() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for (name, piece) in FEATURES {
        let strategy = of_feature(piece());
        for _ in 0..cases(25).cases.min(150) {
            let tree = strategy.new_tree(&mut runner).unwrap();
            let output = proptest::strategy::ValueTree::current(&tree);
            let score = judge::judge(TermSize::clamped(6, 20), &output.0, |_| true);
            assert_eq!(score.misses, [], "{name}: {output:?}");
            assert_eq!(
                (score.at_once, score.later),
                (score.cuts, score.cuts),
                "{name}: {output:?}"
            );
        }
    }
}
