//! The progress that a program shows on its window or in the task bar (`OSC 9 ; 4`).

/// How far something is, and how it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// 0 shows none, 1 a value, 2 an error, 3 that it is not known, 4 a pause.
    pub(crate) state: u8,
    pub(crate) percent: u8,
}

impl Progress {
    /// Reads a whole control string; `None` if it is not about progress.
    pub(crate) fn of(string: &[u8]) -> Option<Self> {
        let text = str::from_utf8(string.strip_prefix(b"\x1b]9;4;")?).ok()?;
        let (state, percent) = text.split_once(';').unwrap_or((text, ""));
        let percent = match percent {
            "" => 0,
            percent => percent.parse().ok()?,
        };
        let progress = Self {
            state: state.parse().ok()?,
            percent,
        };
        (progress.state <= 4 && progress.percent <= 100).then_some(progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_terminals_know_is_progress() {
        let progress = |state, percent| Some(Progress { state, percent });
        let cases = [
            ("\x1b]9;4;1;50", progress(1, 50)),
            ("\x1b]9;4;0", progress(0, 0)),
            ("\x1b]9;4;3;", progress(3, 0)),
            ("\x1b]9;4;1;101", None),
            ("\x1b]9;4;5;1", None),
            ("\x1b]9;4;", None),
            ("\x1b]9;a message", None),
            ("\x1b]99;4;1;50", None),
        ];
        for (string, expected) in cases {
            assert_eq!(Progress::of(string.as_bytes()), expected, "{string:?}");
        }
    }
}
