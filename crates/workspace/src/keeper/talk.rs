//! A conversation with a keeper, over the pipes of one that was just started or over its endpoint.

use std::{io, time::Duration};

use interprocess::local_socket::tokio::Stream;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    process::Child,
};

use super::{
    lines::{self, LineError},
    protocol::{self, Reply, Request},
};

/// One side of a conversation; dropping it ends it, of which the keeper learns.
pub(crate) struct Talk {
    from: BufReader<Box<dyn AsyncRead + Send + Unpin>>,
    to: Box<dyn AsyncWrite + Send + Unpin>,
}

/// Why a keeper gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum TalkError {
    /// It is gone, or did not want to talk.
    #[error("the keeper ended the conversation")]
    Over,
    /// It took too long.
    #[error("the keeper did not {what} within {} s", waited.as_secs())]
    TimedOut {
        /// What was asked.
        what: &'static str,
        /// How long it was waited for.
        waited: Duration,
    },
    /// What it said cannot be read.
    #[error("cannot understand the keeper")]
    Unclear(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Talk {
    /// Talks to a process that was just started with pipes.
    pub(super) fn with_child(child: &mut Child) -> Self {
        Self {
            from: BufReader::new(Box::new(child.stdout.take().expect("it was asked for"))),
            to: Box::new(child.stdin.take().expect("it was asked for")),
        }
    }

    /// Talks over a connection.
    pub(super) fn over(stream: Stream) -> Self {
        let (from, to) = tokio::io::split(stream);
        Self {
            from: BufReader::new(Box::new(from)),
            to: Box::new(to),
        }
    }

    /// Asks for something, and waits for the answer so long at most. The conversation is over if
    /// this fails or is dropped.
    pub(crate) async fn ask(
        &mut self,
        what: &'static str,
        request: &Request,
        patience: Duration,
    ) -> Result<Reply, TalkError> {
        let exchange = async {
            let line = protocol::to_line(request);
            match self.to.write_all(&line).await {
                Ok(()) => self.to.flush().await.ok(),
                // What it said before it went counts.
                Err(_) => None,
            };
            lines::next(&mut self.from).await
        };
        match tokio::time::timeout(patience, exchange).await {
            Ok(Ok(Some(reply))) => Ok(reply),
            Ok(Ok(None)) => Err(TalkError::Over),
            Ok(Err(LineError::Io(err))) if is_over(&err) => Err(TalkError::Over),
            Ok(Err(err)) => Err(TalkError::Unclear(err.into())),
            Err(_) => Err(TalkError::TimedOut {
                what,
                waited: patience,
            }),
        }
    }
}

fn is_over(err: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        err.kind(),
        Kind::BrokenPipe | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::UnexpectedEof
    )
}
