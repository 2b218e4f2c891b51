//! Signals in output: the same ones however it is cut, and titles as the model has them.

use abide_core::{activity::Signal, size::TermSize};
use abide_screen::{ScreenLimits, ScreenModel, SignalScanner};
use proptest::{collection::vec, prelude::*, sample::select};

/// Pieces that sequences are made of, and pieces of none.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let known = select(vec![
        "\x1b]0;",
        "\x1b]2;",
        "\x1b]9;",
        "\x1b]9;4;",
        "\x1b]99;",
        "\x1b]133;",
        "\x1b]777;notify;",
        "\x1b]8;;",
        "\x07",
        "\x1b\\",
        "\x1b",
        "\x18",
        ";",
        ":",
        "A",
        "B",
        "C",
        "D",
        "1",
        "0",
        "=",
        "d=0:",
        "p=body;",
        "e=1;",
        "title",
        "é",
        "⠂ ",
        "\r\n",
        "\x1b[31m",
        "\x1b[",
        "\x1bP",
        "\x1b_",
        "\x1bX",
    ]);
    let piece = prop_oneof![
        8 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..5),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn scanned<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Signal> {
    let mut scanner = SignalScanner::new();
    let mut signals = Vec::new();
    for piece in pieces {
        scanner.scan(piece, |signal| signals.push(signal));
    }
    signals
}

proptest! {
    /// proves A5
    #[test]
    fn the_same_is_found_however_output_is_cut(output in output(), len in 1_usize..9) {
        prop_assert_eq!(scanned([&output[..]]), scanned(output.chunks(len)));
    }

    /// proves A5
    #[test]
    fn a_plain_title_is_the_one_that_the_model_has(
        before in "[a-z\r\n]{0,20}",
        titles in vec(("[02]", "[a-zé⠂ ;]{1,30}", any::<bool>()), 1..5),
    ) {
        let mut output = before;
        for (kind, title, rings) in &titles {
            let end = if *rings { "\x07" } else { "\x1b\\" };
            output += &format!("\x1b]{kind};{title}{end}text");
        }
        let mut model = ScreenModel::new(TermSize::DEFAULT, ScreenLimits::default());
        model.feed(output.as_bytes());
        let Some(Signal::Title(last)) = scanned([output.as_bytes()]).pop() else {
            panic!("there is a title");
        };
        let title = model.title().unwrap_or_default();
        prop_assert_eq!(title.trim(), last.trim());
    }
}
