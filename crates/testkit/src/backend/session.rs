//! One start of a fake session: everything that its program, its clients and the backend share.
//!
//! The state is behind one lock that nobody holds while waiting. Whoever changes it says so, and
//! whoever waits looks again: nothing is queued but positions, so a client that is slow costs
//! nothing and learns from its position that it lagged.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use abide_core::{
    activity::Tracker,
    backend::{
        Alive, BackendKind, EndCause, Ended, ExitOutcome, Holder, OutputEvent, Running,
        SessionSpec, SessionState,
    },
    clock::{Clock, Timestamp},
    id::{ClientId, Generation, SessionId},
    replay::{Offset, ReplayBuffer},
    size::TermSize,
};
use bytes::Bytes;
use tokio::sync::{Semaphore, watch};

use super::screen::FakeScreen;

/// Input that a program may leave unread before writers wait, in bytes.
const INPUT_BYTES: usize = 4096;

/// Output given to a client in one event, in bytes.
const EVENT_BYTES: usize = 16 * 1024;

/// A way to end a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Hangup,
    Kill,
}

impl Signal {
    pub(super) fn number(self) -> i32 {
        match self {
            Self::Hangup => 1,
            Self::Kill => 9,
        }
    }
}

/// What one client has seen, and what it is still to be told.
struct Client {
    position: Offset,
    /// Events to be given once every byte before their position was.
    notices: VecDeque<(Offset, OutputEvent)>,
    told_end: bool,
}

pub(super) struct State {
    pub(super) size: TermSize,
    pub(super) screen: FakeScreen,
    pub(super) history: ReplayBuffer,
    pub(super) ended: Option<Ended>,
    pub(super) controller: Option<Holder>,
    /// Bytes typed and not read.
    pub(super) input: VecDeque<u8>,
    /// The strongest signal that was sent.
    pub(super) signal: Option<Signal>,
    pub(super) unresponsive: bool,
    clients: BTreeMap<ClientId, Client>,
    next_client: u64,
    pub(super) activity: Tracker,
    last_output_at: Option<Timestamp>,
}

/// One start of one session.
pub(super) struct FakeSession {
    pub(super) id: SessionId,
    pub(super) kind: BackendKind,
    pub(super) generation: Generation,
    pub(super) pid: u32,
    pub(super) clock: Arc<dyn Clock>,
    /// Whose turn it is to type: one whole `send`, or one write of the controller.
    pub(super) typing: Semaphore,
    started_at: Timestamp,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

impl fmt::Debug for FakeSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeSession")
            .field("id", &self.id)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl FakeSession {
    pub(super) fn new(
        spec: &SessionSpec,
        kind: BackendKind,
        pid: u32,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let capacity = usize::try_from(spec.history_bytes).unwrap_or(usize::MAX);
        Self {
            id: spec.session.clone(),
            kind,
            generation: Generation::random(),
            pid,
            typing: Semaphore::new(1),
            started_at: clock.now(),
            state: Mutex::new(State {
                size: spec.size,
                screen: FakeScreen::new(spec.size),
                history: ReplayBuffer::new(capacity),
                ended: None,
                controller: None,
                input: VecDeque::new(),
                signal: None,
                unresponsive: false,
                clients: BTreeMap::new(),
                next_client: 1,
                activity: Tracker::new(clock.now()),
                last_output_at: None,
            }),
            changed: watch::Sender::new(0),
            clock,
        }
    }

    /// Reads the state.
    pub(super) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state and wakes whoever waits for a change.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_modify(|version| *version += 1);
        result
    }

    /// Waits until `attempt` gives something; what it changed then wakes others.
    ///
    /// Cancel safety: `attempt` ran to its end or not at all.
    pub(super) async fn when<T>(&self, mut attempt: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            let result = attempt(&mut self.lock());
            if let Some(result) = result {
                self.changed.send_modify(|version| *version += 1);
                return result;
            }
            changed.changed().await.expect("the sender is in `self`");
        }
    }

    /// Prints what the program wrote.
    pub(super) fn print(&self, output: &[u8]) {
        let now = self.clock.now();
        self.update(|state| {
            state.screen.feed(output);
            state.history.push(output);
            state.activity.output(now);
            state.last_output_at = Some(now);
        });
    }

    /// Ends the session, if it has not ended.
    pub(super) fn end(&self, outcome: ExitOutcome) {
        let ended_at = match outcome {
            ExitOutcome::Lost { .. } => None,
            ExitOutcome::Exited { .. } | ExitOutcome::Signaled { .. } => Some(self.clock.now()),
        };
        self.update(|state| {
            let offset = state.history.end();
            state.controller = None;
            state.ended.get_or_insert(Ended {
                outcome,
                cause: state.signal.map(|_| EndCause::Stopped),
                started_at: self.started_at,
                ended_at,
                offset,
            });
        });
    }

    /// Returns what an observer is told.
    pub(super) fn observe(&self) -> SessionState {
        self.look(|state| {
            if state.unresponsive {
                return SessionState::Unresponsive {
                    holder_pid: Some(self.pid),
                    reason: "the test made it so".into(),
                };
            }
            if let Some(ended) = &state.ended {
                return SessionState::Ended(ended.clone());
            }
            let controls = usize::from(state.controller.is_some());
            SessionState::Running(Running {
                pid: self.pid,
                started_at: self.started_at,
                last_output_at: state.last_output_at,
                size: state.size,
                offset: state.history.end(),
                title: state.screen.title(),
                controller: state.controller.clone(),
                viewers: u32::try_from(state.clients.len() - controls).unwrap_or(u32::MAX),
                problem: None,
            })
        })
    }

    /// Returns what a list shows, for which nobody is asked: one that does not answer is alive.
    pub(super) fn seen(&self) -> SessionState<Alive> {
        self.look(|state| match &state.ended {
            Some(ended) => SessionState::Ended(ended.clone()),
            None => SessionState::Running(Alive {
                pid: self.pid,
                started_at: self.started_at,
            }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes in a client that goes on from `from`, or from a snapshot if that is not held.
    pub(super) fn admit(&mut self, from: Option<Offset>) -> ClientId {
        let client = ClientId::new(self.next_client);
        self.next_client += 1;
        let held = from.filter(|from| self.history.since(*from).is_some() && self.ended.is_none());
        let mut admitted = Client {
            position: held.unwrap_or(self.history.end()),
            notices: VecDeque::new(),
            told_end: false,
        };
        if held.is_none() {
            admitted.notices.push_back(self.snapshot());
        }
        self.clients.insert(client, admitted);
        client
    }

    /// Lets a client go, and its control with it.
    pub(super) fn dismiss(&mut self, client: ClientId) {
        self.clients.remove(&client);
        if self.is_controlled_by(client) {
            self.controller = None;
        }
    }

    /// Gives control to `holder` and tells whoever had it.
    pub(super) fn hand_over(&mut self, holder: Holder) {
        let end = self.history.end();
        if let Some(loser) = self.controller.replace(holder.clone())
            && let Some(client) = self.clients.get_mut(&loser.client)
        {
            let notice = OutputEvent::ControlLost { by: holder };
            client.notices.push_back((end, notice));
        }
    }

    pub(super) fn is_controlled_by(&self, client: ClientId) -> bool {
        self.controller
            .as_ref()
            .is_some_and(|holder| holder.client == client)
    }

    /// Gives the terminal another size and tells every client.
    pub(super) fn resize(&mut self, size: TermSize) {
        if size == self.size {
            return;
        }
        self.size = size;
        self.screen.resize(size);
        let end = self.history.end();
        for client in self.clients.values_mut() {
            // The last size is the one that counts: an untold earlier one is replaced.
            client
                .notices
                .retain(|(_, notice)| !matches!(notice, OutputEvent::Resized { .. }));
            client
                .notices
                .push_back((end, OutputEvent::Resized { size }));
        }
    }

    /// Takes what fits of `input`, and returns how much that was.
    pub(super) fn take_input(&mut self, input: &[u8]) -> usize {
        let taken = input.len().min(INPUT_BYTES - self.input.len());
        self.input.extend(&input[..taken]);
        taken
    }

    /// Returns the next thing that a client is to be told; `Some(None)` after the end.
    pub(super) fn next_event(&mut self, client: ClientId) -> Option<Option<OutputEvent>> {
        self.resync_if_lagged(client);
        let end = self.history.end();
        let Some(client) = self.clients.get_mut(&client) else {
            return Some(None);
        };
        let until = match client.notices.front() {
            Some((at, _)) if *at <= client.position => {
                return client.notices.pop_front().map(|(_, notice)| Some(notice));
            }
            Some((at, _)) => *at,
            None => end,
        };
        if client.position < until {
            let data = read(&self.history, client.position, until);
            let offset = client.position;
            client.position = offset.advanced(data.len());
            return Some(Some(OutputEvent::Output { offset, data }));
        }
        let ended = self.ended.clone()?;
        if std::mem::replace(&mut client.told_end, true) {
            return Some(None);
        }
        Some(Some(OutputEvent::Ended(ended)))
    }

    /// Tells a client whose position is no longer held that it lagged, and gives it a snapshot.
    fn resync_if_lagged(&mut self, client: ClientId) {
        let (start, end) = (self.history.start(), self.history.end());
        let lagged = |client: &Client| client.position < start;
        if !self.clients.get(&client).is_some_and(lagged) {
            return;
        }
        let snapshot = self.snapshot();
        let Some(client) = self.clients.get_mut(&client) else {
            return;
        };
        let skipped = end.since(client.position);
        client.position = end;
        client.notices.push_front(snapshot);
        client
            .notices
            .push_front((end, OutputEvent::Lagged { skipped }));
        for (at, _) in &mut client.notices {
            *at = end;
        }
    }

    fn snapshot(&self) -> (Offset, OutputEvent) {
        let offset = self.history.end();
        let data = Bytes::from(self.screen.snapshot());
        let size = self.size;
        (offset, OutputEvent::Snapshot { offset, size, data })
    }
}

fn read(history: &ReplayBuffer, from: Offset, until: Offset) -> Bytes {
    let wanted = usize::try_from(until.since(from)).unwrap_or(usize::MAX);
    let wanted = wanted.min(EVENT_BYTES);
    let mut data = Vec::with_capacity(wanted);
    for chunk in history.since(from).expect("lag was looked for before") {
        data.extend_from_slice(&chunk[..chunk.len().min(wanted - data.len())]);
        if data.len() == wanted {
            break;
        }
    }
    data.into()
}
