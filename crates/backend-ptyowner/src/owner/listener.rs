//! Accepts connections, as many as the limit allows, and looks after their tasks.

use std::{io, sync::Arc, time::Duration};

use abide_core::id::ClientId;
use interprocess::local_socket::tokio::Stream;
use tokio::{io::AsyncWriteExt as _, sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{address::Address, peer::Peer, session::Command, timer};
use crate::{
    sys,
    token::Token,
    wire::{codec, frame::Kind, greeting::Expected, hello::Refused, limits::MAX_CONNECTIONS},
};

/// Time until connections are accepted again after one could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Descriptors that no connection gets: for the end's files, the tree's processes, a new socket.
const RESERVED_DESCRIPTORS: u64 = 16;

/// Turns that the other tasks get to notice that their clients are gone.
const SETTLE_TURNS: usize = 4;

/// What every client must prove.
#[derive(Debug)]
pub(crate) struct Secrets {
    pub(crate) session: String,
    pub(crate) generation: [u8; 16],
    pub(crate) token: Token,
}

impl Secrets {
    /// Returns what the handshake judges by.
    pub(crate) fn expected(&self) -> Expected<'_> {
        Expected {
            session: &self.session,
            generation: self.generation,
            token: &self.token,
        }
    }
}

/// The task that owns the socket.
pub(crate) struct Listener {
    pub(crate) address: Address,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) commands: mpsc::Sender<Command>,
}

impl Listener {
    /// Accepts until cancelled, then waits until every connection is done.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        let mut peers = JoinSet::new();
        let mut last_client = 0;
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                Some(ended) = peers.join_next() => report(ended),
                accepted = self.address.accept() => match settled(accepted, &mut peers).await {
                    Ok(stream) if has_place(&peers) => {
                        last_client += 1;
                        let peer = Peer {
                            client: ClientId::new(last_client),
                            stream: Arc::new(stream),
                            secrets: Arc::clone(&self.secrets),
                            commands: self.commands.clone(),
                        };
                        peers.spawn(peer.run());
                    }
                    Ok(stream) => refuse_one_too_many(&stream, peers.len()).await,
                    Err(err) => {
                        // Out of descriptors, as a rule: give them time to come free.
                        warn!(error = %err, "cannot accept a connection");
                        timer::at(Some(timer::after(ACCEPT_PAUSE))).await;
                    }
                }
            }
        }
        self.address.leave();
        while let Some(ended) = peers.join_next().await {
            report(ended);
        }
    }
}

/// Tells whether one more can be served: neither the limit nor this process's descriptors are used up.
fn has_place(peers: &JoinSet<()>) -> bool {
    peers.len() < MAX_CONNECTIONS && sys::endpoint::has_room_for(RESERVED_DESCRIPTORS)
}

/// Passes on what was accepted, after those whose clients are gone already have ended: a place is
/// refused only if all are really taken.
async fn settled(accepted: io::Result<Stream>, peers: &mut JoinSet<()>) -> io::Result<Stream> {
    for _ in 0..SETTLE_TURNS {
        if peers.len() < MAX_CONNECTIONS {
            break;
        }
        tokio::task::yield_now().await;
        while let Some(ended) = peers.try_join_next() {
            report(ended);
        }
    }
    accepted
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(err) = ended {
        warn!(error = %err, "a connection's task failed");
    }
}

/// Tells a client that it is one too many. What does not fit into the socket's buffer at once is
/// not waited for.
async fn refuse_one_too_many(stream: &Stream, served: usize) {
    debug!(limit = served, "refused a connection");
    if !sys::endpoint::is_same_user(stream).unwrap_or(false) {
        return;
    }
    let limit = u32::try_from(served).expect("the limit is small");
    let frame = codec::encode(Kind::Refused, &Refused::TooMany { limit });
    let mut stream = stream;
    let write = stream.write_all(&frame);
    tokio::pin!(write);
    let _ = futures_util::poll!(write);
}
