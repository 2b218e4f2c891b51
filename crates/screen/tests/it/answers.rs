//! Queries are answered once, and the scanner sees every one.

use abide_core::size::TermSize;
use abide_screen::{QueryScanner, ScreenModel};
use proptest::{prelude::*, sample::Index};

use crate::cuts::{cases, limits};
use crate::grammar::Output;
use crate::streams::asking_stream;

fn model() -> ScreenModel {
    ScreenModel::new(TermSize::clamped(6, 20), limits(10))
}

fn answer(output: &str) -> String {
    let mut model = model();
    model.feed(output.as_bytes());
    String::from_utf8_lossy(&model.catch_up()).into_owned()
}

/// proves O13
#[test]
fn each_kind_of_query_is_answered_from_the_models_state() {
    for (output, expected) in [
        ("\x1b[c", "\x1b[?62;22c"),
        ("\x1b[>c", "\x1b[>0;276;0c"),
        ("\x1b[5n", "\x1b[0n"),
        ("\x1b[3;5H\x1b[6n", "\x1b[3;5R"),
        (
            "\x1b[2;4r\x1b[?6h\x1b[2;3H\x1b[6n\x1b[?6n",
            "\x1b[2;3R\x1b[?2;3R",
        ),
        (
            "\x1b[?2004$p\x1b[?2004h\x1b[?2004$p",
            "\x1b[?2004;2$y\x1b[?2004;1$y",
        ),
        ("\x1b[?2026h\x1b[?2026$p", "\x1b[?2026;1$y"),
        ("\x1b[?4242$p\x1b[4$p", "\x1b[?4242;0$y\x1b[4;2$y"),
        ("\x1b]11;?\x07", "\x1b]11;rgb:0000/0000/0000\x07"),
        (
            "\x1b]10;#102030\x07\x1b]10;?\x1b\\",
            "\x1b]10;rgb:1010/2020/3030\x1b\\",
        ),
        ("\x1b]4;1;?\x07", "\x1b]4;1;rgb:cdcd/0000/0000\x07"),
        ("\x1b[>5u\x1b[?u", "\x1b[?5u"),
        (
            "\x1b[>5u\x1b[?1049h\x1b[?u\x1b[?1049l\x1b[?u",
            "\x1b[?0u\x1b[?5u",
        ),
        ("\x1b[18t", "\x1b[8;6;20t"),
        ("\x1b[>4;2m\x1b[?4m", "\x1b[>4;2m"),
    ] {
        assert_eq!(answer(output), expected, "{output:?}");
    }
    assert!(answer("\x1b[>q").starts_with("\x1bP>|abide("));
}

#[test]
fn answers_come_in_the_order_of_the_queries_and_only_once() {
    let mut model = model();
    model.feed(b"\x1b[>q\x1b[5n");
    model.feed(b"\x1b[?");
    let first = String::from_utf8(model.catch_up()).unwrap();
    assert!(
        first.starts_with("\x1bP>|") && first.ends_with("\x1b[0n"),
        "{first:?}"
    );
    model.feed(b"6n");
    assert_eq!(model.catch_up(), b"\x1b[?1;1R");
    assert!(model.catch_up().is_empty());
}

#[test]
fn discarded_answers_are_never_given() {
    let mut model = model();
    model.feed(b"\x1b[5n");
    model.discard_answers();
    model.feed(b"\x1b[6n");
    assert_eq!(model.catch_up(), b"\x1b[1;1R");
}

proptest! {
    #![proptest_config(cases(400))]

    /// proves O13
    #[test]
    fn the_scanner_sees_every_query_that_the_model_answers(
        Output(bytes) in asking_stream(),
        cuts in prop::collection::vec(any::<Index>(), 0..5),
    ) {
        let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.sort_unstable();
        let (mut model, mut scanner, mut from) = (model(), QueryScanner::new(), 0);
        for to in at.into_iter().chain([bytes.len()]) {
            let chunk = &bytes[from..to];
            from = to;
            model.feed(chunk);
            let answers = model.catch_up();
            let seen = scanner.scan(chunk);
            prop_assert!(seen || answers.is_empty(), "missed {:?}", String::from_utf8_lossy(&answers));
        }
    }
}
