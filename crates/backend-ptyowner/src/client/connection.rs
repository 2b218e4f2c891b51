//! One authenticated conversation with one owner.

use std::{io, sync::Arc, time::Duration};

use abide_core::id::{self, Generation};
use bytes::{Bytes, BytesMut};
use interprocess::local_socket::tokio::Stream;
use tokio::io::{AsyncRead, AsyncWriteExt as _, ReadBuf};

use crate::{
    sys,
    token::Token,
    wire::{
        VERSIONS, codec,
        error::WireError,
        event::{Answer, Event, Failure, Reply},
        frame::{Frame, Kind, Sender},
        hello::{Challenge, Hello, MAGIC, Proof, Refused, Side, Welcome, prove},
        limits::{MAX_LABEL_BYTES, MAX_PARTS_BYTES},
        request::{Call, Request},
        stream::{FrameReader, ReadError},
    },
};

/// Why no conversation came about, or why it broke.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The endpoint cannot be reached.
    #[error("cannot connect to `{endpoint}`")]
    Unreachable { endpoint: String, source: io::Error },
    /// Whoever answers there does not know the session's token.
    #[error("whoever listens at `{endpoint}` is not the session's owner")]
    Foreign { endpoint: String },
    /// The owner does not let this client in.
    #[error("the owner refused the connection: {0}")]
    Refused(#[from] Refused),
    /// The owner ended the conversation because of something that was sent.
    #[error("the owner ended the connection: {0}")]
    Closed(String),
    /// The conversation ended in the middle.
    #[error("the owner ended the connection")]
    Gone,
    /// The connection failed.
    #[error("the connection to the owner failed")]
    Io(#[from] io::Error),
    /// The other side does not keep to the protocol.
    #[error("the owner does not keep to the protocol")]
    Wire(#[from] WireError),
    /// No answer came in time.
    #[error("no answer came within {} ms", .0.as_millis())]
    Late(Duration),
}

impl ConnectError {
    /// Tells whether the other side hung up, or was not there at all, rather than kept silent.
    pub(crate) fn is_hangup(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Gone | Self::Io(_) => true,
            // A frame that was cut short is the last of a process that was killed.
            Self::Wire(err) => *err == WireError::Truncated,
            Self::Foreign { .. } | Self::Refused(_) | Self::Closed(_) | Self::Late(_) => false,
        }
    }
}

impl From<ReadError> for ConnectError {
    fn from(err: ReadError) -> Self {
        match err {
            ReadError::Io(err) => Self::Io(err),
            ReadError::Wire(err) => Self::Wire(err),
        }
    }
}

/// One side of a stream that both halves of an attachment share.
#[derive(Debug, Clone)]
pub(crate) struct SharedStream(Arc<Stream>);

impl AsyncRead for SharedStream {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut &*self.0).poll_read(context, buffer)
    }
}

impl SharedStream {
    /// Writes a whole frame; one writer at a time.
    pub(crate) async fn send(&self, frame: &[u8]) -> io::Result<()> {
        (&*self.0).write_all(frame).await
    }

    /// Writes a frame of the handshake. An owner that has hung up already has said why: what it said
    /// is still to be read.
    async fn say(&self, frame: &[u8]) -> io::Result<()> {
        use io::ErrorKind::{BrokenPipe, ConnectionReset};
        match self.send(frame).await {
            Err(err) if matches!(err.kind(), BrokenPipe | ConnectionReset) => Ok(()),
            other => other,
        }
    }
}

/// A conversation, past the handshake.
pub(crate) struct OwnerClient {
    pub(crate) stream: SharedStream,
    pub(crate) frames: FrameReader<SharedStream>,
    pub(crate) client: u64,
}

/// Names the call that goes with the handshake.
const FIRST_CALL: u32 = 1;

/// Whom to talk to.
#[derive(Debug)]
pub(crate) struct Address<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) session: &'a str,
    pub(crate) generation: Generation,
    pub(crate) token: &'a Token,
}

impl OwnerClient {
    /// Connects and goes through the handshake, and asks for something together with its last step;
    /// [`Self::answer`] has the answer. Nothing but a random number and the session's id is sent
    /// before the other side proved that it is the owner.
    pub(crate) async fn connect(
        address: &Address<'_>,
        label: &str,
        first: &Request,
        deadline: Duration,
    ) -> Result<Self, ConnectError> {
        tokio::time::timeout(deadline, Self::greet(address, label, first))
            .await
            .unwrap_or(Err(ConnectError::Late(deadline)))
    }

    async fn greet(
        address: &Address<'_>,
        label: &str,
        first: &Request,
    ) -> Result<Self, ConnectError> {
        let stream = sys::endpoint::connect(address.endpoint)
            .await
            .map_err(|source| ConnectError::Unreachable {
                endpoint: address.endpoint.to_owned(),
                source,
            })?;
        let stream = SharedStream(Arc::new(stream));
        let mut frames = FrameReader::new(stream.clone(), Sender::Owner);
        let hello = Hello {
            magic: MAGIC,
            versions: VERSIONS.to_vec(),
            session: address.session.to_owned(),
            nonce: id::random_bytes(),
        };
        stream.say(&codec::encode(Kind::Hello, &hello)).await?;
        let challenge: Challenge = codec::decode(&expect(&mut frames, Kind::Challenge).await?)?;
        let proof = |side| {
            prove(
                address.token,
                side,
                &hello,
                challenge.version,
                &challenge.generation,
                &challenge.nonce,
            )
        };
        let is_wanted = challenge.generation == *address.generation.as_bytes()
            && VERSIONS.contains(&challenge.version);
        if !is_wanted || !Token::is_same_hash(challenge.proof, proof(Side::Owner)) {
            return Err(ConnectError::Foreign {
                endpoint: address.endpoint.to_owned(),
            });
        }
        let answer = Proof {
            proof: proof(Side::Client),
            label: plain_label(label),
        };
        let call = Call {
            id: FIRST_CALL,
            request: first.clone(),
        };
        let last = [
            codec::encode(Kind::Proof, &answer),
            codec::encode(Kind::Call, &call),
        ];
        stream.say(&last.concat()).await?;
        let welcome: Welcome = codec::decode(&expect(&mut frames, Kind::Welcome).await?)?;
        Ok(Self {
            stream,
            frames,
            client: welcome.client,
        })
    }

    /// Waits for the answer to what was asked for with the handshake; once. Events before it are
    /// dropped: nobody watches through a connection that only asks.
    pub(crate) async fn answer(
        &mut self,
        deadline: Duration,
    ) -> Result<Result<Answer, Failure>, ConnectError> {
        tokio::time::timeout(deadline, self.reply(FIRST_CALL))
            .await
            .unwrap_or(Err(ConnectError::Late(deadline)))
    }

    async fn reply(&mut self, id: u32) -> Result<Result<Answer, Failure>, ConnectError> {
        loop {
            let frame = next(&mut self.frames).await?;
            if frame.kind == Kind::Reply {
                let reply: Reply = codec::decode(&frame)?;
                if reply.id == id {
                    return Ok(reply.result);
                }
            }
        }
    }

    /// Puts together the content that an answer announced.
    pub(crate) async fn parts(&mut self, len: u64) -> Result<Bytes, ConnectError> {
        read_parts(&mut self.frames, len).await
    }
}

/// Reads the parts that make up content of `len` bytes.
pub(crate) async fn read_parts(
    frames: &mut FrameReader<SharedStream>,
    len: u64,
) -> Result<Bytes, ConnectError> {
    if MAX_PARTS_BYTES < len {
        return Err(out_of_bounds("len"));
    }
    let len = usize::try_from(len).expect("checked against the limit");
    let mut content = BytesMut::new();
    while content.len() < len {
        let frame = next(frames).await?;
        if frame.kind != Kind::Part {
            return Err(WireError::UnexpectedKind(frame.kind).into());
        }
        content.extend_from_slice(&frame.body);
    }
    if content.len() != len {
        return Err(out_of_bounds("content"));
    }
    Ok(content.freeze())
}

fn out_of_bounds(field: &'static str) -> ConnectError {
    let kind = Kind::Part;
    WireError::OutOfBounds { kind, field }.into()
}

/// Waits for the next frame; the end of the stream and a farewell are errors.
pub(crate) async fn next(frames: &mut FrameReader<SharedStream>) -> Result<Frame, ConnectError> {
    let frame = frames.next().await?.ok_or(ConnectError::Gone)?;
    match frame.kind {
        Kind::Refused => Err(ConnectError::Refused(codec::decode(&frame)?)),
        Kind::Event => match codec::decode(&frame)? {
            Event::Closing { reason } => Err(ConnectError::Closed(reason)),
            _other => Ok(frame),
        },
        _other => Ok(frame),
    }
}

async fn expect(frames: &mut FrameReader<SharedStream>, kind: Kind) -> Result<Frame, ConnectError> {
    let frame = next(frames).await?;
    if frame.kind == kind {
        return Ok(frame);
    }
    Err(WireError::UnexpectedKind(frame.kind).into())
}

/// Cuts a label to what the protocol takes, without control characters.
fn plain_label(label: &str) -> String {
    let mut plain = String::new();
    for c in label.chars().filter(|c| !c.is_control()) {
        if MAX_LABEL_BYTES < plain.len() + c.len_utf8() {
            break;
        }
        plain.push(c);
    }
    plain
}
