//! Frames: a header of eight bytes, checked before anything is allocated, and a body.

use abide_core::limits::INPUT_CHUNK_BYTES;
use bytes::{Buf, Bytes, BytesMut};

use super::{
    error::WireError,
    limits::{HEADER_BYTES, MAX_BODY_BYTES, MAX_FIRST_BODY_BYTES},
};

/// What a frame carries. Numbers are frozen; below 64 a client sends them, from 64 on an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The client's first frame: versions, session, nonce.
    Hello = 1,
    /// The client's proof that it knows the token.
    Proof = 2,
    /// A numbered request.
    Call = 3,
    /// Bytes to type, raw.
    Input = 4,
    /// The owner's answer to the hello, with its own proof.
    Challenge = 64,
    /// The client is let in.
    Welcome = 65,
    /// The client is not let in; the last frame.
    Refused = 66,
    /// The answer to a request.
    Reply = 67,
    /// Something the client learns unasked.
    Event = 68,
    /// An offset and raw output from there.
    Output = 69,
    /// A raw piece of what the event or reply before announced.
    Part = 70,
}

/// Who wrote the bytes that are being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// A client that has not proved itself yet.
    NewClient,
    /// A client that has.
    Client,
    /// An owner.
    Owner,
}

/// One frame, as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What the body is.
    pub kind: Kind,
    /// The body, not decoded yet.
    pub body: Bytes,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        const ALL: [Kind; 11] = [
            Kind::Hello,
            Kind::Proof,
            Kind::Call,
            Kind::Input,
            Kind::Challenge,
            Kind::Welcome,
            Kind::Refused,
            Kind::Reply,
            Kind::Event,
            Kind::Output,
            Kind::Part,
        ];
        ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

impl Sender {
    fn may_send(self, kind: Kind) -> bool {
        match self {
            Self::NewClient => matches!(kind, Kind::Hello | Kind::Proof),
            Self::Client => matches!(kind, Kind::Call | Kind::Input),
            Self::Owner => 64 <= kind as u8,
        }
    }

    fn max_body_bytes(self, kind: Kind) -> usize {
        match (self, kind) {
            (Self::NewClient, _) => MAX_FIRST_BODY_BYTES,
            (Self::Client, Kind::Input) => INPUT_CHUNK_BYTES,
            (Self::Client | Self::Owner, _) => MAX_BODY_BYTES,
        }
    }
}

/// Returns the header of a frame whose body has `len` bytes.
#[must_use]
pub fn header(kind: Kind, len: usize) -> [u8; HEADER_BYTES] {
    let len = u32::try_from(len).expect("bodies are far below 4 GiB");
    let mut header = [0; HEADER_BYTES];
    header[0] = kind as u8;
    header[4..].copy_from_slice(&len.to_le_bytes());
    header
}

/// Cuts a stream of bytes into frames, in whatever pieces it arrives.
#[derive(Debug)]
pub struct Decoder {
    sender: Sender,
    buffer: BytesMut,
}

impl Decoder {
    /// Returns a decoder for what `sender` writes.
    #[must_use]
    pub fn new(sender: Sender) -> Self {
        Self {
            sender,
            buffer: BytesMut::new(),
        }
    }

    /// Lets a client that proved itself send what clients send.
    pub fn trust(&mut self) {
        self.sender = Sender::Client;
    }

    /// Returns where to put the next bytes read; never grows past one frame and one read.
    pub fn buffer_mut(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Takes the next whole frame, or `None` until more bytes are there.
    ///
    /// # Errors
    ///
    /// When the bytes are no frame that this sender may send. The connection is over then.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, WireError> {
        if self.buffer.len() < HEADER_BYTES {
            return Ok(None);
        }
        let kind = Kind::from_byte(self.buffer[0]).ok_or(WireError::UnknownKind(self.buffer[0]))?;
        if self.buffer[1..4] != [0; 3] {
            return Err(WireError::ReservedBytes);
        }
        if !self.sender.may_send(kind) {
            return Err(WireError::UnexpectedKind(kind));
        }
        let len = [
            self.buffer[4],
            self.buffer[5],
            self.buffer[6],
            self.buffer[7],
        ];
        let len = u32::from_le_bytes(len) as usize;
        let limit = self.sender.max_body_bytes(kind);
        if limit < len {
            return Err(WireError::BodyTooLong { kind, len, limit });
        }
        if self.buffer.len() < HEADER_BYTES + len {
            self.buffer.reserve(HEADER_BYTES + len - self.buffer.len());
            return Ok(None);
        }
        self.buffer.advance(HEADER_BYTES);
        let body = self.buffer.split_to(len).freeze();
        Ok(Some(Frame { kind, body }))
    }

    /// Checks that the stream ended between two frames.
    ///
    /// # Errors
    ///
    /// [`WireError::Truncated`] if it did not.
    pub fn finish(&self) -> Result<(), WireError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        Err(WireError::Truncated)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(decoder: &mut Decoder) -> Result<Vec<Frame>, WireError> {
        let mut out = Vec::new();
        while let Some(frame) = decoder.next_frame()? {
            out.push(frame);
        }
        Ok(out)
    }

    fn owner_kind() -> impl Strategy<Value = Kind> {
        prop::sample::select(vec![Kind::Reply, Kind::Event, Kind::Output, Kind::Part])
    }

    proptest! {
        /// proves O7
        #[test]
        fn any_cut_of_the_bytes_gives_the_same_frames(
            sent in prop::collection::vec(
                (owner_kind(), prop::collection::vec(any::<u8>(), 0..50)), 0..12),
            cuts in prop::collection::vec(1_usize..20, 1..40),
        ) {
            let mut bytes = Vec::new();
            for (kind, body) in &sent {
                bytes.extend_from_slice(&header(*kind, body.len()));
                bytes.extend_from_slice(body);
            }
            let mut decoder = Decoder::new(Sender::Owner);
            let mut got = Vec::new();
            let mut rest = bytes.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                decoder.buffer_mut().extend_from_slice(now);
                got.extend(frames(&mut decoder).unwrap());
                rest = later;
            }
            prop_assert!(decoder.finish().is_ok());
            let got: Vec<_> = got.into_iter().map(|f| (f.kind, f.body.to_vec())).collect();
            prop_assert_eq!(got, sent);
        }

        /// proves O7
        #[test]
        fn no_bytes_make_the_decoder_panic_or_hold_more_than_it_was_given(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            for sender in [Sender::NewClient, Sender::Client, Sender::Owner] {
                let mut decoder = Decoder::new(sender);
                decoder.buffer_mut().extend_from_slice(&bytes);
                let _ = frames(&mut decoder);
                prop_assert!(decoder.buffer_mut().capacity() <= 400 + HEADER_BYTES + MAX_BODY_BYTES);
            }
        }
    }

    /// proves O7
    #[test]
    fn a_length_beyond_the_limit_is_refused_before_anything_is_allocated() {
        for (sender, kind, limit) in [
            (Sender::NewClient, Kind::Hello, MAX_FIRST_BODY_BYTES),
            (Sender::Client, Kind::Call, MAX_BODY_BYTES),
            (Sender::Client, Kind::Input, INPUT_CHUNK_BYTES),
            (Sender::Owner, Kind::Output, MAX_BODY_BYTES),
        ] {
            for len in [limit + 1, u32::MAX as usize] {
                let mut decoder = Decoder::new(sender);
                decoder.buffer_mut().extend_from_slice(&header(kind, len));
                let refused = decoder.next_frame();
                assert_eq!(refused, Err(WireError::BodyTooLong { kind, len, limit }));
                assert!(decoder.buffer_mut().capacity() < 1024);
            }
        }
    }

    /// proves O7
    #[test]
    fn a_frame_of_the_wrong_side_or_before_the_proof_is_refused_by_name() {
        let mut decoder = Decoder::new(Sender::NewClient);
        decoder
            .buffer_mut()
            .extend_from_slice(&header(Kind::Input, 0));
        assert_eq!(
            decoder.next_frame(),
            Err(WireError::UnexpectedKind(Kind::Input))
        );
        let mut decoder = Decoder::new(Sender::Client);
        decoder
            .buffer_mut()
            .extend_from_slice(&header(Kind::Output, 0));
        assert_eq!(
            decoder.next_frame(),
            Err(WireError::UnexpectedKind(Kind::Output))
        );
        let mut decoder = Decoder::new(Sender::Owner);
        decoder
            .buffer_mut()
            .extend_from_slice(&[9, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(decoder.next_frame(), Err(WireError::UnknownKind(9)));
        let mut decoder = Decoder::new(Sender::Client);
        decoder
            .buffer_mut()
            .extend_from_slice(&[3, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(decoder.next_frame(), Err(WireError::ReservedBytes));
    }
}
