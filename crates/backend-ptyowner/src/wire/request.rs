//! What a client asks of an owner. Frozen: fields and their order. What a later version than the
//! first added says so, and is sent in no conversation of an earlier one.

use serde::{Deserialize, Serialize};

/// A numbered request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Chosen by the client; the reply carries it.
    pub id: u32,
    /// What is asked.
    pub request: Request,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// What is the session doing?
    Status,
    /// Show me the output from now on, or from an offset.
    Attach(Attach),
    /// Let me type without watching.
    Inject,
    /// Give the terminal this size.
    Resize(Size),
    /// Render the screen.
    Capture(Capture),
    /// End the session.
    Stop(Stop),
    /// Show me the output from now on, on this terminal of mine if you can.
    AttachTerminal(Attach, Terminal),
    /// Do this with the terminal that I lent.
    Loan(LoanStep),
    /// Tell me what the session is doing, and of its end, without its output. Since version 2.
    Watch,
}

/// A size; the owner clamps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub cols: u16,
}

/// How a client wants to attach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attach {
    /// What it may do.
    pub mode: Mode,
    /// Its terminal's size.
    pub size: Option<Size>,
    /// Where it left off, in bytes since the start.
    pub from: Option<u64>,
    /// What snapshots do with lines that its terminal already has.
    pub scrollback: Scrollback,
}

/// A terminal that a client offers. The owner opens it for itself, if it is the one meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    /// The path of its device.
    pub path: Vec<u8>,
    /// The number of the device.
    pub device: u64,
    /// The file system that the device's file is on.
    pub file_system: u64,
    /// The number of that file.
    pub inode: u64,
    /// Bytes that begin what the client wants to see before the session does.
    pub own_keys: Vec<u8>,
}

/// A step of a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoanStep {
    /// Write to the terminal from now on; with control, read keys.
    Begin,
    /// Read keys again.
    TakeKeys,
    /// Leave the terminal; a snapshot says how, and output goes on as a stream.
    End,
}

/// What a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Type and size.
    Control,
    /// Watch.
    View,
    /// Take control from whoever has it.
    Steal,
}

/// What snapshots do with lines that the client's terminal already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scrollback {
    /// Put the session's in their place.
    Replace,
    /// Leave them.
    Keep,
}

/// Which part of the screen to render, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// How.
    pub format: Format,
    /// Lines above the page.
    pub history_lines: u32,
}

/// How a screen is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// Text alone.
    Text,
    /// Text and the escape sequences of its attributes.
    Ansi,
}

/// Which start to end, and how patiently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The start meant.
    pub generation: [u8; 16],
    /// How long to wait before killing, in milliseconds.
    pub grace_ms: u64,
}
