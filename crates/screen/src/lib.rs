//! The screen model: a terminal's bytes in; a snapshot, its text and its answers out.
//!
//! The owner of a session feeds the raw output of its child into a [`ScreenModel`] and asks it for
//! a [snapshot](ScreenModel::snapshot): bytes that make a fresh terminal equal to one that had been
//! attached all along. The model parses lazily, and never writes anywhere.
//!
//! | module | owns |
//! |---|---|
//! | `model` | [`ScreenModel`]: the pending bytes, and what a caller may ask |
//! | `emulator` | the two screens, switching, resizing; the grids are `alacritty_terminal`'s |
//! | `handler` | what each control function does: to the grid, or to the recorded state |
//! | `history` | the scrollback: packed lines, within limits |
//! | `mend` | keeps rows free of what no terminal shows: half wide characters, stray wrap marks |
//! | `state` | what is recorded beside the grids: modes, margins, tab stops, titles, palette, keys |
//! | `answer` | the queue of replies to the child's queries, and their texts |
//! | `tail` | the bytes since the parser was last in its ground state |
//! | `dump` | grids and state to the bytes of a snapshot |
//! | `text` | rows as plain text and as text with attributes |
//! | `compare` | where two models differ, in words |
//! | `plain` | lines that need no grid, because they scroll off before anybody sees them |
//! | `escape` | where the next escape character or bell is |
//! | `signal` | [`SignalScanner`]: bells, titles, notifications and marks in output |
//! | `query` | [`QueryScanner`]: whether bytes could hold a query at all |
//!
//! Only this crate names `alacritty_terminal` and `vte`.

#![forbid(unsafe_code)]

mod answer;
mod compare;
mod dump;
mod emulator;
mod escape;
mod handler;
mod history;
mod mend;
mod model;
mod plain;
mod query;
mod signal;
mod state;
mod tail;
mod text;

pub use model::{
    Checkpoint, CursorState, History, ScreenLimits, ScreenModel, Scrollback, SnapshotOptions,
};
pub use query::QueryScanner;
pub use signal::SignalScanner;
