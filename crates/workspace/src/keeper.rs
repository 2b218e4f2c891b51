//! The keeper: one process for a directory with live sessions, that holds its lease and writes
//! their records.
//!
//! ```text
//!  Workspaces ── launch ──► abide keeper --from-launcher ── claim ─► [Desk] lease, baselines, journal
//!      │                          ▲   │
//!      └── talk: keep, started ───┘   └── watch ─► TerminalBackend: the end of each session
//! ```
//!
//! Whoever is about to start a session has a keeper claim the lease first, starts the session and
//! tells the keeper of it; whoever finds a live session without a keeper starts one that adopts it.
//! A keeper knows sessions only through their backends, never opens the database, and never ends a
//! session; if it dies they go on. Once the last record is complete it gives the lease back and ends.
//!
//! - [`protocol`]: what is said to a keeper and what it answers; `lines`: how that is read
//! - `launch`: [`Keepers`], how this program starts one; `talk`: a conversation with one; `address`:
//!   where one that runs is found
//! - `run`: the process, from its beginning to its log; `serve`: what it does, event by event;
//!   `kept`: what it remembers of each record; `survey` and `watch`: what became of a session
//!
//! [Desk]: crate::desk::Desk

mod address;
mod error;
mod kept;
pub(crate) mod launch;
mod lines;
pub mod protocol;
mod run;
mod serve;
mod survey;
mod talk;
mod timepiece;
mod watch;

pub(crate) use self::{address::Place, launch::Conversation};
pub use self::{
    error::KeeperError,
    launch::{Helper, Keepers},
    run::{NotComposed, become_keeper},
    talk::TalkError,
};

/// The word that makes a program a keeper.
const KEEPER: &str = "keeper";

/// Whether what sessions change is recorded by keepers.
#[derive(Debug, Clone)]
pub enum Keeping {
    /// By keepers that are started so.
    By(Keepers),
    /// Not at all: nobody is responsible for sessions, and nothing is written to their directories.
    Off,
}
