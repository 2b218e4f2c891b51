//! A model that stores plain output without parsing it equals one that parses everything at once.

use abide_core::size::TermSize;
use abide_screen::{ScreenLimits, ScreenModel};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{cuts::cases, judge::ALL, streams::piece};

const LIMITS: ScreenLimits = ScreenLimits {
    lines: 60,
    bytes: 1 << 20,
};

/// More than is ever fed here, so that nothing is parsed or stored before somebody asks.
const EVERYTHING: usize = 1 << 19;

/// What lines of a flood are made of.
const WORDS: &[&str] = &[
    "plain ",
    "text",
    "a longer run of words, which wraps",
    " ",
    "   ",
    "\t",
    "文字",
    "中",
    "e\u{301}",
    "\u{301}",
    "🙂",
    "é",
    "\u{3000}",
    "\x1b[31m",
    "\x1b[1;32m",
    "\x1b[0;4m",
    "\x1b[38;5;44m",
    "\x1b[58:2::1:2:3m",
    "\x1b[5m",
    "\x1b[1;5;33m",
    "\x1b[25m",
    "\x1b[6m",
    "\x1b[m",
    "\x1b[m",
    "\x1b[0m",
    "\x1b[39m",
];

/// Rarer ones, each of which makes a line something special.
const ODD: &[&str] = &[
    "\x1b[44m",
    "\x1b[048;5;1m",
    "\x1b[7m",
    "\x1b[49m",
    "\r",
    "\x08",
    "\x7f",
    "\u{85}",
    "\x1b[K",
    "\x1b]2;title\x07",
    "\x1b[22t",
    "\x1b[6n",
    "\x1b[A",
    "x\x1b[2b",
    "\x1b]8;;http://x\x07",
];

const ENDS: &[&str] = &["\r\n", "\r\n", "\r\n", "\r\n", "\r\r\n", "\n"];

/// What makes a row go on in the next, moves rows that do, or parts them; much of it at the top of
/// the page, where the row above is in the scrollback.
const MARKS: &[&str] = &[
    "\x1b[H",
    "\x1b[H\x1b[M",
    "\x1b[H\x1b[2M",
    "\x1b[H\x1b[L",
    "\x1b[H\x1bM",
    "\x1b[H\x1b[K",
    "\x1b[H\x1b[1K",
    "\x1b[H\x1b[J",
    "\x1b[2J",
    "\x1b[3J",
    "\x1b[Hx",
    "\x1b[H中",
    "\x1b[1;2Hx",
    "\x1b[H\x1b[P",
    "\x1b[H\x1b[@",
    "\x1b[H\n",
    "\x1b[S",
    "\x1b[3S",
    "\x1b[9S",
    "\x1b[T",
    "\x1bD",
    "\x1bE",
    "\x1b[1;2r\x1b[2H",
    "\x1b[2;3r",
    "\x1b[r",
    "\x1b[99;99H",
    "\x1b[99B",
    "\r",
    "\n",
    "\x1b[?1049h",
    "\x1b[?1049l",
    "a longer run of words, which wraps, and not once",
    "中文字符中文字符中文字符",
    "x\x1b[30b",
    "\x1b[5mxyz",
    "\x1b[44m",
    "\x1b[m",
    "\x1b[4h",
    "\x1b[4l",
    "\x1b[?7l",
    "\x1b[?7h",
];

#[derive(Debug, Clone)]
enum Step {
    Feed(Vec<u8>),
    Flood(Vec<String>, usize),
    Resize(TermSize),
    Ask,
}

fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![30 => select(WORDS), 1 => select(ODD)];
    (vec(word, 0..7), select(ENDS)).prop_map(|(words, end)| words.concat() + end)
}

fn size() -> impl Strategy<Value = TermSize> {
    (1_u16..7, 4_u16..24).prop_map(|(rows, cols)| TermSize::clamped(rows, cols))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => vec(piece(), 1..4).prop_map(|pieces| Step::Feed(pieces.concat())),
        6 => (vec(line(), 1..8), 1_usize..8).prop_map(|(lines, times)| Step::Flood(lines, times)),
        3 => vec(select(MARKS), 1..10).prop_map(|marks| Step::Feed(marks.concat().into_bytes())),
        // Back to where plain lines are plain.
        2 => Just(Step::Feed(b"\x1bc\x1b[99B".to_vec())),
        1 => size().prop_map(Step::Resize),
        1 => Just(Step::Ask),
    ]
}

fn feed_in_chunks(model: &mut ScreenModel, bytes: &[u8], chunk: usize) {
    for chunk in bytes.chunks(chunk) {
        model.feed(chunk);
    }
}

fn check_equal(lazy: &mut ScreenModel, eager: &mut ScreenModel) -> Result<(), TestCaseError> {
    prop_assert_eq!(lazy.title(), eager.title());
    prop_assert_eq!(lazy.first_difference(eager), None);
    prop_assert_eq!(lazy.text(usize::MAX), eager.text(usize::MAX));
    Ok(())
}

fn check_checkpoint(lazy: &mut ScreenModel) -> Result<(), TestCaseError> {
    let checkpoint = lazy.checkpoint();
    let mut fresh = ScreenModel::with_pending(checkpoint.size, LIMITS, EVERYTHING);
    fresh.feed(&checkpoint.state);
    for piece in &checkpoint.pending {
        fresh.feed(piece);
    }
    prop_assert_eq!(lazy.first_difference(&mut fresh), None, "of the checkpoint");
    Ok(())
}

fn run(
    size: TermSize,
    steps: &[Step],
    pending: usize,
    chunk: usize,
) -> Result<(ScreenModel, ScreenModel), TestCaseError> {
    let mut lazy = ScreenModel::with_pending(size, LIMITS, pending);
    let mut eager = ScreenModel::with_pending(size, LIMITS, EVERYTHING);
    for step in steps {
        let output = match step {
            Step::Feed(output) => output.clone(),
            Step::Flood(lines, times) => lines.concat().repeat(*times).into_bytes(),
            Step::Resize(size) => {
                lazy.resize(*size);
                eager.resize(*size);
                continue;
            }
            Step::Ask => {
                check_equal(&mut lazy, &mut eager)?;
                continue;
            }
        };
        feed_in_chunks(&mut lazy, &output, chunk);
        eager.feed(&output);
        prop_assert_eq!(lazy.title(), eager.title());
    }
    Ok((lazy, eager))
}

proptest! {
    #![proptest_config(cases(600))]

    /// proves O11
    #[test]
    fn what_is_not_parsed_is_shown_as_if_it_had_been(
        size in size(),
        steps in vec(step(), 1..14),
        (pending, chunk) in (40_usize..700, 1_usize..300),
    ) {
        let (mut lazy, mut eager) = run(size, &steps, pending, chunk)?;
        check_checkpoint(&mut lazy)?;
        check_equal(&mut lazy, &mut eager)?;
        prop_assert_eq!(lazy.catch_up(), eager.catch_up());
        // A line of plain text tells whether what comes next is printed alike, too.
        for model in [&mut lazy, &mut eager] {
            model.feed(b"\x1b[2b and so on\r\n");
        }
        check_equal(&mut lazy, &mut eager)?;
        let mut fresh = ScreenModel::with_pending(lazy.size(), LIMITS, EVERYTHING);
        fresh.feed(&lazy.snapshot(ALL));
        prop_assert_eq!(lazy.first_difference(&mut fresh), None, "of the snapshot");
    }

    /// proves O11
    #[test]
    fn a_checkpoint_at_any_time_is_the_whole_screen(
        size in size(),
        steps in vec(step(), 1..8),
        (pending, chunk) in (40_usize..700, 1_usize..300),
    ) {
        for end in 1..=steps.len() {
            let (mut lazy, _) = run(size, &steps[..end], pending, chunk)?;
            check_checkpoint(&mut lazy)?;
        }
    }

    /// proves O18
    #[test]
    fn what_is_left_when_the_budget_is_used_up_is_the_newest(
        size in size(),
        lines in vec(line(), 1..30),
        times in 1_usize..40,
        (pending, chunk) in (40_usize..700, 1_usize..300),
    ) {
        let limits = |bytes| ScreenLimits { lines: 100_000, bytes };
        let mut lazy = ScreenModel::with_pending(size, limits(pending + 6000), pending);
        let mut eager = ScreenModel::with_pending(size, limits(EVERYTHING + 6000), EVERYTHING);
        let mut whole = ScreenModel::with_pending(size, limits(100 * EVERYTHING), EVERYTHING);
        let output = lines.concat().repeat(times).into_bytes();
        feed_in_chunks(&mut lazy, &output, chunk);
        eager.feed(&output);
        whole.feed(&output);
        let whole = whole.text(usize::MAX);
        for model in [&mut lazy, &mut eager] {
            let rows = model.text(usize::MAX);
            prop_assert!(whole.ends_with(&rows));
            // Blocks that are given up as wholes leave most of the budget in use.
            let kept: usize = rows.iter().map(|row| row.len() + 2).sum();
            prop_assert!(kept < 3 * 6000);
            prop_assert!(rows.len() == whole.len() || 200 < model.ansi(usize::MAX).len());
        }
    }
}
