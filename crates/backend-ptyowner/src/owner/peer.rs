//! One client: lets it in or not, then carries frames both ways until either side ends.

use std::{io, sync::Arc};

use abide_core::id::{self, ClientId};
use interprocess::local_socket::tokio::Stream;
use tokio::{io::AsyncWriteExt as _, sync::mpsc};
use tracing::{debug, info};

use super::{
    listener::Secrets,
    outbox::{Next, Outbox},
    session::Command,
};
use crate::{
    sys,
    wire::{
        codec,
        error::WireError,
        event::Event,
        frame::{Frame, Kind, Sender},
        greeting,
        hello::{Refused, Welcome},
        limits::HANDSHAKE_DEADLINE,
        stream::{FrameReader, ReadError},
    },
};

/// The task of one connection.
pub(crate) struct Peer {
    pub(crate) client: ClientId,
    pub(crate) stream: Arc<Stream>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) commands: mpsc::Sender<Command>,
}

/// A client that proved itself.
struct Greeted {
    /// What it calls itself.
    label: String,
    /// The version that is spoken.
    version: u16,
}

/// Why a connection came to nothing.
enum Rejected {
    /// The client is told why.
    Told(Refused),
    /// There is nobody to tell.
    Gone,
}

impl From<ReadError> for Rejected {
    fn from(err: ReadError) -> Self {
        match err {
            ReadError::Io(_) => Self::Gone,
            ReadError::Wire(err) => Self::Told(err.into()),
        }
    }
}

impl From<Refused> for Rejected {
    fn from(refused: Refused) -> Self {
        Self::Told(refused)
    }
}

impl From<io::Error> for Rejected {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl Peer {
    /// Serves the client until it leaves, breaks the rules, or the session closes its outbox.
    pub(crate) async fn run(self) {
        let mut frames = FrameReader::new(&*self.stream, Sender::NewClient);
        let greeted = tokio::time::timeout(HANDSHAKE_DEADLINE, self.greet(&mut frames)).await;
        let limit_ms = u64::try_from(HANDSHAKE_DEADLINE.as_millis()).expect("a few seconds");
        match greeted.unwrap_or(Err(Rejected::Told(Refused::TooSlow { limit_ms }))) {
            Ok(greeted) => self.serve(frames, greeted).await,
            Err(Rejected::Gone) => debug!(client = %self.client, "left before its proof"),
            Err(Rejected::Told(refused)) => {
                info!(client = %self.client, reason = %refused, "refused");
                let frame = codec::encode(Kind::Refused, &refused);
                let send = self.send(&frame);
                let _ = tokio::time::timeout(HANDSHAKE_DEADLINE, send).await;
            }
        }
    }

    /// Goes through the handshake.
    async fn greet(&self, frames: &mut FrameReader<&Stream>) -> Result<Greeted, Rejected> {
        if !sys::endpoint::is_same_user(&self.stream)? {
            return Err(Rejected::Told(Refused::User));
        }
        let hello = next(frames).await?;
        let challenged = greeting::challenge(self.secrets.expected(), &hello, id::random_bytes())?;
        let version = challenged.challenge().version;
        self.send(&codec::encode(Kind::Challenge, challenged.challenge()))
            .await?;
        let label = challenged.judge(&next(frames).await?)?;
        frames.trust();
        let client = self.client.get();
        self.send(&codec::encode(Kind::Welcome, &Welcome { client }))
            .await?;
        Ok(Greeted { label, version })
    }

    async fn serve(&self, frames: FrameReader<&Stream>, greeted: Greeted) {
        let outbox = Arc::new(Outbox::default());
        let joined = Command::Joined {
            client: self.client,
            label: greeted.label,
            version: greeted.version,
            stream: Arc::clone(&self.stream),
            outbox: Arc::clone(&outbox),
        };
        if self.commands.send(joined).await.is_err() {
            return;
        }
        debug!(client = %self.client, "joined");
        tokio::select! {
            () = self.read(frames, &outbox) => {}
            () = self.write(&outbox) => {}
        }
        let _ = self
            .commands
            .send(Command::Left {
                client: self.client,
            })
            .await;
        debug!(client = %self.client, "left");
    }

    /// Hands the session what the client sends. After a violation the client is told, and the
    /// writer ends the connection.
    async fn read(&self, mut frames: FrameReader<&Stream>, outbox: &Outbox) {
        let violation = loop {
            let command = match frames.next().await {
                Ok(Some(frame)) => self.command(frame),
                Ok(None) | Err(ReadError::Io(_)) => return,
                Err(ReadError::Wire(err)) => Err(err),
            };
            match command {
                Ok(command) => {
                    if self.commands.send(command).await.is_err() {
                        return;
                    }
                }
                Err(violation) => break violation,
            }
        };
        info!(client = %self.client, reason = %violation, "ended for a violation");
        let closing = Event::Closing {
            reason: violation.to_string(),
        };
        outbox.push(codec::encode(Kind::Event, &closing));
        outbox.close();
        std::future::pending().await
    }

    fn command(&self, frame: Frame) -> Result<Command, WireError> {
        let client = self.client;
        match frame.kind {
            Kind::Call => Ok(Command::Call {
                client,
                call: codec::decode(&frame)?,
            }),
            Kind::Input => Ok(Command::Input {
                client,
                input: frame.body,
            }),
            kind => Err(WireError::UnexpectedKind(kind)),
        }
    }

    async fn write(&self, outbox: &Outbox) {
        loop {
            match outbox.next().await {
                Next::Send(frame) => {
                    if self.send(&frame).await.is_err() {
                        return;
                    }
                    outbox.sent(frame.len());
                }
                // A terminal that takes everything must not keep the others from their turn.
                Next::Shown => tokio::task::yield_now().await,
                Next::Wait(terminal) => tokio::select! {
                    _ = terminal.writable() => {}
                    () = outbox.changed() => {}
                },
                // Once the session is over nobody needs to know, and the rest is still to be sent.
                Next::SayRelieved => {
                    let _ = self.commands.send(Command::Relieved).await;
                }
                Next::AskForSnapshot => {
                    let drained = Command::Drained {
                        client: self.client,
                    };
                    if self.commands.send(drained).await.is_err() {
                        return;
                    }
                }
                Next::Close => return,
            }
        }
    }

    async fn send(&self, frame: &[u8]) -> io::Result<()> {
        (&*self.stream).write_all(frame).await
    }
}

async fn next(frames: &mut FrameReader<&Stream>) -> Result<Frame, Rejected> {
    frames.next().await?.ok_or(Rejected::Gone)
}
