//! A terminal, held: from the endpoint to the session that is ready to run.

use std::sync::Arc;

use abide_core::{
    clock::{Clock, Timestamp},
    id::Generation,
    limits::HISTORY_BYTES,
    probe::Probe,
    replay::Offset,
    size::TermSize,
};

use super::{
    known::Unheld,
    reply::{failed, refused},
    request::Request,
};
use crate::{
    owner::{
        address::Address,
        journal::Journal,
        listener::Secrets,
        session::{Held, Identity, Session, reserved_after},
        source::{Joined, Made, Wanted},
        terminal::{Screen, Terminal},
    },
    state::{Joinable, Keeps, OwnerFile, SCHEMA, StateError},
    sys::{self, shutdown::Shutdown},
    token::Token,
    wire::{VERSIONS, launch::LaunchReply},
};

/// What a launch works with.
pub(super) struct Launching<'a> {
    pub(super) request: &'a Request,
    /// The last start that was described.
    pub(super) last: Option<&'a Unheld>,
    pub(super) probe: Arc<dyn Probe>,
    pub(super) clock: Arc<dyn Clock>,
}

/// A session that is described and can be reached once its tasks run.
pub(super) struct Ready<T> {
    pub(super) session: Session<T>,
    pub(super) address: Address,
    pub(super) secrets: Secrets,
    /// Whether this is a new start.
    pub(super) is_new: bool,
}

/// A terminal that is held by this process alone, and of which nobody knows yet.
struct Taken<T> {
    held: Held<T>,
    generation: Generation,
    started_at: Timestamp,
    child_pid: u32,
    is_new: bool,
}

/// A start, to be described.
pub(super) struct Start<'a> {
    pub(super) generation: Generation,
    pub(super) started_at: Timestamp,
    pub(super) child_pid: u32,
    pub(super) size: TermSize,
    pub(super) endpoint: &'a str,
    /// What an owner that joins it must know; none if none can.
    pub(super) joinable: Option<Joinable>,
}

impl Launching<'_> {
    /// Binds the endpoint of a new start.
    pub(super) fn bind(&self, generation: Generation) -> Result<Address, LaunchReply> {
        self.bound(Address::bind(
            &self.request.dir,
            &self.request.runtime_dir,
            generation,
        ))
    }

    fn bound(&self, bound: std::io::Result<Address>) -> Result<Address, LaunchReply> {
        let dir = self.request.runtime_dir.display();
        let address = bound.map_err(|err| failed(&format!("cannot listen in `{dir}`: {err}")))?;
        self.probe.reached("owner.bound");
        Ok(address)
    }

    /// Holds a terminal that was made just now.
    pub(super) fn hold_new<T: Terminal>(
        &self,
        made: Made<T>,
        wanted: &Wanted<'_>,
        address: Address,
        shutdown: Shutdown,
    ) -> Result<Ready<T>, LaunchReply> {
        let taken = Taken {
            held: Held {
                terminal: made.terminal,
                screen: Screen {
                    size: wanted.size,
                    content: Vec::new(),
                },
                offset: Offset::START,
            },
            generation: wanted.generation,
            started_at: wanted.started_at,
            child_pid: made.child_pid,
            is_new: true,
        };
        self.hold(taken, address, shutdown)
    }

    /// Holds a terminal that lives since an earlier owner made it.
    pub(super) fn hold_joined<T: Terminal>(
        &self,
        joined: Joined<T>,
        shutdown: Shutdown,
    ) -> Result<Ready<T>, LaunchReply> {
        if let Some(last) = self.last {
            Address::clear(&last.file.endpoint, last.file.generation);
        }
        let offset = self.next_offset(joined.generation);
        let address = self.bound(Address::bind_beside(
            &self.request.dir,
            &self.request.runtime_dir,
            joined.generation,
        ))?;
        let taken = Taken {
            held: Held {
                terminal: joined.terminal,
                screen: joined.screen,
                offset,
            },
            generation: joined.generation,
            started_at: joined.started_at,
            child_pid: joined.child_pid,
            is_new: false,
        };
        self.hold(taken, address, shutdown)
    }

    /// Returns a position that nothing printed so far has.
    fn next_offset(&self, generation: Generation) -> Offset {
        let before = self.last.filter(|last| last.file.generation == generation);
        let joinable = before.and_then(|last| last.file.joinable);
        // One that was never described could not be reached, so it gave out none.
        joinable.map_or(Offset::START, |joinable| joinable.offsets_below)
    }

    fn hold<T: Terminal>(
        &self,
        mut taken: Taken<T>,
        address: Address,
        shutdown: Shutdown,
    ) -> Result<Ready<T>, LaunchReply> {
        let described = self.describe(&Start {
            generation: taken.generation,
            started_at: taken.started_at,
            child_pid: taken.child_pid,
            size: taken.held.screen.size,
            endpoint: address.endpoint(),
            joinable: T::OUTLIVES_OWNER.then(|| Joinable {
                keeps: self.keeps(),
                offsets_below: reserved_after(taken.held.offset),
            }),
        });
        let token = match described {
            Ok(token) => token,
            Err(err) => {
                address.leave();
                if taken.is_new {
                    // Without a description nobody could ever reach the child: this start never was.
                    taken.held.terminal.kill();
                }
                return Err(refused(&err));
            }
        };
        self.probe.reached("owner.described");
        let secrets = Secrets {
            session: self.request.session.to_string(),
            generation: *taken.generation.as_bytes(),
            token,
        };
        let is_new = taken.is_new;
        Ok(Ready {
            session: self.session(taken, shutdown),
            address,
            secrets,
            is_new,
        })
    }

    /// Describes the start, or that it has another owner now; what an earlier start left goes.
    pub(super) fn describe(&self, start: &Start<'_>) -> Result<Token, StateError> {
        let token = Token::random();
        let dir = &self.request.dir;
        let pid = std::process::id();
        let file = OwnerFile {
            schema: SCHEMA,
            session: self.request.session.clone(),
            generation: start.generation,
            started_at: start.started_at,
            pid,
            pid_start: sys::process::start_time(pid),
            boot_id: sys::process::boot_id(),
            child_pid: start.child_pid,
            child_start: sys::process::start_time(start.child_pid),
            endpoint: start.endpoint.to_owned(),
            versions: VERSIONS.to_vec(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            size: start.size,
            history_bytes: Some(self.keeps().history_bytes),
            joinable: start.joinable,
        };
        dir.write_owner(&file, &token)?;
        let goes_on = |last: &Unheld| last.file.generation == start.generation && !last.is_recorded;
        if !self.last.is_some_and(goes_on) {
            dir.forget_end()?;
        }
        Ok(token)
    }

    /// Returns what the session keeps for those who come back: what it kept so far, or what was
    /// asked for when it was started.
    pub(super) fn keeps(&self) -> Keeps {
        let so_far = self.last.filter(|last| !last.is_replaced);
        let wanted = self.request.start.as_ref();
        so_far
            .and_then(|last| last.file.joinable)
            .map(|joinable| joinable.keeps)
            .or_else(|| wanted.map(|start| start.keeps))
            .unwrap_or(Keeps {
                history_bytes: HISTORY_BYTES,
                journal: true,
            })
    }

    fn session<T: Terminal>(&self, taken: Taken<T>, shutdown: Shutdown) -> Session<T> {
        let keeps = self.keeps();
        let identity = Identity {
            dir: self.request.dir.clone(),
            generation: taken.generation,
            started_at: taken.started_at,
            child_pid: taken.child_pid,
            probe: Arc::clone(&self.probe),
            clock: Arc::clone(&self.clock),
        };
        let journal = match keeps.journal {
            true => Journal::new(
                self.request.dir.journal(),
                taken.generation,
                keeps.history_bytes,
                Arc::clone(&self.probe),
            ),
            false => Journal::off(),
        };
        Session::new(identity, taken.held, shutdown, keeps.history_bytes, journal)
    }
}
