//! The desk of a workspace: its `.abide`, where one keeper at a time works.
//!
//! ```text
//! <workspace>/.abide/            0700
//!     lock · lock.holder         held only to read, decide and write · who holds it
//!     lease.json                 who is responsible; a rename, so it is whole or not there
//!     keepers/<epoch>.lock       held by the keeper of that epoch for its life
//!     journal.jsonl              the records; journal.<n>.jsonl older parts of it
//!     baselines/<record>         what there was before a session that is not over
//!     summary.json               the record that was completed last; a view
//! ```
//!
//! [`Desk`] looks without writing anything, and claims the lease. What it grants is a [`Held`]:
//! each of its writes takes the lock and reads the lease again, and if that is another's it writes
//! nothing and removes nothing, then and ever after.
//!
//! - [`here`]: this process and what time it is; [`dir`](mod@dir): the directory, made and found safely
//! - [`lock`]: its lock; [`lease`]: the lease as a look finds it
//! - [`claim`]: asking for the lease; [`held`]: having it; [`records`]: what its holder writes
//!
//! Everything here blocks; an async caller runs it on a thread for that.

pub mod claim;
pub mod dir;
pub mod held;
pub mod here;
pub mod lease;
pub mod lock;
mod names;
pub mod records;

use std::{path::Path, sync::Arc, time::Duration};

use abide_core::{id::StateId, lease::LeaseState, probe::Probe, record::Origin};

pub(crate) use self::records::{read_journal, read_open};
pub use self::{
    claim::{ClaimError, Wanted},
    dir::{Contents, OwnDir, OwnDirError},
    held::{Held, HeldError, Released, Writing},
    here::{Here, SystemTimepiece, Timepiece},
    lease::LookError,
    lock::{DirLock, DirLockError, LOCK_PATIENCE},
    records::{
        Adoption, Closed, Flaw, GoingOn, Live, Measured, NewRecord, ReadBaselineError, Records,
        list_files, read_baseline, read_summaries,
    },
};

/// A workspace's directory as one process works with it; cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    root: Arc<Path>,
    tools: Tools,
}

/// What a process works with at a desk.
#[derive(Debug, Clone)]
pub struct Tools {
    /// Who it is.
    pub here: Arc<Here>,
    /// The state directory whose sessions it keeps, for the records that it writes.
    pub state: Option<StateId>,
    /// What time it is.
    pub timepiece: Arc<dyn Timepiece>,
    /// Learns of the points that it passes.
    pub probe: Arc<dyn Probe>,
    /// How long it waits for the lock: [`LOCK_PATIENCE`], but in tests.
    pub patience: Duration,
}

impl Tools {
    /// Returns where this process is, as its records say it.
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            place: self.here.place.clone(),
            state: self.state.clone(),
            user: self.here.user.clone(),
        }
    }
}

impl Desk {
    /// Names the desk of the workspace in this directory; looks at nothing yet.
    #[must_use]
    pub fn new(root: &Path, tools: Tools) -> Self {
        Self {
            root: root.into(),
            tools,
        }
    }

    /// Returns the workspace's directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns what the process works with.
    #[must_use]
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// Reads the lease and judges it, writing and making nothing and waiting for nobody.
    ///
    /// `unchanged_for` is for how long this process itself saw the lease as it is now; zero at a
    /// first look.
    ///
    /// # Errors
    ///
    /// When `.abide` is not a directory of this user's, when the lease cannot be read, or when a
    /// newer release wrote it. A file that is no lease is no error: it is malformed.
    pub fn look(&self, unchanged_for: Duration) -> Result<LeaseState, LookError> {
        lease::look(&self.root, &self.tools, unchanged_for)
    }

    /// Claims the lease: makes `.abide` if need be, and under its lock reads the lease again,
    /// asks the rules, takes the epoch's kernel lock and writes the new lease.
    ///
    /// Passes `keeper.locked` once it has the lock, and `keeper.claimed` once the lease is written.
    ///
    /// # Errors
    ///
    /// [`ClaimError::Denied`] when somebody else is responsible, which is how a race is lost; the
    /// others when the directory, the lock, the lease or the journal cannot be used. Nothing was
    /// granted then.
    pub fn claim(&self, wanted: Wanted) -> Result<Held, ClaimError> {
        claim::claim(&self.root, &self.tools, wanted)
    }
}
