//! Bodies of the screen model.
//!
//! The first four bytes say how large it is and where the stream is cut; the rest is the stream.

use abide_core::size::TermSize;
use abide_screen::{History, ScreenLimits, ScreenModel, Scrollback, SnapshotOptions};

/// Lines of scrollback; few, so that short streams overflow it.
const LIMITS: ScreenLimits = ScreenLimits {
    lines: 12,
    bytes: 256 * 1024,
};

/// Rows of the largest screen.
const MAX_ROWS: u8 = 8;

/// Columns beyond the fewest.
const MORE_COLS: u8 = 11;

const ALL: SnapshotOptions = SnapshotOptions {
    history: History::All,
    scrollback: Scrollback::Replace,
};

/// A screen, and output before and after the cut.
struct Input<'a> {
    rows: u16,
    more_cols: u16,
    before: &'a [u8],
    after: &'a [u8],
}

fn input(bytes: &[u8]) -> Option<Input<'_>> {
    let [rows, cols, high, low, stream @ ..] = bytes else {
        return None;
    };
    let cut = usize::from(u16::from_be_bytes([*high, *low])) % (stream.len() + 1);
    let (before, after) = stream.split_at(cut);
    Some(Input {
        rows: u16::from(rows % MAX_ROWS) + 1,
        more_cols: u16::from(cols % MORE_COLS),
        before,
        after,
    })
}

/// A snapshot at the cut makes a fresh model equal, then and after the rest; its own snapshot is
/// the same; a checkpoint can be gone on from.
///
/// Two things are left out, which a snapshot cannot restore: a repetition that does not follow its
/// character (so no `b` is in the stream), and a wrap mark or two on fewer than four columns.
pub(crate) fn snapshot(bytes: &[u8]) {
    let without_repetition: Vec<u8> = bytes
        .iter()
        .map(|byte| if *byte == b'b' { b'a' } else { *byte })
        .collect();
    let Some(input) = input(&without_repetition) else {
        return;
    };
    let size = TermSize::clamped(input.rows, input.more_cols + 4);
    let mut model = fed(size, input.before);
    let checkpoint = model.checkpoint();
    let mut restored = fed(checkpoint.size, &checkpoint.state);
    for pending in &checkpoint.pending {
        restored.feed(pending);
    }
    same(&mut model, &mut restored, "from a checkpoint");

    let snapshot = model.snapshot(ALL);
    let mut fresh = fed(size, &snapshot);
    assert!(fresh.catch_up().is_empty(), "it answered to a snapshot");
    same(&mut model, &mut fresh, "at once");
    assert_eq!(
        fresh.snapshot(ALL).escape_ascii().to_string(),
        snapshot.escape_ascii().to_string(),
        "the snapshot of the fresh model"
    );
    model.discard_answers();
    model.feed(input.after);
    fresh.feed(input.after);
    same(&mut model, &mut fresh, "after the rest");
    assert_eq!(model.catch_up(), fresh.catch_up(), "answers to the rest");
}

/// Nothing that a program prints, on no screen however small, while its size changes, does harm.
pub(crate) fn anything(bytes: &[u8]) {
    let Some(input) = input(bytes) else {
        return;
    };
    let mut model = fed(
        TermSize::clamped(input.rows, input.more_cols + 1),
        input.before,
    );
    let snapshot = model.snapshot(ALL);
    let mut fresh = fed(model.size(), &snapshot);
    for model in [&mut model, &mut fresh] {
        model.resize(TermSize::clamped(input.more_cols + 1, input.rows));
        model.feed(input.after);
        model.text(usize::MAX);
        model.ansi(usize::MAX);
        model.resize(TermSize::clamped(input.rows, input.rows));
        model.checkpoint();
        let cursor = model.cursor();
        assert!(cursor.row < model.size().rows() && cursor.col < model.size().cols());
        model.title();
    }
}

fn fed(size: TermSize, bytes: &[u8]) -> ScreenModel {
    let mut model = ScreenModel::new(size, LIMITS);
    model.feed(bytes);
    model
}

fn same(model: &mut ScreenModel, other: &mut ScreenModel, when: &str) {
    if let Some(difference) = model.first_difference(other) {
        panic!("{when}: {difference}");
    }
}
