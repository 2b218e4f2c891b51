//! The rules: from what a session prints to what it is doing.
//!
//! The first of these that holds decides:
//!
//! 1. the last mark of a shell is a prompt or the end of a command: waiting
//! 2. a bell or a notification that nobody answered: waiting
//! 3. a program reports progress: working
//! 4. the title says that a program waits: waiting
//! 5. the last mark of a shell is the start of a command: working
//! 6. the title says that a program is at work: working
//! 7. something was printed: working
//! 8. nothing was ever printed: unknown
//!
//! What counts as working by 3, 6 or 7 is idle after a while without output ([`Activity::at`]).

use super::{
    ACTIVE_FOR, Activity, ActivityState, CALL_SETTLES_IN, Evidence, TITLE_HOLDS_FOR, plain,
    title::{self, Says},
};
use crate::clock::Timestamp;

/// One thing in a session's output that tells of its activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// The bell.
    Bell,
    /// A notification, with its text.
    Notification(String),
    /// The terminal's title.
    Title(String),
    /// A report of progress: whether there is any.
    Progress(bool),
    /// A shell prints its prompt, or waits for input at it.
    Prompt,
    /// A shell runs a command.
    Command,
    /// A shell's command is over.
    Finished {
        /// Its code, if the shell said.
        code: Option<i32>,
    },
}

/// Follows one session.
#[derive(Debug, Clone)]
pub struct Tracker {
    began: Timestamp,
    last_output: Option<Timestamp>,
    /// The beginning of output that has not paused since.
    busy_since: Timestamp,
    mark: Option<Mark>,
    /// The shell says when it runs a command.
    marks_commands: bool,
    call: Option<Call>,
    title: Option<String>,
    says: Option<(Says, Timestamp)>,
    /// Since when progress is reported.
    progress: Option<Timestamp>,
    notification: Option<String>,
    last_code: Option<i32>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    kind: MarkKind,
    at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MarkKind {
    Prompt,
    Command,
    Finished,
}

/// A bell or a notification that nobody answered.
#[derive(Debug, Clone, Copy)]
struct Call {
    by: Evidence,
    at: Timestamp,
}

impl Tracker {
    /// Returns one for a session of which nothing is known before `began`.
    #[must_use]
    pub fn new(began: Timestamp) -> Self {
        Self {
            began,
            last_output: None,
            busy_since: began,
            mark: None,
            marks_commands: false,
            call: None,
            title: None,
            says: None,
            progress: None,
            notification: None,
            last_code: None,
        }
    }

    /// Notes that something was printed; signals in it follow.
    ///
    /// Tells whether the session may be doing something else since, so that it is to be looked at.
    pub fn output(&mut self, now: Timestamp) -> bool {
        let paused = self
            .last_output
            .is_none_or(|last| ACTIVE_FOR <= now.since(last));
        let stale = (self.says.is_some() || self.progress.is_some())
            && self
                .last_output
                .is_none_or(|last| TITLE_HOLDS_FOR <= now.since(last));
        if paused {
            self.busy_since = now;
        }
        self.last_output = Some(now);
        let answered = self
            .call
            .is_some_and(|call| CALL_SETTLES_IN < now.since(call.at));
        if answered {
            self.call = None;
        }
        paused || stale || answered
    }

    /// Notes a signal in the output.
    pub fn signal(&mut self, signal: Signal, now: Timestamp) {
        match signal {
            Signal::Bell => self.call(Evidence::Bell, now),
            Signal::Notification(text) => {
                self.notification = plain(&text);
                self.call(Evidence::Notification, now);
            }
            Signal::Title(text) => self.entitle(&text, now),
            Signal::Progress(true) => self.progress = self.progress.or(Some(now)),
            Signal::Progress(false) => self.progress = None,
            Signal::Prompt => self.mark(MarkKind::Prompt, now),
            Signal::Command => {
                self.marks_commands = true;
                self.mark(MarkKind::Command, now);
            }
            Signal::Finished { code } => {
                self.last_code = code;
                self.mark(MarkKind::Finished, now);
            }
        }
    }

    /// Notes that somebody typed; `entered` says that it ended a line.
    ///
    /// Tells whether the session may be doing something else since.
    pub fn input(&mut self, entered: bool) -> bool {
        let answered = self.call.take().is_some();
        // A shell that does not say when it runs something does so from here, for all one knows.
        let leaves = entered && !self.marks_commands && self.mark.is_some();
        if leaves {
            self.mark = None;
        }
        answered || leaves
    }

    /// Returns what the session is doing in a word, and what tells, unless time says otherwise.
    #[must_use]
    pub fn state(&self) -> (ActivityState, Evidence) {
        let (state, source, _) = self.conclusion();
        (state, source)
    }

    /// Returns what the session is doing at `now`.
    #[must_use]
    pub fn activity(&self, now: Timestamp) -> Activity {
        let (state, source, since) = self.conclusion();
        let activity = Activity {
            state,
            source,
            since,
            last_output: self.last_output,
            title: self.title.clone(),
            notification: self.notification.clone(),
            last_code: self.last_code,
        };
        activity.at(now)
    }

    fn conclusion(&self) -> (ActivityState, Evidence, Timestamp) {
        use ActivityState::{Unknown, Waiting, Working};
        let running = match self.mark {
            Some(Mark {
                kind: MarkKind::Prompt,
                at,
            }) => return (Waiting, Evidence::Prompt, at),
            Some(Mark {
                kind: MarkKind::Finished,
                at,
            }) => return (Waiting, Evidence::Finished, at),
            Some(Mark {
                kind: MarkKind::Command,
                at,
            }) => Some(at),
            None => None,
        };
        if let Some(call) = self.call {
            return (Waiting, call.by, call.at);
        }
        if let Some(at) = self.progress {
            return (Working, Evidence::Progress, at);
        }
        match (self.says, running) {
            (Some((Says::Waiting, at)), _) => (Waiting, Evidence::Title, at),
            (_, Some(at)) => (Working, Evidence::Command, at),
            (Some((Says::Working, at)), None) => (Working, Evidence::Title, at),
            (None, None) if self.last_output.is_some() => {
                (Working, Evidence::Output, self.busy_since)
            }
            (None, None) => (Unknown, Evidence::None, self.began),
        }
    }

    fn call(&mut self, by: Evidence, at: Timestamp) {
        // The first one tells since when; a bell says less than a notification.
        match &mut self.call {
            Some(call) if by == Evidence::Notification => call.by = by,
            Some(_) => {}
            None => self.call = Some(Call { by, at }),
        }
    }

    fn entitle(&mut self, text: &str, now: Timestamp) {
        let says = title::says(text);
        self.says = match (self.says, says) {
            (Some((before, since)), Some(says)) if before == says => Some((says, since)),
            (_, says) => says.map(|says| (says, now)),
        };
        self.title = plain(text);
    }

    fn mark(&mut self, kind: MarkKind, at: Timestamp) {
        // Signs of a program that is over, or of one before this, say nothing of what comes.
        self.call = None;
        self.says = None;
        self.progress = None;
        let is_same = self.mark.is_some_and(|mark| mark.kind == kind);
        if !(is_same && kind == MarkKind::Prompt) {
            self.mark = Some(Mark { kind, at });
        }
    }
}
