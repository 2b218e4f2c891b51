//! What is said to a keeper, and what it answers: lines of JSON, each with the number of its schema.
//!
//! ```text
//!  creator or adopter                              keeper
//!     keep { dir, session, why, sessions } ─────►  claims (or has) the lease, opens records, lists files
//!                                          ◄─────  denied | failed | ready { epoch, record }
//!     started { session, generation }      ─────►  notes the start, watches the session
//!                                          ◄─────  noted | failed
//!     settle { sessions }                  ─────►  ◄─────  settled, once their records are complete
//! ```
//!
//! A connection that ends after `ready` and before `started` leaves a session that was started or was
//! not: the keeper looks. Nothing that is said is secret.

use std::path::{Path, PathBuf};

use abide_core::{
    backend::BackendKind,
    clock::Timestamp,
    id::{Generation, RecordId, SessionId, to_hex, vec_from_hex},
    lease::{Consent, FencingToken, Mode},
};
use abide_local::os_bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The schema that is spoken.
pub const KEEPER_SCHEMA: u64 = 1;

/// Longest line that either side reads, in bytes, its end included.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

/// Most sessions that a keeper is told of at once: so many fit into a line whatever their agents'
/// names are. Those that run although they are older it finds by their records.
pub const MAX_KNOWN: usize = 2000;

/// What is asked of a keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// Be responsible for this.
    Keep(Box<Keep>),
    /// The session was started.
    Started(Note),
    /// The session was not started, and will not be.
    Abandon {
        /// The session.
        session: SessionId,
    },
    /// Say when the records of these sessions are complete.
    Settle {
        /// The sessions.
        sessions: Vec<SessionId>,
    },
}

/// What to be responsible for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// The directory.
    pub dir: SystemPath,
    /// Where whoever asks has its state: a keeper reaches the sessions of one state directory.
    pub state_dir: SystemPath,
    /// Where sockets are made.
    pub runtime_dir: SystemPath,
    /// The session that is to be started, or to be adopted.
    pub session: SessionId,
    /// Which of both.
    pub why: Why,
    /// What somebody agreed to about another machine's lease.
    pub agreed: Agreed,
    /// Who asks, for the log.
    pub label: String,
    /// The sessions that are known in the directory, the one that is meant among them.
    pub sessions: Vec<KnownSession>,
}

/// Why a keeper is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A session is about to be started.
    Create,
    /// Sessions have nobody responsible for them.
    Adopt,
}

/// A session as whoever asks knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownSession {
    /// The session.
    pub session: SessionId,
    /// The backend that made it, if that is known.
    pub backend: Option<BackendKind>,
    /// Its last start that is known of.
    pub generation: Option<Generation>,
    /// The agent that it runs, by name.
    pub agent: Option<String>,
    /// What kind of thing it runs.
    pub mode: Mode,
}

/// A start that a backend answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The session.
    pub session: SessionId,
    /// Its start.
    pub generation: Generation,
    /// When the child was started.
    pub started_at: Timestamp,
}

/// What somebody agreed to, as it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Agreed {
    /// Nothing.
    Nothing,
    /// Taking over this one grant of another machine.
    Grant {
        /// Its token.
        epoch: FencingToken,
    },
    /// Taking over from any other machine.
    Any,
}

/// What a keeper answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Reply {
    /// Somebody else holds the lease.
    Denied {
        /// Who, and what that means.
        reason: String,
    },
    /// It cannot.
    Failed {
        /// What, and why not.
        message: String,
        /// What to do about it, where something can be done.
        hint: Option<String>,
    },
    /// It is responsible.
    Ready {
        /// The grant that it has.
        epoch: FencingToken,
        /// The record that was opened or goes on, if there is one.
        record: Option<RecordId>,
    },
    /// The start is in the journal.
    Noted,
    /// The records are complete.
    Settled,
}

/// A line that is no message of this protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// It is too long.
    #[error("a line has more than {MAX_LINE_BYTES} bytes")]
    TooLong,
    /// Another release speaks another schema.
    #[error("the other side speaks schema {found}; this one speaks {KEEPER_SCHEMA}")]
    OtherSchema {
        /// Its schema.
        found: u64,
    },
    /// It cannot be read.
    #[error("a line is no message: {what}")]
    Malformed {
        /// What is wrong with it.
        what: String,
    },
}

/// A path as it is sent: the system's own bytes, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SystemPath(PathBuf);

impl SystemPath {
    /// Returns the path.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl From<&Path> for SystemPath {
    fn from(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl From<SystemPath> for String {
    fn from(path: SystemPath) -> Self {
        to_hex(&os_bytes::to_bytes(path.0.as_os_str()))
    }
}

impl TryFrom<String> for SystemPath {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = vec_from_hex(&text).ok_or("a path is not in hexadecimal digits")?;
        Ok(Self(os_bytes::from_bytes(bytes).into()))
    }
}

impl From<Consent> for Agreed {
    fn from(consent: Consent) -> Self {
        match consent {
            Consent::None => Self::Nothing,
            Consent::To(epoch) => Self::Grant { epoch },
            Consent::Any => Self::Any,
        }
    }
}

impl From<Agreed> for Consent {
    fn from(agreed: Agreed) -> Self {
        match agreed {
            Agreed::Nothing => Self::None,
            Agreed::Grant { epoch } => Self::To(epoch),
            Agreed::Any => Self::Any,
        }
    }
}

#[derive(Serialize)]
struct Versioned<'a, T> {
    schema: u64,
    #[serde(flatten)]
    message: &'a T,
}

/// Writes a message as a line, its end included.
#[must_use]
pub fn to_line<T: Serialize>(message: &T) -> Vec<u8> {
    let versioned = Versioned {
        schema: KEEPER_SCHEMA,
        message,
    };
    let mut line = serde_json::to_vec(&versioned).expect("a message has text for keys");
    line.push(b'\n');
    line
}

/// Reads a message of a line, with or without its end.
///
/// # Errors
///
/// When it is too long, of another schema, or no message.
pub fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, ProtocolError> {
    if MAX_LINE_BYTES < line.len() {
        return Err(ProtocolError::TooLong);
    }
    let malformed = |what: String| ProtocolError::Malformed { what };
    let value: Value = serde_json::from_slice(line).map_err(|err| malformed(err.to_string()))?;
    match value.get("schema").and_then(Value::as_u64) {
        Some(KEEPER_SCHEMA) => {}
        Some(found) => return Err(ProtocolError::OtherSchema { found }),
        None => return Err(malformed("it names no schema".to_owned())),
    }
    T::deserialize(value).map_err(|err| malformed(err.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep() -> Keep {
        Keep {
            dir: Path::new("/srv/api").into(),
            state_dir: Path::new("/s").into(),
            runtime_dir: Path::new("/r").into(),
            session: "abc".parse().unwrap(),
            why: Why::Create,
            agreed: Agreed::Nothing,
            label: "a test".into(),
            sessions: vec![KnownSession {
                session: "abc".parse().unwrap(),
                backend: Some(BackendKind::Owner),
                generation: Some(Generation::from_bytes([7; 16])),
                agent: None,
                mode: Mode::Shell,
            }],
        }
    }

    #[test]
    fn what_is_said_arrives_as_it_was() {
        let session: SessionId = "abc".parse().unwrap();
        let note = Note {
            session: session.clone(),
            generation: Generation::from_bytes([1; 16]),
            started_at: Timestamp::from_millis(5),
        };
        for request in [
            Request::Keep(Box::new(keep())),
            Request::Started(note),
            Request::Abandon {
                session: session.clone(),
            },
            Request::Settle {
                sessions: vec![session],
            },
        ] {
            let line = to_line(&request);
            assert_eq!(line.last(), Some(&b'\n'));
            assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            assert_eq!(parse(&line), Ok(request));
        }
        for reply in [
            Reply::Noted,
            Reply::Ready {
                epoch: FencingToken::LAST,
                record: None,
            },
            Reply::Failed {
                message: "a\nb".into(),
                hint: None,
            },
        ] {
            assert_eq!(parse(&to_line(&reply)), Ok(reply));
        }
    }

    #[test]
    fn as_many_sessions_as_are_told_of_at_once_fit_into_a_line() {
        let mut keep = keep();
        let longest = KnownSession {
            session: "a".repeat(40).parse().unwrap(),
            backend: Some(BackendKind::Owner),
            generation: Some(Generation::from_bytes([7; 16])),
            agent: Some("\u{1f600}".repeat(64)),
            mode: Mode::Command,
        };
        keep.dir = SystemPath(PathBuf::from("a".repeat(4096)));
        keep.sessions = vec![longest; MAX_KNOWN];
        let request = Request::Keep(Box::new(keep));
        assert_eq!(parse(&to_line(&request)), Ok(request));
    }

    #[test]
    fn another_schema_is_refused_by_its_number_and_what_is_no_message_by_what_it_is() {
        let newer = br#"{"schema":2,"ask":"dance"}"#;
        assert_eq!(
            parse::<Request>(newer),
            Err(ProtocolError::OtherSchema { found: 2 })
        );
        let long = vec![b' '; MAX_LINE_BYTES + 1];
        assert_eq!(parse::<Request>(&long), Err(ProtocolError::TooLong));
        for line in [
            &b""[..],
            b"{}",
            b"[1]",
            br#"{"schema":1,"ask":"dance"}"#,
            br#"{"schema":1,"ask":"settle","sessions":["/"]}"#,
        ] {
            let parsed = parse::<Request>(line);
            assert!(
                matches!(parsed, Err(ProtocolError::Malformed { .. })),
                "{parsed:?}"
            );
        }
    }
}
