//! A client that says what a test wants, to an owner's real socket.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
};

use abide_backend_ptyowner::{
    token::Token,
    wire::{
        VERSIONS, codec,
        frame::{Decoder, Frame, Kind, Sender},
        hello::{Challenge, Hello, MAGIC, Proof, Refused, Side, Welcome, prove},
    },
};

use crate::place::{DEADLINE, Place};

/// One raw connection.
pub(crate) struct Raw {
    pub(crate) stream: UnixStream,
    decoder: Decoder,
}

impl Raw {
    pub(crate) fn connect(place: &Place, id: &str) -> Self {
        let file = place.owner_file(id);
        let endpoint = file["endpoint"].as_str().expect("it has an endpoint");
        Self::to(endpoint)
    }

    pub(crate) fn to(endpoint: &str) -> Self {
        let stream = UnixStream::connect(endpoint).expect("somebody listens");
        stream
            .set_read_timeout(Some(DEADLINE))
            .expect("sockets have time-outs");
        stream
            .set_write_timeout(Some(DEADLINE))
            .expect("sockets have time-outs");
        Self {
            stream,
            decoder: Decoder::new(Sender::Owner),
        }
    }

    /// Goes through the whole handshake.
    pub(crate) fn welcomed(place: &Place, id: &str) -> Self {
        Self::welcomed_with(place, id, VERSIONS)
    }

    /// Does the same as a client that speaks these versions.
    pub(crate) fn welcomed_with(place: &Place, id: &str, versions: &[u16]) -> Self {
        let mut raw = Self::connect(place, id);
        let token = std::fs::read_to_string(place.session_dir(id).join("token"));
        let token = Token::from_text(&token.expect("there is a token")).expect("it is one");
        let hello = Hello {
            versions: versions.to_vec(),
            ..hello(id)
        };
        raw.send(&codec::encode(Kind::Hello, &hello));
        let frame = raw.frame().expect("the owner answers");
        let challenge: Challenge = codec::decode(&frame).expect("with a challenge");
        let proof = prove(
            &token,
            Side::Client,
            &hello,
            challenge.version,
            &challenge.generation,
            &challenge.nonce,
        );
        let label = "raw".to_owned();
        raw.send(&codec::encode(Kind::Proof, &Proof { proof, label }));
        let frame = raw.frame().expect("the owner answers");
        let _: Welcome = codec::decode(&frame).expect("with a welcome");
        raw
    }

    /// Sends bytes; an owner that has hung up already has said why.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        match self.stream.write_all(bytes) {
            Err(err) if err.kind() == io::ErrorKind::BrokenPipe => {}
            other => other.expect("the owner reads"),
        }
    }

    /// Waits for the next frame; `None` once the owner has hung up.
    pub(crate) fn frame(&mut self) -> Option<Frame> {
        self.read_frame()
            .unwrap_or_else(|err| panic!("nothing came from the owner: {err}"))
    }

    /// Waits for the next frame for so long; `None` if none came.
    #[cfg(target_os = "linux")]
    pub(crate) fn frame_within(&mut self, time: std::time::Duration) -> Option<Frame> {
        let patience = |time| self.stream.set_read_timeout(Some(time));
        patience(time).expect("sockets have time-outs");
        let frame = self.read_frame().ok().flatten();
        let patience = self.stream.set_read_timeout(Some(DEADLINE));
        patience.expect("sockets have time-outs");
        frame
    }

    fn read_frame(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = self
                .decoder
                .next_frame()
                .expect("owners keep to the protocol")
            {
                return Ok(Some(frame));
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Ok(None),
                Ok(count) => self.decoder.buffer_mut().extend_from_slice(&bytes[..count]),
                Err(err) if err.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Err(err) => return Err(err),
            }
        }
    }

    /// Waits for a refusal and then the end of the connection.
    pub(crate) fn refusal(&mut self) -> Refused {
        let frame = self.frame().expect("the owner says why");
        assert_eq!(frame.kind, Kind::Refused);
        let refused = codec::decode(&frame).expect("a refusal decodes");
        assert_eq!(self.frame(), None, "a refusal is the last frame");
        refused
    }
}

pub(crate) fn hello(id: &str) -> Hello {
    Hello {
        magic: MAGIC,
        versions: VERSIONS.to_vec(),
        session: id.to_owned(),
        nonce: [7; 32],
    }
}
