//! What a session is doing, as far as what it prints tells.
//!
//! ```text
//! output, bell, title, notification, mark, input ─► Tracker ─► Activity ─► Activity::at(now)
//!                                                   (rules)    (stored,     (what time alone
//!                                                               pushed)      makes of it)
//! ```
//!
//! Nothing here waits, reads or tells the time. An [`Activity`] is a conclusion with the evidence it
//! rests on; who reads one later applies [`Activity::at`], since silence pushes nothing. The rules
//! are [`Tracker`]'s, and docs/activity.md gives their reasons.

mod title;
mod tracker;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::tracker::{Signal, Tracker};
use crate::clock::Timestamp;

/// Time after its last output for which a session counts as working, if nothing else tells.
pub const ACTIVE_FOR: Duration = Duration::from_secs(3);

/// Time without output after which neither a title nor a report of progress tells any more that a
/// program is at work: those who say so draw something again and again.
pub const TITLE_HOLDS_FOR: Duration = Duration::from_secs(10);

/// Time in which output still belongs to the bell or notification before it.
pub const CALL_SETTLES_IN: Duration = Duration::from_secs(1);

/// Longest text of a title or a notification that is kept, in bytes.
pub const MAX_TEXT_BYTES: usize = 256;

/// What a session was doing at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// In one word.
    pub state: ActivityState,
    /// What tells.
    pub source: Evidence,
    /// Since when.
    pub since: Timestamp,
    /// When the session printed something last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_output: Option<Timestamp>,
    /// The title that it gave its terminal last; no control characters, at most
    /// [`MAX_TEXT_BYTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it had to say last, likewise; kept until there is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notification: Option<String>,
    /// The code of the command that its shell ran last, if the shell says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_code: Option<i32>,
}

/// What a session is doing, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActivityState {
    /// A program is at work.
    Working,
    /// A program or a shell waits for somebody.
    Waiting,
    /// Nothing was printed for a while, and nothing tells whether somebody is waited for.
    Idle,
    /// The session is over.
    Exited,
    /// Nothing is known.
    Unknown,
}

/// What a conclusion rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// Nothing at all.
    None,
    /// Something was printed.
    Output,
    /// Nothing was printed for a while.
    Silence,
    /// The terminal's title (OSC 0 or 2).
    Title,
    /// A report of progress (OSC 9;4).
    Progress,
    /// The bell.
    Bell,
    /// A notification (OSC 9, 777 or 99).
    Notification,
    /// A shell printed its prompt (OSC 133 A or B).
    Prompt,
    /// A shell runs a command (OSC 133 C).
    Command,
    /// A shell's command is over, and its prompt is to come (OSC 133 D).
    Finished,
    /// The session's end.
    End,
}

impl Activity {
    /// Returns what is known of a session of which nothing is known since `since`.
    #[must_use]
    pub fn unknown(since: Timestamp) -> Self {
        Self {
            state: ActivityState::Unknown,
            source: Evidence::None,
            since,
            last_output: None,
            title: None,
            notification: None,
            last_code: None,
        }
    }

    /// Returns the activity of a session that has ended, `at` if that is known.
    #[must_use]
    pub fn exited(at: Timestamp) -> Self {
        Self {
            state: ActivityState::Exited,
            source: Evidence::End,
            ..Self::unknown(at)
        }
    }

    /// Returns what the session is doing at `now`, if nothing has come since.
    ///
    /// A session that counts as working because of its output, its title or a report of progress is
    /// idle once it printed nothing for long enough; all else stays.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        let mut later = self.clone();
        if let Some(at) = self.falls_idle_at()
            && at <= now
        {
            later.state = ActivityState::Idle;
            later.source = Evidence::Silence;
            later.since = self.last_output.unwrap_or(self.since);
        }
        later
    }

    /// Returns when [`Self::at`] begins to say otherwise, if it ever does.
    #[must_use]
    pub fn falls_idle_at(&self) -> Option<Timestamp> {
        let holds_for = match (self.state, self.source) {
            (ActivityState::Working, Evidence::Output) => ACTIVE_FOR,
            (ActivityState::Working, Evidence::Title | Evidence::Progress) => TITLE_HOLDS_FOR,
            _ => return None,
        };
        let millis = u64::try_from(holds_for.as_millis()).expect("some seconds");
        let last = self.last_output.unwrap_or(self.since).as_millis();
        Some(Timestamp::from_millis(last.saturating_add(millis)))
    }
}

impl ActivityState {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Waiting => "waiting",
            Self::Idle => "idle",
            Self::Exited => "exited",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ActivityState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "nothing",
            Self::Output => "output",
            Self::Silence => "silence",
            Self::Title => "title",
            Self::Progress => "progress",
            Self::Bell => "bell",
            Self::Notification => "notification",
            Self::Prompt => "prompt",
            Self::Command => "command",
            Self::Finished => "end of a command",
            Self::End => "end",
        })
    }
}

/// Returns a text without control characters, cut to [`MAX_TEXT_BYTES`]; `None` if nothing is left.
fn plain(text: &str) -> Option<String> {
    let mut plain = String::new();
    for c in text.trim().chars().filter(|c| !is_hidden(*c)) {
        if MAX_TEXT_BYTES < plain.len() + c.len_utf8() {
            break;
        }
        plain.push(c);
    }
    (!plain.is_empty()).then_some(plain)
}

/// Tells whether a character shows nothing itself and changes how others are shown.
fn is_hidden(c: char) -> bool {
    // Marks and overrides of direction, and separators of lines, count as well as controls.
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
