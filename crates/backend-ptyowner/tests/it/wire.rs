//! The bytes of every message of every version, pinned: a released message never changes.

use abide_backend_ptyowner::wire::{
    codec,
    event::{
        Activity, Answer, Attached, Brought, Captured, Cause, Doing, Ended, Event, Evidence,
        Failure, Holder, LostReason, Outcome, Over, Reply, Running, Snapshot, Status, Stopped,
        Survivor,
    },
    frame::{Frame, Kind},
    hello::{Challenge, Hello, MAGIC, Proof, Refused, Welcome},
    launch::{LAUNCH_VERSION, Launch, LaunchReply, LaunchRequest, Start},
    request::{
        Attach, Call, Capture, Format, LoanStep, Mode, Request, Scrollback, Size, Stop, Terminal,
    },
};
use serde::{Serialize, de::DeserializeOwned};

/// Encodes, decodes again, and returns the bytes as a hex dump.
fn pin<M>(kind: Kind, message: &M) -> String
where
    M: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let bytes = codec::encode(kind, message);
    let frame = Frame {
        kind,
        body: bytes.slice(8..),
    };
    assert_eq!(
        &codec::decode::<M>(&frame).expect("what was encoded decodes"),
        message
    );
    format!("{message:?}\n{}", hex(&bytes))
}

fn hex(bytes: &[u8]) -> String {
    let rows = bytes.chunks(16).map(|row| {
        let row = row.iter().map(|byte| format!("{byte:02x}"));
        row.collect::<Vec<_>>().join(" ")
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn holder() -> Holder {
    Holder {
        client: 7,
        label: "me".into(),
        since_ms: 1000,
    }
}

fn ended(outcome: Outcome) -> Ended {
    Ended {
        outcome,
        started_ms: 1,
        ended_ms: 2,
        offset: 3,
    }
}

/// proves O8
#[test]
fn the_handshake_is_pinned() {
    let mut all = vec![
        pin(
            Kind::Hello,
            &Hello {
                magic: MAGIC,
                versions: vec![1],
                session: "s".into(),
                nonce: [0xaa; 32],
            },
        ),
        pin(
            Kind::Challenge,
            &Challenge {
                version: 1,
                generation: [0xbb; 16],
                nonce: [0xcc; 32],
                proof: [0xdd; 32],
            },
        ),
        pin(
            Kind::Proof,
            &Proof {
                proof: [0xee; 32],
                label: "me".into(),
            },
        ),
        pin(Kind::Welcome, &Welcome { client: 7 }),
    ];
    let refusals = [
        Refused::Version {
            offered: vec![9],
            spoken: vec![1],
        },
        Refused::Session,
        Refused::Proof,
        Refused::TooMany { limit: 32 },
        Refused::User,
        Refused::Protocol { reason: "r".into() },
        Refused::TooSlow { limit_ms: 5000 },
    ];
    all.extend(refusals.iter().map(|refused| pin(Kind::Refused, refused)));
    insta::assert_snapshot!(all.join("\n\n"));
}

#[test]
fn requests_are_pinned() {
    let size = Size { rows: 24, cols: 80 };
    let attach = |mode, scrollback| {
        Request::Attach(Attach {
            mode,
            size: Some(size),
            from: Some(5),
            scrollback,
        })
    };
    let requests = [
        Request::Status,
        attach(Mode::Control, Scrollback::Replace),
        attach(Mode::View, Scrollback::Keep),
        attach(Mode::Steal, Scrollback::Keep),
        Request::Inject,
        Request::Resize(size),
        Request::Capture(Capture {
            format: Format::Text,
            history_lines: 1,
        }),
        Request::Capture(Capture {
            format: Format::Ansi,
            history_lines: 0,
        }),
        Request::Stop(Stop {
            generation: [0xbb; 16],
            grace_ms: 5000,
        }),
        attach_terminal(),
        Request::Loan(LoanStep::Begin),
        Request::Loan(LoanStep::TakeKeys),
        Request::Loan(LoanStep::End),
    ];
    let pinned = requests.map(|request| pin(Kind::Call, &Call { id: 1, request }));
    insta::assert_snapshot!(pinned.join("\n\n"));
}

fn attach_terminal() -> Request {
    let attach = Attach {
        mode: Mode::Control,
        size: None,
        from: None,
        scrollback: Scrollback::Keep,
    };
    let terminal = Terminal {
        path: b"/t".to_vec(),
        device: 1,
        file_system: 2,
        inode: 3,
        own_keys: vec![0x1c],
    };
    Request::AttachTerminal(attach, terminal)
}

#[test]
fn replies_are_pinned() {
    let size = Size { rows: 24, cols: 80 };
    let running = Running {
        pid: 42,
        started_ms: 1,
        last_output_ms: Some(2),
        size,
        offset: 3,
        title: Some("t".into()),
        controller: Some(holder()),
        viewers: 4,
        problem: Some("p".into()),
    };
    let captured = Captured {
        size,
        offset: 3,
        cursor_row: 1,
        cursor_col: 2,
        cursor_visible: true,
        title: None,
        alternate: false,
        len: 9,
    };
    let stopped = Stopped {
        ended: ended(Outcome::Signaled(15)),
        survivors: vec![Survivor {
            pid: 43,
            name: "n".into(),
        }],
    };
    let results = [
        Ok(Answer::Status(Status::Running(running))),
        Ok(Answer::Status(Status::Ended(ended(Outcome::Exited(3))))),
        Ok(Answer::Attached(Attached {
            controls: true,
            size,
        })),
        Ok(Answer::Done),
        Ok(Answer::Captured(captured)),
        Ok(Answer::Stopped(stopped)),
        Ok(Answer::Lent(Attached {
            controls: false,
            size,
        })),
        Err(Failure::Busy(holder())),
        Err(Failure::NotController),
        Err(Failure::AlreadyAttached),
        Err(Failure::WrongGeneration([0xbb; 16])),
        Err(Failure::Ended),
        Err(Failure::System("r".into())),
        Err(Failure::NoLoan),
    ];
    let pinned = results.map(|result| pin(Kind::Reply, &Reply { id: 1, result }));
    insta::assert_snapshot!(pinned.join("\n\n"));
}

#[test]
fn events_are_pinned() {
    let size = Size { rows: 24, cols: 80 };
    let events = [
        Event::Snapshot(Snapshot {
            offset: 3,
            size,
            len: 9,
        }),
        Event::Lagged { skipped: 5 },
        Event::Resized(size),
        Event::ControlLost(holder()),
        Event::InputTaken { total: 6 },
        Event::Ended(ended(Outcome::Exited(-1))),
        Event::Closing { reason: "r".into() },
        Event::Keys {
            data: b"k".to_vec(),
        },
        Event::Ended(ended(Outcome::Lost(LostReason::HostLost))),
    ];
    insta::assert_snapshot!(events.map(|event| pin(Kind::Event, &event)).join("\n\n"));
}

/// proves O8
#[test]
fn what_version_2_added_is_pinned() {
    let over = |cause| Over {
        ended: ended(Outcome::Exited(3)),
        cause,
    };
    let watch = Request::Watch;
    let mut all = vec![pin(
        Kind::Call,
        &Call {
            id: 1,
            request: watch,
        },
    )];
    let answers = [
        Answer::Watching,
        Answer::Status(Status::Over(over(None))),
        Answer::Brought(Brought {
            over: over(Some(Cause::Stopped)),
            survivors: vec![Survivor {
                pid: 43,
                name: "n".into(),
            }],
        }),
    ];
    for answer in answers {
        let reply = Reply {
            id: 1,
            result: Ok(answer),
        };
        all.push(pin(Kind::Reply, &reply));
    }
    all.push(pin(Kind::Event, &Event::Over(over(Some(Cause::Shutdown)))));
    all.push(pin(Kind::Event, &Event::Activity(full_activity())));
    for (state, source) in every_word() {
        let activity = Activity {
            state,
            source,
            since_ms: 1,
            last_output_ms: None,
            title: None,
            notification: None,
            last_code: None,
        };
        all.push(pin(Kind::Event, &Event::Activity(activity)));
    }
    insta::assert_snapshot!(all.join("\n\n"));
}

fn full_activity() -> Activity {
    Activity {
        state: Doing::Working,
        source: Evidence::None,
        since_ms: 1,
        last_output_ms: Some(2),
        title: Some("t".into()),
        notification: Some("n".into()),
        last_code: Some(-1),
    }
}

fn every_word() -> [(Doing, Evidence); 10] {
    [
        (Doing::Working, Evidence::Output),
        (Doing::Idle, Evidence::Silence),
        (Doing::Waiting, Evidence::Title),
        (Doing::Working, Evidence::Progress),
        (Doing::Waiting, Evidence::Bell),
        (Doing::Waiting, Evidence::Notification),
        (Doing::Waiting, Evidence::Prompt),
        (Doing::Working, Evidence::Command),
        (Doing::Unknown, Evidence::Finished),
        (Doing::Exited, Evidence::End),
    ]
}

#[test]
fn raw_frames_and_the_launch_are_pinned() {
    let request = |wanted| LaunchRequest {
        version: LAUNCH_VERSION,
        owners_dir: b"/o".to_vec(),
        runtime_dir: b"/r".to_vec(),
        session: "s".into(),
        source: b"x".to_vec(),
        wanted,
    };
    let start = Start {
        argv: vec![b"sh".to_vec()],
        cwd: b"/".to_vec(),
        env: vec![(b"A".to_vec(), b"b".to_vec())],
        size: (24, 80),
        history_bytes: 1,
        journal: true,
        replaces: Some([0xbb; 16]),
    };
    let mut all = vec![
        hex(&codec::raw(Kind::Input, b"in")),
        hex(&codec::raw(Kind::Part, b"part")),
        hex(&codec::encode_launch(&request(Launch::Start(Box::new(
            start,
        ))))),
        hex(&codec::encode_launch(&request(Launch::Join))),
    ];
    let replies = [
        LaunchReply::Started {
            generation: [0xbb; 16],
        },
        LaunchReply::Existing,
        LaunchReply::ProgramNotFound { reason: "r".into() },
        LaunchReply::BadDirectory { reason: "r".into() },
        LaunchReply::NewerState {
            path: b"/p".to_vec(),
            found: 9,
        },
        LaunchReply::Locked { reason: "r".into() },
        LaunchReply::Failed { reason: "r".into() },
        LaunchReply::Joined {
            generation: [0xbb; 16],
        },
        LaunchReply::Nothing,
    ];
    for reply in replies {
        let bytes = codec::encode_launch(&reply);
        assert_eq!(codec::decode_launch(&bytes), Some(reply));
        all.push(hex(&bytes));
    }
    insta::assert_snapshot!(all.join("\n\n"));
}

/// proves O7
#[test]
fn what_is_left_over_after_a_message_is_refused() {
    let bytes = codec::encode(Kind::Welcome, &Welcome { client: 7 });
    let mut body = bytes[8..].to_vec();
    body.push(0);
    let frame = Frame {
        kind: Kind::Welcome,
        body: body.into(),
    };
    let refused = codec::decode::<Welcome>(&frame).expect_err("a byte is left over");
    assert!(
        refused.to_string().contains("1 bytes are left over"),
        "{refused}"
    );
}

/// proves O7
#[test]
fn a_length_inside_a_message_allocates_nothing() {
    // A session id that claims to have 2^62 bytes.
    let mut body = MAGIC.to_vec();
    body.extend_from_slice(&1_u64.to_le_bytes());
    body.extend_from_slice(&1_u16.to_le_bytes());
    body.extend_from_slice(&(1_u64 << 62).to_le_bytes());
    let frame = Frame {
        kind: Kind::Hello,
        body: body.into(),
    };
    assert!(codec::decode::<Hello>(&frame).is_err());
}
