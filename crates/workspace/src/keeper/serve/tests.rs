//! A keeper in this process, with a backend that hangs.

#![cfg(unix)]

use std::{io::Write as _, os::fd::OwnedFd, path::Path};

use abide_core::{
    backend::{BackendKind, TerminalBackend},
    clock::{Clock as _, SystemClock, Timestamp},
    id::Generation,
    lease::{Consent, Mode},
    record::{Started, Summary},
};
use abide_testkit::backend::{FakeBackend, Op};
use async_trait::async_trait;

use super::*;
use crate::{
    Preference,
    backends::{Candidate, Unusable, Usable},
    desk::{NewRecord, OwnDir, read_summaries},
    keeper::{
        lines,
        protocol::{Agreed, Why, to_line},
        survey::PATIENCE,
        timepiece,
    },
};

/// Longest wait for anything else.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);

/// Open records in the directory; a backend is asked about each.
const RECORDS: u8 = 6;

#[derive(Debug)]
struct There(FakeBackend);

#[async_trait]
impl Candidate for There {
    fn kind(&self) -> BackendKind {
        self.0.kind()
    }

    async fn find(&self) -> Result<Usable, Unusable> {
        Ok(Usable {
            backend: Arc::new(self.0.clone()),
            version: "1".into(),
        })
    }
}

fn session(number: u8) -> SessionId {
    format!("s-{number}").parse().unwrap()
}

/// What keepers of one state directory work with.
fn tools() -> Tools {
    Tools {
        state: Some("here".parse().unwrap()),
        ..timepiece::tools()
    }
}

/// Leaves open records, as a keeper that was killed does.
fn leave_records(dir: &Path) {
    let wanted = Wanted {
        session: session(0),
        generation: None,
        agent: None,
        mode: Mode::Shell,
        consent: Consent::None,
    };
    let held = Desk::new(dir, tools()).claim(wanted).unwrap();
    for number in 0..RECORDS {
        let new = NewRecord {
            session: session(number),
            agent: None,
            mode: Mode::Shell,
        };
        let record = held.open_record(&new).unwrap();
        let started = Started {
            generation: Generation::from_bytes([number; 16]),
            started_at: Timestamp::from_millis(1),
        };
        held.note_started(&record, started).unwrap();
    }
}

fn records(dir: &Path) -> Vec<Summary> {
    let own = OwnDir::find(dir).unwrap().unwrap();
    read_summaries(&own).unwrap().summaries
}

/// Asks for one more session, in a backend that answers. Half of the others are known to be in the
/// other one; nobody knows of the rest.
fn keep(root: &Path) -> Keep {
    let known = |number, backend| KnownSession {
        session: session(number),
        backend: Some(backend),
        generation: None,
        agent: None,
        mode: Mode::Shell,
    };
    let half = (0..RECORDS / 2).map(|number| known(number, BackendKind::Tmux));
    Keep {
        dir: root.into(),
        state_dir: root.join("state").as_path().into(),
        runtime_dir: root.join("r").as_path().into(),
        session: session(RECORDS),
        why: Why::Create,
        agreed: Agreed::Nothing,
        label: "a test".into(),
        sessions: half.chain([known(RECORDS, BackendKind::Owner)]).collect(),
    }
}

/// proves L10
#[tokio::test]
async fn a_keeper_is_ready_although_a_backend_hangs_and_closes_nothing_on_doubt() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path();
    std::fs::create_dir(dir.join("state")).unwrap();
    leave_records(dir);
    let owner = FakeBackend::new();
    let hanging = FakeBackend::new().of_kind(BackendKind::Tmux);
    hanging.hang(Op::Status);
    let candidates = [owner, hanging.clone()].map(|backend| Box::new(There(backend)) as Box<_>);
    let (input, creator) = std::io::pipe().unwrap();
    let (answers, output) = std::io::pipe().unwrap();
    let beginning = Beginning {
        keep: keep(dir),
        input: BufReader::new(OwnedFd::from(input).into()),
        output: OwnedFd::from(output).into(),
        tools: tools(),
        backends: Backends::new(candidates.into(), Preference::Auto),
    };
    let begin = SystemClock.now();
    let started_by = async {
        let mut answers = BufReader::new(answers);
        let ready = blocking(move || lines::next_blocking::<Reply>(&mut answers)).await;
        assert!(matches!(ready, Ok(Some(Reply::Ready { .. }))), "{ready:?}");
        let waited = SystemClock.now().since(begin);
        assert!(waited < 2 * PATIENCE, "ready after {waited:?}");
        let open = records(dir);
        assert_eq!(open.len(), usize::from(RECORDS) + 1);
        assert!(open.iter().all(|one| one.ended.is_none()), "{open:?}");
        let asked = hanging.calls().len();
        assert_eq!(asked, usize::from(RECORDS), "each was asked about once");

        // The new session is not started after all; of the others it can be told now.
        hanging.release(Op::Status);
        let mut creator = creator;
        let abandon = Request::Abandon {
            session: session(RECORDS),
        };
        creator.write_all(&to_line(&abandon)).unwrap();
        let pid = std::process::id();
        sys::wake::ring(pid, sys::place::started(pid));
    };
    let both = async { tokio::join!(serve(beginning), started_by).0 };
    let outcome = tokio::time::timeout(DEADLINE, both).await;
    assert_eq!(outcome, Ok(Outcome::Left));
    let found = records(dir);
    assert_eq!(found.len(), usize::from(RECORDS), "{found:?}");
    assert!(found.iter().all(Summary::is_complete), "{found:?}");
}
