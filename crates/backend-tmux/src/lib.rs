//! Sessions inside a private tmux server.
//!
//! ```text
//! TmuxBackend ── client half of the owner's crate ══ socket ══ relay ── tmux -C ── tmux server
//!      └ list: one run of tmux                        (1 per session)               └ pane's process
//!                                                                                       └ child
//! ```
//!
//! tmux holds the terminal and the child, and people reach both with tmux's own client, keys and
//! status line. What tmux does not have, offsets, one controller, snapshots for programs, a record of
//! the end, a *relay* adds: an owner whose terminal is a pane. One that is killed takes nothing with
//! it; the next caller starts another.
//!
//! | module | owns |
//! |---|---|
//! | `backend` | [`TmuxBackend`]: the contract, over the owner's client half and one list of tmux's |
//! | `run`, `command`, `target` | the one place that runs tmux; what it is asked; at what that is aimed |
//! | `version`, `unusable` | which tmux, and why not |
//! | `listing`, `ready`, `layout`, `screen` | what tmux says, read |
//! | `source`, `terminal` | a relay's terminal: made, found, read, typed into |
//! | `control` | the control-mode client that it does that through |
//! | `handover`, `note`, `pane` | the pane's process: what it is given, and what it tells |
//! | `dialect` | what programs say to tmux itself, and to nobody else |
//! | `marker` | how a session is known to be ours |
//!
//! `docs/tmux.md` says why.

#![deny(unsafe_code)]

mod backend;
mod command;
mod control;
mod dialect;
mod entry;
mod error;
mod handover;
mod layout;
mod listing;
mod marker;
mod note;
mod pane;
mod ready;
mod run;
mod screen;
mod source;
mod sys;
mod target;
mod terminal;
mod unusable;
mod version;

pub use self::{
    backend::{TmuxBackend, TmuxSettings},
    entry::become_helper,
    error::TmuxError,
    unusable::Unusable,
    version::Version,
};
