//! Where the owner can be reached: bound, watched, and bound again when it is gone.
//!
//! Somebody may delete the socket of a live owner, or the directory it is in; a logout does, to the
//! user's runtime directory. The session must not be lost for that, so the owner notices, binds
//! again, and says in `owner.json` where. Nothing that took the socket's place is ever removed.
//!
//! If the session's own directory is gone there is no place left to say it, and whoever deleted it
//! wanted the session forgotten: the owner goes on for those who are attached, until its child ends.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use abide_core::id::{Generation, random_bytes, to_hex};
use interprocess::local_socket::{
    tokio::{Listener, Stream},
    traits::tokio::Listener as _,
};
use tokio::time::Instant;
use tracing::{info, warn};

use super::{sync, timer};
use crate::{
    state::{OwnerFile, SessionDir},
    sys::{self, watch::Watch},
};

/// Time from the loss of the endpoint until it is bound again: whoever deletes the whole directory
/// is not to find a new socket in it while at it.
const SETTLE: Duration = Duration::from_millis(50);

/// Time until binding is tried again after it failed; doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// The longest that this becomes.
const LAST_RETRY: Duration = Duration::from_secs(60);

/// The owner's endpoint.
pub(crate) struct Address {
    listener: Listener,
    endpoint: String,
    watch: Watch,
    dir: SessionDir,
    runtime_dir: PathBuf,
    generation: Generation,
    /// How often it was bound again; part of a name that is never used twice.
    moves: u32,
    /// When to look after the endpoint, and how long to wait if that fails.
    due: Option<(Instant, Duration)>,
}

impl Address {
    /// Binds the endpoint of a new owner.
    pub(crate) fn bind(
        dir: &SessionDir,
        runtime_dir: &Path,
        generation: Generation,
    ) -> io::Result<Self> {
        Self::bind_as(dir, runtime_dir, generation, &stem(generation))
    }

    /// Binds the endpoint of an owner that goes on where another one left off: under a name of its
    /// own, since the other's socket may still be there.
    pub(crate) fn bind_beside(
        dir: &SessionDir,
        runtime_dir: &Path,
        generation: Generation,
    ) -> io::Result<Self> {
        let own = format!("{}-{}", stem(generation), to_hex(&random_bytes::<4>()));
        Self::bind_as(dir, runtime_dir, generation, &own)
    }

    /// Takes away the endpoint of an owner that was killed. The caller saw that its lock is free.
    ///
    /// An owner describes itself once it is bound. What was made later has taken the endpoint's place.
    pub(crate) fn clear_left(dir: &SessionDir, owner: &OwnerFile) {
        let made = sys::endpoint::made_at(&owner.endpoint);
        if made.is_some() && made <= dir.described_at() {
            Self::clear(&owner.endpoint, owner.generation);
        }
    }

    /// Takes away what is left of the endpoint of an owner that is gone.
    pub(crate) fn clear(endpoint: &str, generation: Generation) {
        sys::endpoint::remove(endpoint, &stem(generation));
    }

    fn bind_as(
        dir: &SessionDir,
        runtime_dir: &Path,
        generation: Generation,
        name: &str,
    ) -> io::Result<Self> {
        let (listener, endpoint) = sys::endpoint::bind(runtime_dir, name)?;
        Ok(Self {
            listener,
            watch: Watch::new(&endpoint)?,
            endpoint,
            dir: dir.clone(),
            runtime_dir: runtime_dir.to_owned(),
            generation,
            moves: 0,
            due: None,
        })
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Waits for a connection, and sees to it that there can be some.
    ///
    /// Cancel safety: safe to drop at any await.
    pub(crate) async fn accept(&mut self) -> io::Result<Stream> {
        loop {
            tokio::select! {
                accepted = self.listener.accept() => return accepted,
                () = self.watch.changed() => self.notice(),
                () = timer::at(self.due.map(|(at, _)| at)) => self.look_after(),
            }
        }
    }

    fn notice(&mut self) {
        if self.due.is_none() && !self.watch.is_intact() {
            warn!("the endpoint is gone");
            self.due = Some((timer::after(SETTLE), FIRST_RETRY));
        }
    }

    /// Binds again if the endpoint is gone, and says where.
    fn look_after(&mut self) {
        let wait = self.due.take().map_or(FIRST_RETRY, |(_, wait)| wait);
        if let Err(err) = self.settle() {
            warn!(error = %err, "cannot be reached; tries again");
            self.due = Some((timer::after(wait), (2 * wait).min(LAST_RETRY)));
        }
    }

    fn settle(&mut self) -> io::Result<()> {
        if !self.watch.is_intact() {
            self.moves += 1;
            let stem = stem(self.generation);
            let spare = format!("{stem}-{}", self.moves);
            let (listener, endpoint) = sys::endpoint::bind_again(&self.runtime_dir, &stem, &spare)?;
            let watch = Watch::new(&endpoint)?;
            (self.listener, self.endpoint, self.watch) = (listener, endpoint, watch);
            if !self.watch.is_intact() {
                // Gone again before it was watched: nothing else would ever say so.
                return Err(io::ErrorKind::NotFound.into());
            }
        }
        let said = self.dir.move_owner(self.generation, &self.endpoint);
        if said.is_err() && !self.dir.exists() {
            warn!("the session's directory is gone: nobody can find this owner any more");
            return Ok(());
        }
        if said.map_err(io::Error::other)? {
            sync::in_background(self.dir.clone());
        }
        info!("can be reached again");
        Ok(())
    }

    /// Takes the endpoint away.
    pub(crate) fn leave(self) {
        drop(self.listener);
        sys::endpoint::remove(&self.endpoint, &stem(self.generation));
    }
}

/// Returns the part of an endpoint's name that is one owner's alone.
fn stem(generation: Generation) -> String {
    to_hex(&generation.as_bytes()[..8])
}
