//! What an owner tells a client. Frozen: fields and their order. What a later version than the
//! first added says so, and is sent in no conversation of an earlier one.

use serde::{Deserialize, Serialize};

use super::request::Size;

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The request's number.
    pub id: u32,
    /// What came of it.
    pub result: Result<Answer, Failure>,
}

/// What a request that succeeded gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To a status.
    Status(Status),
    /// To an attach; what was asked for follows.
    Attached(Attached),
    /// To an inject, a resize or a step of a loan.
    Done,
    /// To a capture; its content follows in parts.
    Captured(Captured),
    /// To a stop.
    Stopped(Stopped),
    /// To an attach that offered a terminal: it is taken, and the loan can begin.
    Lent(Attached),
    /// To a watch; the present activity follows as an event. Since version 2.
    Watching,
    /// To a stop. Since version 2, in the place of [`Self::Stopped`].
    Brought(Brought),
}

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// Another client has control.
    Busy(Holder),
    /// The client has no control.
    NotController,
    /// The connection is attached already.
    AlreadyAttached,
    /// Another start than the one named is held here.
    WrongGeneration([u8; 16]),
    /// The session is over.
    Ended,
    /// The system refused.
    System(String),
    /// The client has no terminal lent.
    NoLoan,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// The child runs.
    Running(Running),
    /// The child has ended, and the owner has not yet.
    Ended(Ended),
    /// The same, with its cause. Since version 2, in the place of [`Self::Ended`].
    Over(Over),
}

/// A running session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The child's process id.
    pub pid: u32,
    /// Its start, in milliseconds since the epoch.
    pub started_ms: u64,
    /// Its last output, likewise.
    pub last_output_ms: Option<u64>,
    /// The terminal's size.
    pub size: Size,
    /// Bytes printed so far.
    pub offset: u64,
    /// The terminal's title, cut to a bounded length.
    pub title: Option<String>,
    /// Who has control.
    pub controller: Option<Holder>,
    /// How many only watch.
    pub viewers: u32,
    /// What the owner cannot do at present although the session goes on.
    pub problem: Option<String>,
}

/// A client with control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its number.
    pub client: u64,
    /// What it calls itself.
    pub label: String,
    /// Since when, in milliseconds since the epoch.
    pub since_ms: u64,
}

/// A client is attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// Whether it has control.
    pub controls: bool,
    /// The terminal's size.
    pub size: Size,
}

/// A rendering; `len` bytes of content follow in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The terminal's size.
    pub size: Size,
    /// The position that it stands for.
    pub offset: u64,
    /// The cursor's row, from zero.
    pub cursor_row: u16,
    /// The cursor's column, from zero.
    pub cursor_col: u16,
    /// Whether the cursor shows.
    pub cursor_visible: bool,
    /// The terminal's title, cut to a bounded length.
    pub title: Option<String>,
    /// Whether the alternate screen shows.
    pub alternate: bool,
    /// Length of the content, in bytes.
    pub len: u64,
}

/// What came of a stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// How the session ended.
    pub ended: Ended,
    /// Processes that are still there; bounded in number.
    pub survivors: Vec<Survivor>,
}

/// What came of a stop, with the cause of the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// How the session ended.
    pub over: Over,
    /// Processes that are still there; bounded in number.
    pub survivors: Vec<Survivor>,
}

/// A process that outlived a stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivor {
    /// Its process id.
    pub pid: u32,
    /// Its name, as the system shows it.
    pub name: String,
}

/// A session that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// Its start, in milliseconds since the epoch.
    pub started_ms: u64,
    /// Its end, likewise.
    pub ended_ms: u64,
    /// Bytes printed in all.
    pub offset: u64,
}

/// A session that is over, with what brought that about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// How it ended.
    pub ended: Ended,
    /// What brought that about, if it did not come by itself.
    pub cause: Option<Cause>,
}

/// What brought an end about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// The system told the owner to end.
    Shutdown,
    /// A client asked for it.
    Stopped,
}

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Signaled(i32),
    /// Nobody saw how; only of a terminal that is not its owner's own.
    Lost(LostReason),
}

/// Why nobody saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LostReason {
    /// The process that held the session was killed or crashed.
    HolderDied,
    /// The server that held the terminal is gone.
    HostLost,
    /// The machine was started again since.
    Rebooted,
}

/// What a client learns unasked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A snapshot follows in parts.
    Snapshot(Snapshot),
    /// The client was too slow; so many bytes of output are skipped, and a snapshot follows.
    Lagged {
        /// How many, in bytes.
        skipped: u64,
    },
    /// The terminal has another size.
    Resized(Size),
    /// Another client took control.
    ControlLost(Holder),
    /// The terminal took this much of the client's input in all, in bytes.
    InputTaken {
        /// Since the connection began.
        total: u64,
    },
    /// The session is over, and all of its output was sent.
    Ended(Ended),
    /// The owner ends this connection because of what the client sent.
    Closing {
        /// What was wrong.
        reason: String,
    },
    /// Keys that were read from the client's terminal and that it wants to see; no more are read.
    Keys {
        /// The bytes, as typed; at most 16 KiB.
        data: Vec<u8>,
    },
    /// What the session is doing now. Since version 2.
    Activity(Activity),
    /// The session is over, and all of its output was sent. Since version 2, in the place of
    /// [`Self::Ended`].
    Over(Over),
}

/// What a session is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// In one word.
    pub state: Doing,
    /// What tells.
    pub source: Evidence,
    /// Since when, in milliseconds since the epoch.
    pub since_ms: u64,
    /// Its last output, likewise.
    pub last_output_ms: Option<u64>,
    /// The terminal's title, without control characters, cut to a bounded length.
    pub title: Option<String>,
    /// The last notification, likewise.
    pub notification: Option<String>,
    /// The code of the last command, as the shell said.
    pub last_code: Option<i32>,
}

/// What a session is doing, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doing {
    /// A program is at work.
    Working,
    /// Somebody is waited for.
    Waiting,
    /// Nothing was printed for a while.
    Idle,
    /// It is over.
    Exited,
    /// Nothing is known.
    Unknown,
}

/// What tells what a session is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evidence {
    /// Nothing.
    None,
    /// Output.
    Output,
    /// The lack of it.
    Silence,
    /// The title.
    Title,
    /// A report of progress.
    Progress,
    /// The bell.
    Bell,
    /// A notification.
    Notification,
    /// A shell's prompt.
    Prompt,
    /// A shell's command.
    Command,
    /// The end of one.
    Finished,
    /// The session's end.
    End,
}

/// A snapshot; `len` bytes for the client's terminal follow in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The position that it stands for.
    pub offset: u64,
    /// The size that it was drawn for.
    pub size: Size,
    /// Length of the snapshot, in bytes.
    pub len: u64,
}
