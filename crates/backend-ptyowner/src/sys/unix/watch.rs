//! Notices that a socket is not where it was bound any more.
//!
//! Three things can say so, and none of them polls:
//!
//! - the socket itself, and the directories that lead to it, which Linux watches (inotify(7));
//! - a client that found nobody there and rings: a signal to the owner, whose process is known by
//!   its start time as well as by its number ([`ring`]);
//! - nothing, until one of these does: elsewhere than on Linux, where every instance of inotify
//!   that the user may have is taken, and where something was mounted over a directory, the ring
//!   alone remains.

use std::{io, path::Path};

use rustix::process::{Pid, Signal};
use tokio::signal::unix::{SignalKind, signal};
use tracing::warn;

use super::{
    endpoint::{self, Identity},
    process,
};

#[cfg(target_os = "linux")]
use self::inotify::Events;

/// A socket that was bound here.
pub(crate) struct Watch {
    address: String,
    identity: Option<Identity>,
    events: Events,
    rung: tokio::signal::unix::Signal,
}

impl Watch {
    /// Watches the socket that was just bound at the address; needs a running reactor.
    pub(crate) fn new(address: &str) -> io::Result<Self> {
        let rung = signal(SignalKind::user_defined1())?;
        let events = Events::of(Path::new(address)).unwrap_or_else(|err| {
            warn!(error = %err, "its socket is not watched: looks after it when a client rings");
            Events::none()
        });
        Ok(Self {
            identity: endpoint::identity(address),
            address: address.to_owned(),
            events,
            rung,
        })
    }

    /// Tells whether the address still leads to the socket.
    pub(crate) fn is_intact(&self) -> bool {
        self.identity.is_some() && endpoint::identity(&self.address) == self.identity
    }

    /// Waits until the socket may be gone.
    ///
    /// Cancel safety: safe to drop; the next call learns of it.
    pub(crate) async fn changed(&mut self) {
        tokio::select! {
            () = self.events.any() => {}
            _ = self.rung.recv() => {}
        }
    }
}

/// Asks an owner to look after its socket. Whether there is such an owner, the caller has seen by
/// its lock; a process that started at another time is not it, and is left alone.
pub(crate) fn ring(pid: u32, start: Option<u64>) {
    if start.is_none() || process::start_time(pid) != start {
        return;
    }
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // One that is gone meanwhile needs to be told nothing.
        let _ = rustix::process::kill_process(pid, Signal::USR1);
    }
}

#[cfg(target_os = "linux")]
mod inotify {
    use std::{io, mem::MaybeUninit, os::fd::OwnedFd, path::Path};

    use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
    use tokio::io::unix::AsyncFd;

    /// Room for several events; whichever they are, the caller looks for itself.
    const EVENT_BYTES: usize = 4096;

    /// What happens to a socket and to the directories that lead to it.
    pub(super) struct Events(Option<AsyncFd<OwnedFd>>);

    impl Events {
        pub(super) fn none() -> Self {
            Self(None)
        }

        pub(super) fn of(path: &Path) -> io::Result<Self> {
            let queue = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
            let gone = WatchFlags::MOVE_SELF | WatchFlags::DELETE_SELF;
            // A bound socket lives on without a name: losing one changes the count of its links.
            let socket = gone | WatchFlags::ATTRIB | WatchFlags::DONT_FOLLOW;
            add_watch(&queue, path, socket)?;
            for dir in path.ancestors().skip(1) {
                // One that may not be watched cannot be renamed by this user either.
                let _ = add_watch(&queue, dir, gone | WatchFlags::ONLYDIR);
            }
            // SAFETY: the descriptor is owned, stays open and keeps its number until it is dropped.
            let queue = unsafe { AsyncFd::register(queue) }.map_err(io::Error::other)?;
            Ok(Self(Some(queue)))
        }

        /// Waits until anything happened.
        pub(super) async fn any(&self) {
            let Some(queue) = &self.0 else {
                return std::future::pending().await;
            };
            loop {
                let Ok(mut ready) = queue.readable().await else {
                    return std::future::pending().await;
                };
                match ready.try_io(|queue| drain(queue.get_ref())) {
                    Ok(Ok(true)) => return,
                    Ok(Ok(false)) | Err(_) => {}
                    Ok(Err(_)) => return std::future::pending().await,
                }
            }
        }
    }

    /// Takes what waits; tells whether it was more than that a watch of something is over.
    fn drain(queue: &OwnedFd) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); EVENT_BYTES];
        let mut reader = Reader::new(queue, &mut buffer);
        let mut any = false;
        loop {
            any |= reader.next()?.events() != ReadFlags::IGNORED;
            if reader.is_buffer_empty() {
                return Ok(any);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
struct Events;

#[cfg(not(target_os = "linux"))]
impl Events {
    fn none() -> Self {
        Self
    }

    fn of(_path: &Path) -> io::Result<Self> {
        Ok(Self)
    }

    async fn any(&self) {
        std::future::pending().await
    }
}
