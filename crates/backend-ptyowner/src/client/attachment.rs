//! An attachment to a live session.
//!
//! Output is read by whoever polls it, with no task and no queue in between: a caller that does not
//! poll is a slow client, and the owner deals with those. Input goes through one short queue, so
//! that frames of several callers are never mixed, and under a window, so that a program which does
//! not read stops its typist and nobody else. What the program took is told on the same stream as
//! its output; a typist that waits for that reads it itself, and keeps what output comes along for
//! the one who polls.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use abide_core::{
    backend::{BackendError, InputSink, OutputEvent, OutputStream, TerminalLoan},
    id::SessionId,
    limits::INPUT_CHUNK_BYTES,
    replay::Offset,
    size::TermSize,
};
use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio_util::task::AbortOnDropHandle;

use super::{
    connection::{ConnectError, OwnerClient, SharedStream, next},
    incoming::{Incoming, Reader},
    missed::Watched,
};
use crate::wire::{
    codec,
    event::Event,
    frame::Kind,
    limits::INPUT_WINDOW_BYTES,
    request::{Call, LoanStep, Request},
};

/// Frames on their way to the owner. A full queue makes the typist wait.
const QUEUE: usize = 8;

/// The number of a request whose reply nobody waits for.
const UNANSWERED: u32 = 0;

/// What both halves of an attachment know.
#[derive(Debug)]
pub(crate) struct Shared {
    session: SessionId,
    reader: Mutex<Reader>,
    controls: AtomicBool,
    /// Output goes to the client's own terminal.
    lent: AtomicBool,
    sent: AtomicU64,
    taken: AtomicU64,
    changed: Notify,
}

impl Shared {
    /// `from` is the position up to which the client has seen the output.
    pub(crate) fn new(
        session: SessionId,
        client: OwnerClient,
        controls: bool,
        from: Option<Offset>,
    ) -> Arc<Self> {
        Arc::new(Self {
            session,
            reader: Mutex::new(Reader::new(client.frames, from)),
            controls: AtomicBool::new(controls),
            lent: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            changed: Notify::new(),
        })
    }

    /// Notes what concerns the typist; returns what concerns the one who polls.
    fn note(&self, incoming: Incoming) -> Option<OutputEvent> {
        match incoming {
            Incoming::Event(event) => {
                match event {
                    OutputEvent::ControlLost { .. } | OutputEvent::Ended(_) => {
                        self.controls.store(false, Ordering::Relaxed);
                        self.changed.notify_waiters();
                    }
                    OutputEvent::Snapshot { .. } => self.lent.store(false, Ordering::Relaxed),
                    OutputEvent::Output { .. }
                    | OutputEvent::Keys { .. }
                    | OutputEvent::Lagged { .. }
                    | OutputEvent::Resized { .. } => {}
                }
                Some(event)
            }
            Incoming::InputTaken { total } => {
                self.taken.store(total, Ordering::Relaxed);
                self.changed.notify_waiters();
                None
            }
        }
    }

    fn room(&self) -> u64 {
        let sent = self.sent.load(Ordering::Relaxed);
        INPUT_WINDOW_BYTES.saturating_sub(sent - self.taken.load(Ordering::Relaxed))
    }

    /// Waits until something more may be sent, or nothing ever will; returns how much, in bytes.
    async fn open_window(&self) -> Result<u64, ConnectError> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change in between is missed.
            changed.as_mut().enable();
            match self.room() {
                0 if self.controls.load(Ordering::Relaxed) => {}
                room => return Ok(room),
            }
            tokio::select! {
                () = changed => {}
                read = self.read_ahead() => read?,
            }
        }
    }

    /// Reads until the typist may go on, or until so much was kept that it must be polled first.
    async fn read_ahead(&self) -> Result<(), ConnectError> {
        let mut reader = self.reader.lock().await;
        while self.room() == 0 && self.controls.load(Ordering::Relaxed) {
            if reader.is_over() {
                return Err(ConnectError::Gone);
            }
            if reader.is_full() {
                drop(reader);
                return std::future::pending().await;
            }
            let incoming = reader.read().await?;
            if let Some(event) = self.note(incoming) {
                reader.keep(event);
            }
        }
        Ok(())
    }

    async fn next_event(&self) -> Result<Option<OutputEvent>, ConnectError> {
        let mut reader = self.reader.lock().await;
        loop {
            if let Some(event) = reader.kept() {
                self.changed.notify_waiters();
                return Ok(Some(event));
            }
            if reader.is_over() {
                return Ok(None);
            }
            let incoming = reader.read().await?;
            if let Some(event) = self.note(incoming) {
                return Ok(Some(event));
            }
        }
    }

    fn failed(&self, action: &'static str, err: ConnectError) -> BackendError {
        BackendError::Failed {
            action,
            session: self.session.clone(),
            source: err.into(),
        }
    }
}

/// The output of a live session.
pub(crate) struct LiveOutput {
    shared: Arc<Shared>,
    watched: Watched,
    /// What comes after the connection, if it was lost at the end.
    missed: Option<VecDeque<OutputEvent>>,
}

impl LiveOutput {
    pub(crate) fn new(shared: Arc<Shared>, watched: Watched) -> Self {
        Self {
            shared,
            watched,
            missed: None,
        }
    }

    /// Looks whether the session has ended whose connection is lost.
    async fn look_again(&mut self) -> bool {
        let reached = self.shared.reader.lock().await.reached();
        let lent = self.shared.lent.load(Ordering::Relaxed);
        self.missed = self.watched.missed(reached, lent).await;
        self.missed.is_some()
    }
}

#[async_trait]
impl OutputStream for LiveOutput {
    async fn next(&mut self) -> Result<Option<OutputEvent>, BackendError> {
        if self.missed.is_none() {
            match self.shared.next_event().await {
                Ok(event) => return Ok(event),
                Err(err) if err.is_hangup() && self.look_again().await => {}
                Err(err) => return Err(self.shared.failed("go on watching", err)),
            }
        }
        Ok(self.missed.as_mut().and_then(VecDeque::pop_front))
    }
}

/// The way to type into a live session.
pub(crate) struct LiveInput {
    shared: Arc<Shared>,
    frames: mpsc::Sender<Bytes>,
    /// Typing one text at a time keeps the pieces of a long one together.
    turn: Mutex<()>,
    _writer: AbortOnDropHandle<()>,
}

impl LiveInput {
    pub(crate) fn new(shared: Arc<Shared>, stream: SharedStream) -> Self {
        let (frames, mut queued) = mpsc::channel::<Bytes>(QUEUE);
        let write = async move {
            while let Some(frame) = queued.recv().await {
                if stream.send(&frame).await.is_err() {
                    // The output's side reports how the connection ended.
                    break;
                }
            }
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the handle aborts it when the input is dropped, and it has no result"
        )]
        let writer = AbortOnDropHandle::new(tokio::spawn(write));
        Self {
            shared,
            frames,
            turn: Mutex::new(()),
            _writer: writer,
        }
    }

    /// Returns the loan of the client's terminal, whose steps go the same way as what is typed.
    pub(crate) fn loan(&self) -> LiveLoan {
        LiveLoan {
            shared: Arc::clone(&self.shared),
            frames: self.frames.clone(),
        }
    }

    fn check_control(&self, action: &'static str) -> Result<(), BackendError> {
        if self.shared.controls.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(BackendError::Refused {
            action,
            session: self.shared.session.clone(),
            reason: "this client has no control of it".into(),
        })
    }

    async fn queue(&self, action: &'static str, frame: Bytes) -> Result<(), BackendError> {
        let gone = |_| self.shared.failed(action, ConnectError::Gone);
        self.frames.send(frame).await.map_err(gone)
    }
}

#[async_trait]
impl InputSink for LiveInput {
    async fn write(&self, mut input: Bytes) -> Result<(), BackendError> {
        const ACTION: &str = "type into";
        let shared = &self.shared;
        let _turn = self.turn.lock().await;
        while !input.is_empty() {
            let room = shared
                .open_window()
                .await
                .map_err(|err| shared.failed(ACTION, err))?;
            self.check_control(ACTION)?;
            // With a place in the queue there is no wait between counting a piece and sending it.
            let place = self.frames.reserve().await;
            let place = place.map_err(|_| shared.failed(ACTION, ConnectError::Gone))?;
            let piece = take_piece(&mut input, room);
            shared.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            place.send(codec::raw(Kind::Input, &piece));
        }
        self.check_control(ACTION)
    }

    async fn resize(&self, size: TermSize) -> Result<(), BackendError> {
        self.check_control("resize")?;
        let call = Call {
            id: UNANSWERED,
            request: Request::Resize(size.into()),
        };
        self.queue("resize", codec::encode(Kind::Call, &call)).await
    }
}

/// A terminal that is lent to a live session's owner.
pub(crate) struct LiveLoan {
    shared: Arc<Shared>,
    frames: mpsc::Sender<Bytes>,
}

impl LiveLoan {
    async fn step(&self, action: &'static str, step: LoanStep) -> Result<(), BackendError> {
        let call = Call {
            id: UNANSWERED,
            request: Request::Loan(step),
        };
        let sent = self.frames.send(codec::encode(Kind::Call, &call)).await;
        sent.map_err(|_| self.shared.failed(action, ConnectError::Gone))
    }
}

#[async_trait]
impl TerminalLoan for LiveLoan {
    async fn begin(&self) -> Result<(), BackendError> {
        self.shared.lent.store(true, Ordering::Relaxed);
        self.step("be shown", LoanStep::Begin).await
    }

    async fn take_keys(&self) -> Result<(), BackendError> {
        self.step("type into", LoanStep::TakeKeys).await
    }

    async fn end(&self) -> Result<(), BackendError> {
        self.step("leave", LoanStep::End).await
    }
}

/// Types everything and waits until the terminal took it; `taken` says how far it is, in bytes.
pub(crate) async fn type_all(
    client: &mut OwnerClient,
    mut input: Bytes,
    taken: &mut u64,
) -> Result<(), ConnectError> {
    let total = input.len() as u64;
    let mut sent = 0_u64;
    while *taken < total {
        while !input.is_empty() && sent - *taken < INPUT_WINDOW_BYTES {
            let piece = take_piece(&mut input, INPUT_WINDOW_BYTES - (sent - *taken));
            client.stream.send(&codec::raw(Kind::Input, &piece)).await?;
            sent += piece.len() as u64;
        }
        let frame = next(&mut client.frames).await?;
        if frame.kind == Kind::Event
            && let Event::InputTaken { total } = codec::decode(&frame)?
        {
            *taken = total;
        }
    }
    Ok(())
}

/// Takes the next piece off the input: what the window and one frame hold.
fn take_piece(input: &mut Bytes, room: u64) -> Bytes {
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    input.split_to(room.min(INPUT_CHUNK_BYTES).min(input.len()))
}
