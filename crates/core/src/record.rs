//! What is kept of a session: a journal of events, and views of it that can be made again.
//!
//! The journal of a workspace is append-only, one [`line`](mod@line) for each [`Entry`]. Reading it is
//! [`replay`]: what a crash tore off at the end is left out, what is damaged before that is shown.
//! A [`Summary`] is a view of one record; closing a record again adds only what is missing.
//!
//! ```text
//! opened ─► started ─► baseline ─► ended ─► changed ─► finalized
//!    │          └─ adopted ─► baseline ─┘      each may be the last before a crash
//!    └─► abandoned                             its session was never started
//! ```
//!
//! Pure: files are the workspace crate's.

pub mod changes;
pub mod event;
pub mod line;
pub mod origin;
pub mod replay;
pub mod summary;

pub use self::{
    changes::{Changes, Counts, FileChange, Files, HowChanged},
    event::{Adopted, Baseline, Detected, EndReason, Ended, Event, Opened, Started},
    line::{Entry, NewerJournal},
    origin::Origin,
    replay::{Damage, Replay},
    summary::{Closing, Ownership, Summary, summaries},
};
