//! What the first sign of a title says of the program that set it.

/// What a title says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// The program is at work.
    Working,
    /// It waits for somebody.
    Waiting,
}

/// What Codex and Gemini CLI put into the title of one that wants to be answered.
const ASKS: &str = "Action Required";

/// Returns what a title says, if it begins with a sign that is known.
pub(super) fn says(title: &str) -> Option<Says> {
    if title.contains(ASKS) {
        return Some(Says::Waiting);
    }
    let mut chars = title.trim_start().chars();
    let sign = chars.next()?;
    // A sign stands by itself; the selector of its coloured form may follow.
    let after = chars.find(|c| *c != '\u{fe0f}');
    if after.is_some_and(|c| !c.is_whitespace()) {
        return None;
    }
    match sign {
        // Frames of spinners: patterns of Braille (Claude Code, Codex), quarters of circles (Claude Code).
        '\u{2801}'..='\u{28ff}' | '◐'..='◓' => Some(Says::Working),
        // Gemini CLI at work, and the same with nothing printed for a while.
        '✦' | '⏲' => Some(Says::Working),
        // Gemini CLI that is ready; Claude Code that is not at work.
        '◇' | '✳' => Some(Says::Waiting),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_counts_only_by_itself_and_in_front() {
        for working in ["⠂ fix the tests", "⠐", "  ◐ build", "✦  Working… (api)"] {
            assert_eq!(says(working), Some(Says::Working), "{working}");
        }
        for waiting in [
            "✳ fix the tests",
            "✳\u{fe0f} x",
            "[ ! ] Action Required | api",
            "✋  Action Required (api)",
            "◇  Ready (api)",
        ] {
            assert_eq!(says(waiting), Some(Says::Waiting), "{waiting}");
        }
        for neither in ["", "vim", "⠂⠂ x", "a ⠂", "user@host: ~", "\u{2800} blank"] {
            assert_eq!(says(neither), None, "{neither}");
        }
    }
}
