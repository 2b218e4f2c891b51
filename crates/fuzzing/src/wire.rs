//! Bodies of the protocol.

use abide_backend_ptyowner::{
    token::Token,
    wire::{
        codec,
        error::WireError,
        event::{Event, Reply},
        frame::{Decoder, Frame, Kind, Sender},
        greeting::{self, Challenged, Expected},
        hello::{Challenge, Hello, MAGIC, Proof, Refused, Side, Welcome, prove},
        launch::{LaunchReply, LaunchRequest},
        limits::{HEADER_BYTES, MAX_BODY_BYTES, MAX_FIRST_BODY_BYTES, MAX_LABEL_BYTES},
        request::Call,
    },
};
use abide_core::id;
use serde::{Serialize, de::DeserializeOwned};

/// The session that the handshake here leads to.
pub(crate) const SESSION: &str = "s";

/// Its start.
pub(crate) const GENERATION: [u8; 16] = [3; 16];

/// What an owner would draw by chance.
pub(crate) const OWNER_NONCE: [u8; 32] = [9; 32];

/// The secret of the session.
pub(crate) fn token() -> Token {
    Token::from_text(&id::to_hex(&[5_u8; 32])).expect("32 bytes are a token")
}

/// Any cut of the bytes gives the same frames and the same end, and little is kept meanwhile.
///
/// The first byte says who sends, the second how long the pieces are.
pub(crate) fn frames(bytes: &[u8]) {
    let [who, piece, stream @ ..] = bytes else {
        return;
    };
    let sender = [Sender::NewClient, Sender::Client, Sender::Owner][usize::from(*who) % 3];
    let whole = decode_all(sender, stream, stream.len().max(1));
    let pieces = decode_all(sender, stream, usize::from(*piece) + 1);
    assert_eq!(whole, pieces, "the cut changed what was read");
}

fn decode_all(sender: Sender, stream: &[u8], piece: usize) -> (Vec<Frame>, Result<(), WireError>) {
    let mut decoder = Decoder::new(sender);
    let mut frames = Vec::new();
    let longest = match sender {
        Sender::NewClient => MAX_FIRST_BODY_BYTES,
        Sender::Client | Sender::Owner => MAX_BODY_BYTES,
    };
    for now in stream.chunks(piece) {
        decoder.buffer_mut().extend_from_slice(now);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => {
                    assert!(frame.body.len() <= longest, "a body beyond its limit");
                    frames.push(frame);
                }
                Ok(None) => break,
                Err(err) => return (frames, Err(err)),
            }
        }
        let kept = decoder.buffer_mut().capacity();
        let most = 2 * (HEADER_BYTES + longest + stream.len());
        assert!(
            kept <= most,
            "{kept} bytes are held for {} read",
            stream.len()
        );
    }
    (frames, decoder.finish())
}

/// A body is one message exactly, in one encoding, or it is refused.
///
/// The first byte says which message it is taken for.
pub(crate) fn messages(bytes: &[u8]) {
    let [which, body @ ..] = bytes else {
        return;
    };
    match which % 8 {
        0 => message::<Hello>(Kind::Hello, body),
        1 => message::<Challenge>(Kind::Challenge, body),
        2 => message::<Proof>(Kind::Proof, body),
        3 => message::<Welcome>(Kind::Welcome, body),
        4 => message::<Refused>(Kind::Refused, body),
        5 => message::<Call>(Kind::Call, body),
        6 => message::<Reply>(Kind::Reply, body),
        _ => message::<Event>(Kind::Event, body),
    }
}

fn message<M: Serialize + DeserializeOwned>(kind: Kind, body: &[u8]) {
    if MAX_BODY_BYTES < body.len() {
        return;
    }
    let frame = Frame {
        kind,
        body: body.to_vec().into(),
    };
    if let Ok(message) = codec::decode::<M>(&frame) {
        let again = codec::encode(kind, &message);
        assert_eq!(&again[HEADER_BYTES..], body, "two encodings of one message");
    }
}

/// What a stranger sends before it proved itself lets nobody in who does not know the token.
pub(crate) fn greeting(bytes: &[u8]) {
    let token = token();
    let expected = Expected {
        session: SESSION,
        generation: GENERATION,
        token: &token,
    };
    let mut decoder = Decoder::new(Sender::NewClient);
    decoder.buffer_mut().extend_from_slice(bytes);
    let mut challenged: Option<(Challenged, Hello)> = None;
    while let Ok(Some(frame)) = decoder.next_frame() {
        match challenged.take() {
            None => match greeting::challenge(expected, &frame, OWNER_NONCE) {
                Ok(next) => {
                    let hello = codec::decode(&frame).expect("it was a hello");
                    challenged = Some((next, hello));
                }
                Err(refused) => return refused_in_words(&refused),
            },
            Some((asked, hello)) => {
                return match asked.judge(&frame) {
                    Ok(label) => let_in(&token, &hello, &frame, &label),
                    Err(refused) => refused_in_words(&refused),
                };
            }
        }
    }
}

/// Checks, from the frames alone, that whoever was let in had to be.
fn let_in(token: &Token, hello: &Hello, second: &Frame, label: &str) {
    assert_eq!((hello.magic, hello.session.as_str()), (MAGIC, SESSION));
    let proof: Proof = codec::decode(second).expect("it was a proof");
    let version = hello.versions.iter().copied().find(|version| *version == 1);
    let version = version.expect("a version that both speak");
    let wanted = prove(
        token,
        Side::Client,
        hello,
        version,
        &GENERATION,
        &OWNER_NONCE,
    );
    assert_eq!(proof.proof, wanted, "let in without the token");
    assert!(label.len() <= MAX_LABEL_BYTES && !label.chars().any(char::is_control));
}

/// A refusal can be sent, whatever led to it.
fn refused_in_words(refused: &Refused) {
    let frame = codec::encode(Kind::Refused, refused);
    assert!(frame.len() <= HEADER_BYTES + MAX_BODY_BYTES);
    assert!(!refused.to_string().is_empty());
}

/// A launch's messages have one encoding, and others are refused.
///
/// The first byte says which of the two it is.
pub(crate) fn launch(bytes: &[u8]) {
    match bytes {
        [] => {}
        [which, body @ ..] if which % 2 == 0 => launch_message::<LaunchRequest>(body),
        [_, body @ ..] => launch_message::<LaunchReply>(body),
    }
}

fn launch_message<M: Serialize + DeserializeOwned>(body: &[u8]) {
    if let Some(message) = codec::decode_launch::<M>(body) {
        let again = codec::encode_launch(&message);
        assert_eq!(again, body, "two encodings of one message");
    }
}
