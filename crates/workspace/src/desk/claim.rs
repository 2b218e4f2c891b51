//! Asking for a workspace's lease.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use abide_core::{
    id::{Generation, SessionId},
    lease::{Claim, Consent, FencingToken, Lease, LeaseDenied, LeaseEvent, Liveness, Mode, Next},
    lock::KernelLock,
};

use super::{
    DirLock, DirLockError, Held, LookError, OwnDir, OwnDirError, Tools, lease, lock, names,
};
use crate::{
    files::{self, Durable, NEW_SUFFIX},
    journal::{Journal, JournalError},
    sys,
};

/// Most locks of keepers that are looked at.
const MAX_KEEPERS: usize = 4_096;

/// What a lease is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The session to be kept.
    pub session: SessionId,
    /// Its start, if there is one.
    pub generation: Option<Generation>,
    /// The agent that it runs, by name.
    pub agent: Option<String>,
    /// What kind of thing it runs.
    pub mode: Mode,
    /// Whether somebody agreed to take over from another machine.
    pub consent: Consent,
}

/// Why a lease was not granted.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Somebody is responsible already.
    #[error(transparent)]
    Denied(#[from] LeaseDenied),
    /// The directory cannot be used.
    #[error(transparent)]
    Dir(#[from] OwnDirError),
    /// The directory's lock was not had.
    #[error(transparent)]
    Lock(#[from] DirLockError),
    /// The lease that is there cannot be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// The records cannot be read, which the grant has to follow.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The lock that shows that a keeper lives was not had.
    #[error("cannot show that this keeper lives")]
    Alive(#[source] DirLockError),
    /// Somebody holds the lock that would show it, though nobody was granted that epoch.
    #[error("`{}` is held, though no lease says by whom", path.display())]
    TakenAlready {
        /// The lock's file.
        path: PathBuf,
    },
    /// The lease cannot be written.
    #[error("cannot write the lease `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl ClaimError {
    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Denied(err) => err.hint().map(str::to_owned),
            Self::Dir(err) => Some(err.hint()),
            Self::Lock(err) | Self::Alive(err) => Some(err.hint()),
            Self::Look(err) => Some(err.hint()),
            Self::Journal(err) => err.hint(),
            Self::TakenAlready { .. } => Some("try again".to_owned()),
            Self::Write { path, .. } => Some(writable(path)),
        }
    }
}

/// Says what is needed to write to a workspace's own directory.
pub(super) fn writable(path: &Path) -> String {
    format!(
        "see that `{}` belongs to you and is on a writable file system with room; `--no-record` \
         does without it",
        path.parent().unwrap_or(path).display()
    )
}

pub(super) fn claim(root: &Path, tools: &Tools, wanted: Wanted) -> Result<Held, ClaimError> {
    let dir = OwnDir::prepare(root)?;
    let _lock = DirLock::acquire(&dir, &tools.here, "to claim the lease", tools.patience)?;
    tools.probe.reached("keeper.locked");
    let at = tools.timepiece.moment();
    let state = lease::judge(&dir, tools, at, Duration::ZERO)?;
    let keepers = Keepers::of(&dir)?;
    let floor = Journal::read(&dir.journal())?.floor().max(keepers.floor);
    let next = state.apply(LeaseEvent::Claim(wanted.claim(tools, floor)), at)?;
    let Next::Write(lease) = next else {
        unreachable!("a claim that is granted is written");
    };
    let grant = lease.grant();
    let alive = show_life(&dir, grant.epoch, tools)?;
    if let Err(source) = put_lease(&dir, &lease) {
        // Nobody was granted this epoch, and nothing is to say so.
        let _ = files::remove(&dir.keeper(grant.epoch));
        return Err(ClaimError::Write {
            path: dir.lease(),
            source,
        });
    }
    tools.probe.reached("keeper.claimed");
    keepers.sweep(&dir, grant.epoch);
    sweep_unfinished(&dir);
    Ok(Held::new(dir, tools.clone(), grant, alive))
}

impl Wanted {
    fn claim(self, tools: &Tools, floor: FencingToken) -> Claim {
        Claim {
            keeper: tools.here.keeper(),
            floor,
            consent: self.consent,
            session: self.session,
            generation: self.generation,
            agent: self.agent,
            mode: self.mode,
        }
    }
}

/// Takes the kernel lock of an epoch. A look may share it for an instant, so it is waited for.
fn show_life(dir: &OwnDir, epoch: FencingToken, tools: &Tools) -> Result<KernelLock, ClaimError> {
    let path = dir.keeper(epoch);
    match lock::within(&path, tools.patience).map_err(ClaimError::Alive)? {
        Some(alive) => Ok(alive),
        None => Err(ClaimError::TakenAlready { path }),
    }
}

/// Puts a lease in its place, whole. It need not outlive a loss of power: no keeper does.
pub(super) fn put_lease(dir: &OwnDir, lease: &Lease) -> io::Result<()> {
    files::replace(&dir.lease(), Durable::Sometime, |file| {
        file.write_all(lease.to_json().as_bytes())
    })
}

/// The locks that keepers left, or hold still.
#[derive(Debug)]
struct Keepers {
    /// The greatest epoch whose lock is held: its keeper lives, even if no file says so any more.
    floor: FencingToken,
    /// Those that are free.
    free: Vec<FencingToken>,
}

impl Keepers {
    fn of(dir: &OwnDir) -> Result<Self, ClaimError> {
        let path = dir.keepers();
        let failed = |source| {
            ClaimError::Dir(OwnDirError::Io {
                path: path.clone(),
                source,
            })
        };
        if fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(OwnDirError::NoDirectory { path }.into());
        }
        sys::create_private_subdir(&path).map_err(failed)?;
        let mut found = Self {
            floor: FencingToken::NONE,
            free: Vec::new(),
        };
        for entry in fs::read_dir(&path).map_err(failed)?.take(MAX_KEEPERS) {
            let name = entry.map_err(failed)?.file_name();
            let Some(epoch) = name.to_str().and_then(names::epoch_of) else {
                continue;
            };
            match lease::liveness(dir, epoch) {
                Liveness::Alive => found.floor = found.floor.max(epoch),
                Liveness::Dead => found.free.push(epoch),
                Liveness::Unknown => {}
            }
        }
        Ok(found)
    }

    /// Removes what is free, now that a later lease is written; what stays does no harm.
    fn sweep(self, dir: &OwnDir, granted: FencingToken) {
        for epoch in self.free.into_iter().filter(|epoch| *epoch != granted) {
            let _ = files::remove(&dir.keeper(epoch));
        }
    }
}

/// Removes what a keeper was writing when it was killed: only who holds the lock writes there.
fn sweep_unfinished(dir: &OwnDir) {
    for place in [dir.path().to_owned(), dir.baselines()] {
        let is_dir = fs::symlink_metadata(&place).is_ok_and(|metadata| metadata.is_dir());
        let entries = is_dir.then(|| fs::read_dir(&place).ok()).flatten();
        for entry in entries.into_iter().flatten().flatten() {
            if entry
                .file_name()
                .as_encoded_bytes()
                .ends_with(NEW_SUFFIX.as_bytes())
            {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}
