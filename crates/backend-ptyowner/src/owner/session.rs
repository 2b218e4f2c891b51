//! The session's task: owns the terminal, the screen, the history and who is connected.
//!
//! ```text
//! Running ──child ends──► Draining ──terminal is empty──► Over ──recorded──► done
//!    └── stop: Asked ──grace──► Killing ──tree is gone or deadline──┘
//! ```
//!
//! The end is recorded on disk before anybody is told of it. If that fails the owner stays, with
//! the end in memory, and tries again whenever a client comes.

mod attach;
mod clients;
mod end;
mod journal;
mod loan;
mod requests;
mod reserve;
mod stop;
mod versions;
mod watch;

use std::sync::Arc;

use abide_core::{
    clock::{Clock, Timestamp},
    id::{ClientId, Generation},
    probe::Probe,
    replay::Offset,
};
use bytes::Bytes;
use interprocess::local_socket::tokio::Stream;
use tokio::sync::mpsc;
use tracing::{error, warn};

use self::{clients::Clients, end::Life, loan::Keys, stop::Stopping};
pub(crate) use self::{requests::render, reserve::reserved_after};
use super::{
    activity::Activities,
    history::History,
    input::{Author, InputQueue},
    journal::Journal,
    outbox::Outbox,
    pace::Patience,
    screen::{self, Answering, Screen},
    sync,
    terminal::{self, Read, Terminal},
    timer,
};
use crate::{
    state::{ActivityFile, SessionDir},
    sys::shutdown::Shutdown,
    wire::request::Call,
};

/// Output before every other task had its turn, in bytes: about half a millisecond.
const MAX_UNYIELDING_BYTES: usize = 32 * 1024;

/// What a read counts at least, in bytes. Of short ones as many seldom come in a row.
const LEAST_READ_BYTES: usize = 512;

/// What a connection's task tells the session.
#[derive(Debug)]
pub(crate) enum Command {
    /// A client proved itself.
    Joined {
        client: ClientId,
        label: String,
        version: u16,
        stream: Arc<Stream>,
        outbox: Arc<Outbox>,
    },
    /// It asks for something.
    Call { client: ClientId, call: Call },
    /// It types.
    Input { client: ClientId, input: Bytes },
    /// It lagged, and has now taken all that was queued for it.
    Drained { client: ClientId },
    /// It has taken so much that the child need not wait for it.
    Relieved,
    /// Its connection is over.
    Left { client: ClientId },
}

/// What does not change over a session's life.
pub(crate) struct Identity {
    pub(crate) dir: SessionDir,
    pub(crate) generation: Generation,
    pub(crate) started_at: Timestamp,
    pub(crate) child_pid: u32,
    pub(crate) probe: Arc<dyn Probe>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A terminal as the session gets it.
pub(crate) struct Held<T> {
    pub(crate) terminal: T,
    /// What it shows already.
    pub(crate) screen: terminal::Screen,
    /// The position of what it prints next.
    pub(crate) offset: Offset,
}

/// The task.
pub(crate) struct Session<T> {
    identity: Identity,
    terminal: T,
    shutdown: Shutdown,
    screen: Screen,
    history: History,
    journal: Journal,
    input: InputQueue,
    clients: Clients,
    /// From where keys are read directly, if from anywhere.
    keys: Option<Keys>,
    patience: Patience,
    life: Life,
    stopping: Option<Stopping>,
    last_output_at: Option<Timestamp>,
    activity: Activities,
    /// When the session was over.
    ended_since: Option<tokio::time::Instant>,
    /// The position before which all those stay that an owner which joins may not give out again.
    reserved: Offset,
}

impl<T: Terminal> Session<T> {
    pub(crate) fn new(
        identity: Identity,
        held: Held<T>,
        shutdown: Shutdown,
        history_bytes: u64,
        mut journal: Journal,
    ) -> Self {
        let answering = match T::ANSWERS_QUERIES {
            true => Answering::Terminal,
            false => Answering::Owner,
        };
        let mut screen = Screen::new(held.screen.size, screen::limits(history_bytes), answering);
        let noted = ActivityFile::new(&identity.dir, identity.generation);
        let activity = Activities::new(identity.clock.now(), noted);
        let is_joined = held.offset != Offset::START;
        if is_joined || !held.screen.content.is_empty() {
            screen.seed(&held.screen.content);
            journal.printed();
        }
        Self {
            identity,
            terminal: held.terminal,
            shutdown,
            screen,
            history: History::new(history_bytes / 2, held.offset),
            journal,
            input: InputQueue::default(),
            clients: Clients::default(),
            keys: None,
            patience: Patience::new(timer::now()),
            life: Life::new(),
            stopping: None,
            last_output_at: None,
            activity,
            ended_since: None,
            reserved: reserved_after(held.offset),
        }
    }

    /// Runs until the session is over, its end is recorded, and nobody waits for a stop.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>) -> Recorded {
        sync::in_background(self.identity.dir.clone());
        let mut unyielding = 0;
        while !self.is_done() {
            // A terminal that is flooded is always ready: without this, no other task of the
            // owner would ever run.
            if MAX_UNYIELDING_BYTES <= unyielding {
                unyielding = 0;
                tokio::task::yield_now().await;
            }
            let deadline = self.next_deadline();
            tokio::select! {
                read = self.terminal.read(self.history.room()), if self.is_reading() => {
                    if let Ok(Read::Bytes(count)) = read {
                        unyielding += count.max(LEAST_READ_BYTES);
                    }
                    self.on_read(read);
                }
                keys = loan::typed(self.keys.as_ref()) => self.on_keys(keys),
                typed = self.terminal.write(self.input.front()), if !self.input.is_empty() => {
                    self.on_typed(typed);
                }
                Some(command) = commands.recv() => self.on_command(command),
                () = self.terminal.changed() => self.on_child_changed(),
                written = self.journal.written() => self.journal.on_written(written),
                () = self.shutdown.asked() => self.on_shutdown(),
                () = timer::at(deadline) => self.on_deadline(),
            }
        }
        self.clients.close_all();
        Recorded {
            is_recorded: !self.life.is_left(),
            dir: self.identity.dir,
            journal: self.journal,
        }
    }

    /// Tells whether output is read now: not while the child waits for a client.
    fn is_reading(&self) -> bool {
        self.life.is_reading() && !self.patience.is_held()
    }

    fn next_deadline(&self) -> Option<tokio::time::Instant> {
        let stopping = self.stopping.as_ref().map(Stopping::deadline);
        let held = self.patience.deadline();
        let deadlines = [
            self.life.deadline(),
            stopping,
            held,
            self.journal.deadline(),
            self.loan_deadline(),
            self.activity.deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    fn on_deadline(&mut self) {
        let now = timer::now();
        if self.patience.deadline().is_some_and(|until| until <= now) {
            self.patience.release(now);
        }
        self.end_if_drained();
        self.go_on_stopping();
        self.flush_journal();
        self.publish_activity();
    }

    fn on_read(&mut self, read: std::io::Result<Read>) {
        match read {
            Ok(Read::Bytes(_)) => self.on_output(),
            Ok(Read::Resized(size)) => self.on_resized(size, None),
            Ok(Read::Lost(screen)) => self.on_lost(&screen),
            Ok(Read::Ended) => self.on_terminal_ended(),
            Err(err) => {
                warn!(error = %err, "cannot read the terminal");
                self.on_terminal_ended();
            }
        }
    }

    fn on_output(&mut self) {
        let chunk = self.history.take();
        self.reserve();
        let now = self.identity.clock.now();
        self.last_output_at = Some(now);
        self.activity.printed(&chunk.output, now);
        self.journal.printed();
        let answers = self.screen.feed(&chunk.output);
        self.input.push(Author::Owner, answers.into());
        let is_full = self.clients.send_output(&chunk.frame, chunk.output.len());
        if is_full {
            self.patience.hold(timer::now());
        }
    }

    fn on_relieved(&mut self) {
        if !self.clients.is_one_full() {
            self.patience.release(timer::now());
        }
    }

    /// Types what waits, as far as the terminal takes it at once: the rest follows in its turn.
    fn type_now(&mut self) {
        if self.input.is_empty() {
            return;
        }
        match self.terminal.try_write(self.input.front()) {
            Ok(None) => {}
            Ok(Some(count)) => self.on_typed(Ok(count)),
            Err(err) => self.on_typed(Err(err)),
        }
    }

    fn on_typed(&mut self, typed: std::io::Result<usize>) {
        match typed {
            Ok(count) => {
                if let Some(Author::Client(client)) = self.input.typed(count) {
                    self.clients.input_taken(client, count);
                }
            }
            // A terminal without a program takes nothing any more; the end follows.
            Err(err) => {
                warn!(error = %err, "cannot type into the terminal");
                self.input.clear();
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Joined {
                client,
                label,
                version,
                stream,
                outbox,
            } => {
                self.clients.join(client, label, version, stream, outbox);
                self.record_again();
            }
            Command::Call { client, call } => self.on_call(client, call),
            Command::Input { client, input } => self.on_input(client, input),
            Command::Drained { client } => self.resync(client),
            Command::Relieved => self.on_relieved(),
            Command::Left { client } => self.on_left(client),
        }
    }

    fn on_input(&mut self, client: ClientId, input: Bytes) {
        if self.life.is_over() {
            return;
        }
        if self.clients.accept_input(client, input.len()) {
            self.activity.typed(&input);
            self.input.push(Author::Client(client), input);
            self.type_now();
        }
    }
}

/// A session that is over, and whose end is recorded; or one that goes on without this process.
pub(crate) struct Recorded {
    is_recorded: bool,
    dir: SessionDir,
    journal: Journal,
}

impl Recorded {
    /// Makes sure that the record outlives a crash of the machine, once everybody was told.
    pub(crate) async fn keep(mut self) {
        if !self.is_recorded {
            return;
        }
        match self.dir.sync_end() {
            Ok(()) => self.journal.remove().await,
            // The journal says almost the same, if the machine crashes before the record is safe.
            Err(err) => error!(error = %err, "the end may not outlive a crash of the machine"),
        }
    }
}
