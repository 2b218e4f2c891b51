//! What is to be done with bytes that the tail was followed over, and with sequences that `vte` parses
//! but hands to nobody, or takes for others.

use crate::state::progress::Progress;

/// A sequence that the parser knows no name for and the model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extra {
    /// XTVERSION: what terminal is this?
    Version,
    /// DECXCPR: where is the cursor?
    CursorReport,
    /// DECSTR.
    SoftReset,
    /// IND, which `vte` takes for a line feed; it is not parsed.
    Index,
    /// NEL, ditto.
    NextLine,
    /// The end of a control string that tells of progress.
    Progress(Progress),
}

/// What is to be done with the bytes that a step used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Parse them.
    Parse,
    /// Parse them, then do this.
    ParseThen(Extra),
    /// Parse them but for the last, cancel the sequence, then do this.
    CancelThen(Extra),
    /// Parse them but for the last, cancel the sequence, and print the last character so often
    /// (REP; `vte` would repeat it 65,535 times for eight bytes of output).
    Repeat(u16),
    /// Parse them but for the last, and cancel the sequence: it is about what is not kept.
    Cancel,
    /// Parse them but for the last, and start a new parser: `vte` would take the string that was
    /// cancelled for a complete one.
    Forget,
    /// Parse them, then start a new parser with [`Tail::bytes`]: the sequence was given up.
    GiveUp,
    /// Drop them: they belong to a string that was given up.
    Drop,
    /// Parse a replacement character instead: they begin a character that another one cuts off.
    Replace,
    /// Nothing was used: the bytes are the beginning of a character.
    Hold,
}

/// Returns what a complete CSI sequence asks for that `vte` leaves, or does without measure.
pub(super) fn named_sequence(bytes: &[u8]) -> Action {
    match bytes {
        b"\x1b[>q" | b"\x1b[>0q" => Action::ParseThen(Extra::Version),
        b"\x1b[?6n" => Action::ParseThen(Extra::CursorReport),
        // The titles of icons; `vte` would take them for those of windows.
        b"\x1b[22;1t" | b"\x1b[23;1t" => Action::Cancel,
        b"\x1b[!p" => Action::ParseThen(Extra::SoftReset),
        [0x1b, b'[', parameters @ .., b'b'] => repetition(parameters),
        _ => Action::Parse,
    }
}

/// Returns what a complete control string asks for that `vte` leaves.
pub(super) fn named_string(bytes: &[u8]) -> Action {
    match Progress::of(bytes) {
        Some(progress) => Action::ParseThen(Extra::Progress(progress)),
        None => Action::Parse,
    }
}

fn repetition(parameters: &[u8]) -> Action {
    let digits = parameters.iter().take_while(|byte| byte.is_ascii_digit());
    let count = digits.fold(0_u16, |count, digit| {
        count
            .saturating_mul(10)
            .saturating_add(u16::from(digit - b'0'))
    });
    let plain = |byte: &u8| (0x30..=0x3b).contains(byte);
    if parameters.iter().all(plain) {
        Action::Repeat(count.max(1))
    } else {
        Action::Parse
    }
}
