//! What is said before a session is shown, and again when it is left: its screen takes the place of
//! what stood there.

use std::fmt::Display;

use abide_workspace::entry::Orphaned;

use crate::report;

/// What was said.
#[derive(Debug, Clone, Default)]
pub(in crate::cmd) struct Notes(Vec<String>);

impl Notes {
    /// Says something to the person, now and when the session is left.
    pub(in crate::cmd) fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        report::say(&text);
        self.0.push(text);
    }

    /// Says that somebody becomes responsible for what nobody was.
    pub(in crate::cmd) fn adopting(&mut self, what: &dyn Display, why: &Orphaned) {
        self.say(format!("adopting `{what}`: {why}"));
    }

    /// Returns what was said, line by line.
    pub(super) fn into_lines(self) -> Vec<String> {
        self.0
    }
}
