//! What a test makes go wrong in a fake backend, and what it was asked.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use abide_core::{
    backend::{BackendError, ErrorKind, Holder},
    clock::Timestamp,
    id::{ClientId, SessionId},
};
use tokio::sync::watch;

/// One operation of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// `ensure`
    Ensure,
    /// `status`
    Status,
    /// `list`
    List,
    /// `attach`
    Attach,
    /// `watch`
    Watch,
    /// `send`
    Send,
    /// `capture`
    Capture,
    /// `stop`
    Stop,
    /// `remove`
    Remove,
}

impl Op {
    /// Returns the verb that errors name the operation by.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Ensure => "start",
            Self::Status => "observe",
            Self::List => "list",
            Self::Attach => "attach to",
            Self::Watch => "watch",
            Self::Send => "type into",
            Self::Capture => "capture",
            Self::Stop => "stop",
            Self::Remove => "remove",
        }
    }
}

/// One call that a fake backend received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What was asked.
    pub op: Op,
    /// Of which session; none for a list.
    pub session: Option<SessionId>,
}

#[derive(Debug, Default)]
struct Plan {
    failures: BTreeMap<Op, VecDeque<ErrorKind>>,
    hanging: BTreeSet<Op>,
    calls: Vec<Call>,
}

/// The faults planned and the calls received.
#[derive(Debug)]
pub(super) struct Faults {
    plan: Mutex<Plan>,
    changed: watch::Sender<()>,
}

impl Faults {
    pub(super) fn new() -> Self {
        Self {
            plan: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    pub(super) fn fail_next(&self, op: Op, kind: ErrorKind) {
        self.plan().failures.entry(op).or_default().push_back(kind);
    }

    pub(super) fn hang(&self, op: Op) {
        self.plan().hanging.insert(op);
    }

    pub(super) fn release(&self, op: Op) {
        self.plan().hanging.remove(&op);
        self.changed.send_replace(());
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.plan().calls.clone()
    }

    /// Notes a call, holds it while its operation hangs, and fails it if that is planned.
    pub(super) async fn meet(
        &self,
        op: Op,
        session: Option<&SessionId>,
    ) -> Result<(), BackendError> {
        let mut changed = self.changed.subscribe();
        self.plan().calls.push(Call {
            op,
            session: session.cloned(),
        });
        loop {
            changed.borrow_and_update();
            if !self.plan().hanging.contains(&op) {
                break;
            }
            changed.changed().await.expect("the sender is in `self`");
        }
        // A real backend is dropped between asking and hearing; so can this one be.
        tokio::task::yield_now().await;
        let failure = self
            .plan()
            .failures
            .get_mut(&op)
            .and_then(VecDeque::pop_front);
        match failure {
            Some(kind) => Err(scripted(op, session, kind)),
            None => Ok(()),
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn scripted(op: Op, session: Option<&SessionId>, kind: ErrorKind) -> BackendError {
    let unnamed = || "every-session".parse().expect("a valid id");
    let session = session.cloned().unwrap_or_else(unnamed);
    let action = op.verb();
    let reason = "the test made it so";
    match kind {
        ErrorKind::Gone => BackendError::NotFound { session },
        ErrorKind::Busy => BackendError::Busy {
            session,
            holder: Holder {
                client: ClientId::new(1),
                label: "a client of the test".into(),
                since: Timestamp::from_millis(0),
            },
        },
        ErrorKind::Refused => BackendError::Refused {
            action,
            session,
            reason: reason.into(),
        },
        ErrorKind::TimedOut => BackendError::Unresponsive {
            session,
            holder_pid: None,
            source: reason.into(),
        },
        ErrorKind::ProgramNotFound => BackendError::ProgramNotFound {
            program: "missing".into(),
            reason: reason.into(),
        },
        ErrorKind::Broken => BackendError::Failed {
            action,
            session,
            source: reason.into(),
        },
    }
}
