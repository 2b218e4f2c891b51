//! Frames and messages of every kind.

use abide_backend_ptyowner::wire::{
    codec,
    event::{
        Activity, Answer, Attached, Brought, Captured, Cause, Doing, Ended, Event, Evidence,
        Failure, Holder, LostReason, Outcome, Over, Reply, Running, Snapshot, Status, Stopped,
        Survivor,
    },
    frame::Kind,
    hello::{Challenge, Hello, MAGIC, Proof, Refused, Side, Welcome, prove},
    launch::{LAUNCH_VERSION, Launch, LaunchReply, LaunchRequest, Start},
    limits::HEADER_BYTES,
    request::{
        Attach, Call, Capture, Format, LoanStep, Mode, Request, Scrollback, Size, Stop, Terminal,
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::damage::damaged;
use crate::wire::{GENERATION, OWNER_NONCE, SESSION, token};

/// Who sends, how long the pieces are, then frames.
pub(crate) fn frames() -> BoxedStrategy<Vec<u8>> {
    let from_new_client = vec(prop_oneof![hello(), proof()], 0..3);
    let from_client = vec(prop_oneof![call(), raw(Kind::Input)], 0..6);
    let from_owner = vec(
        prop_oneof![
            challenge(),
            welcome(),
            refused(),
            reply(),
            event(),
            raw(Kind::Output),
            raw(Kind::Part),
        ],
        0..6,
    );
    let sent = prop_oneof![
        from_new_client.prop_map(|frames| (0_u8, frames.concat())),
        from_client.prop_map(|frames| (1, frames.concat())),
        from_owner.prop_map(|frames| (2, frames.concat())),
    ];
    let all =
        (sent, any::<u8>()).prop_map(|((who, stream), piece)| [vec![who, piece], stream].concat());
    damaged(all)
}

/// Which message, then its body.
pub(crate) fn messages() -> BoxedStrategy<Vec<u8>> {
    let body = |which: u8| move |frame: Vec<u8>| [&[which], &frame[HEADER_BYTES..]].concat();
    damaged(prop_oneof![
        hello().prop_map(body(0)),
        challenge().prop_map(body(1)),
        proof().prop_map(body(2)),
        welcome().prop_map(body(3)),
        refused().prop_map(body(4)),
        call().prop_map(body(5)),
        reply().prop_map(body(6)),
        event().prop_map(body(7)),
    ])
}

/// A hello and a proof, good or not.
pub(crate) fn greeting() -> BoxedStrategy<Vec<u8>> {
    let good =
        (vec(1_u16..4, 1..4), any::<[u8; 32]>(), label()).prop_map(|(versions, nonce, label)| {
            let hello = Hello {
                magic: MAGIC,
                versions,
                session: SESSION.into(),
                nonce,
            };
            let proof = prove(&token(), Side::Client, &hello, 1, &GENERATION, &OWNER_NONCE);
            let hello = codec::encode(Kind::Hello, &hello);
            [hello, codec::encode(Kind::Proof, &Proof { proof, label })].concat()
        });
    let others = (hello(), proof()).prop_map(|(hello, proof)| [hello, proof].concat());
    damaged(prop_oneof![3 => good, 1 => others])
}

/// Which of the two messages, then the message.
pub(crate) fn launch() -> BoxedStrategy<Vec<u8>> {
    damaged(prop_oneof![launch_request(), launch_reply()])
}

fn launch_request() -> impl Strategy<Value = Vec<u8>> + Clone {
    let words = || vec(vec(any::<u8>(), 0..9), 0..5);
    let variables = vec((vec(any::<u8>(), 0..6), vec(any::<u8>(), 0..9)), 0..5);
    (
        words(),
        words(),
        variables,
        ".{0,5}",
        any::<(u16, u16)>(),
        any::<(u64, bool)>(),
        option::of(any::<[u8; 16]>()),
        any::<bool>(),
    )
        .prop_map(
            |(dirs, argv, env, session, size, (history_bytes, journal), replaces, is_start)| {
                let dir = |at: usize| dirs.get(at).cloned().unwrap_or_default();
                let start = Start {
                    argv,
                    cwd: dir(2),
                    env,
                    size,
                    history_bytes,
                    journal,
                    replaces,
                };
                let request = LaunchRequest {
                    version: LAUNCH_VERSION,
                    owners_dir: dir(0),
                    runtime_dir: dir(1),
                    session,
                    source: dir(3),
                    wanted: match is_start {
                        true => Launch::Start(Box::new(start)),
                        false => Launch::Join,
                    },
                };
                [vec![0], codec::encode_launch(&request)].concat()
            },
        )
}

fn launch_reply() -> impl Strategy<Value = Vec<u8>> + Clone {
    let reply = (0_u8..9, any::<[u8; 16]>(), any::<u32>(), ".{0,9}").prop_map(
        |(which, generation, found, reason)| match which {
            0 => LaunchReply::Started { generation },
            1 => LaunchReply::Existing,
            2 => LaunchReply::ProgramNotFound { reason },
            3 => LaunchReply::BadDirectory { reason },
            4 => LaunchReply::NewerState {
                path: reason.into_bytes(),
                found,
            },
            5 => LaunchReply::Locked { reason },
            6 => LaunchReply::Failed { reason },
            7 => LaunchReply::Joined { generation },
            _ => LaunchReply::Nothing,
        },
    );
    reply.prop_map(|reply| [vec![1], codec::encode_launch(&reply)].concat())
}

fn label() -> impl Strategy<Value = String> + Clone {
    prop_oneof!["[a-zé ]{0,12}", ".{0,12}", "x{199,202}"]
}

fn raw(kind: Kind) -> impl Strategy<Value = Vec<u8>> + Clone {
    vec(any::<u8>(), 0..40).prop_map(move |body| codec::raw(kind, &body).to_vec())
}

fn hello() -> impl Strategy<Value = Vec<u8>> + Clone {
    let magic = prop_oneof![4 => Just(MAGIC), 1 => any::<[u8; 8]>()];
    let hello = (
        magic,
        vec(any::<u16>(), 0..20),
        "[sa]{0,3}",
        any::<[u8; 32]>(),
    )
        .prop_map(|(magic, versions, session, nonce)| Hello {
            magic,
            versions,
            session,
            nonce,
        });
    hello.prop_map(|hello| codec::encode(Kind::Hello, &hello).to_vec())
}

fn challenge() -> impl Strategy<Value = Vec<u8>> + Clone {
    any::<(u16, [u8; 16], [u8; 32], [u8; 32])>().prop_map(|(version, generation, nonce, proof)| {
        let challenge = Challenge {
            version,
            generation,
            nonce,
            proof,
        };
        codec::encode(Kind::Challenge, &challenge).to_vec()
    })
}

fn proof() -> impl Strategy<Value = Vec<u8>> + Clone {
    (any::<[u8; 32]>(), label())
        .prop_map(|(proof, label)| codec::encode(Kind::Proof, &Proof { proof, label }).to_vec())
}

fn welcome() -> impl Strategy<Value = Vec<u8>> + Clone {
    any::<u64>().prop_map(|client| codec::encode(Kind::Welcome, &Welcome { client }).to_vec())
}

fn refused() -> impl Strategy<Value = Vec<u8>> + Clone {
    let refused = (0_u8..7, vec(any::<u16>(), 0..4), any::<u32>(), ".{0,9}").prop_map(
        |(which, offered, limit, reason)| match which {
            0 => Refused::Version {
                spoken: offered.clone(),
                offered,
            },
            1 => Refused::Session,
            2 => Refused::Proof,
            3 => Refused::TooMany { limit },
            4 => Refused::User,
            5 => Refused::Protocol { reason },
            _ => Refused::TooSlow {
                limit_ms: limit.into(),
            },
        },
    );
    refused.prop_map(|refused| codec::encode(Kind::Refused, &refused).to_vec())
}

fn size() -> impl Strategy<Value = Size> + Clone {
    any::<(u16, u16)>().prop_map(|(rows, cols)| Size { rows, cols })
}

fn call() -> impl Strategy<Value = Vec<u8>> + Clone {
    let scrollback = select(vec![Scrollback::Replace, Scrollback::Keep]);
    let mode = select(vec![Mode::Control, Mode::View, Mode::Steal]);
    let attach = (
        mode,
        option::of(size()),
        option::of(any::<u64>()),
        scrollback,
    )
        .prop_map(|(mode, size, from, scrollback)| Attach {
            mode,
            size,
            from,
            scrollback,
        });
    let terminal = (
        vec(any::<u8>(), 0..9),
        any::<[u64; 3]>(),
        vec(any::<u8>(), 0..4),
    )
        .prop_map(|(path, [device, file_system, inode], own_keys)| Terminal {
            path,
            device,
            file_system,
            inode,
            own_keys,
        });
    let attach_terminal = (attach.clone(), terminal)
        .prop_map(|(attach, terminal)| Request::AttachTerminal(attach, terminal))
        .boxed();
    let attach = attach.prop_map(Request::Attach).boxed();
    let step = select(vec![LoanStep::Begin, LoanStep::TakeKeys, LoanStep::End]);
    let capture = (select(vec![Format::Text, Format::Ansi]), any::<u32>()).prop_map(
        |(format, history_lines)| {
            Request::Capture(Capture {
                format,
                history_lines,
            })
        },
    );
    let request = prop_oneof![
        Just(Request::Status),
        attach,
        attach_terminal,
        step.prop_map(Request::Loan),
        Just(Request::Inject),
        Just(Request::Watch),
        size().prop_map(Request::Resize),
        capture,
        any::<([u8; 16], u64)>().prop_map(|(generation, grace_ms)| {
            Request::Stop(Stop {
                generation,
                grace_ms,
            })
        }),
    ];
    (any::<u32>(), request.boxed())
        .prop_map(|(id, request)| codec::encode(Kind::Call, &Call { id, request }).to_vec())
}

fn outcome() -> impl Strategy<Value = Outcome> + Clone {
    prop_oneof![
        any::<i32>().prop_map(Outcome::Exited),
        any::<i32>().prop_map(Outcome::Signaled),
        prop_oneof![
            Just(LostReason::HolderDied),
            Just(LostReason::HostLost),
            Just(LostReason::Rebooted)
        ]
        .prop_map(Outcome::Lost),
    ]
}

fn ended() -> impl Strategy<Value = Ended> + Clone {
    (outcome(), any::<(u64, u64, u64)>()).prop_map(|(outcome, (started_ms, ended_ms, offset))| {
        Ended {
            outcome,
            started_ms,
            ended_ms,
            offset,
        }
    })
}

fn holder() -> impl Strategy<Value = Holder> + Clone {
    (any::<(u64, u64)>(), label()).prop_map(|((client, since_ms), label)| Holder {
        client,
        label,
        since_ms,
    })
}

fn running() -> impl Strategy<Value = Running> + Clone {
    let numbers = any::<(u32, u64, Option<u64>, u64, u32)>();
    let words = (option::of(".{0,9}"), option::of(".{0,9}"));
    (numbers, size(), words, option::of(holder())).prop_map(
        |(numbers, size, (title, problem), controller)| {
            let (pid, started_ms, last_output_ms, offset, viewers) = numbers;
            Running {
                pid,
                started_ms,
                last_output_ms,
                size,
                offset,
                title,
                controller,
                viewers,
                problem,
            }
        },
    )
}

fn captured() -> impl Strategy<Value = Captured> + Clone {
    let numbers = any::<(u64, u16, u16, bool, bool, u64)>();
    (numbers, size(), option::of(".{0,9}")).prop_map(
        |((offset, cursor_row, cursor_col, cursor_visible, alternate, len), size, title)| {
            Captured {
                size,
                offset,
                cursor_row,
                cursor_col,
                cursor_visible,
                title,
                alternate,
                len,
            }
        },
    )
}

fn stopped() -> impl Strategy<Value = Stopped> + Clone {
    let survivor = (any::<u32>(), ".{0,9}").prop_map(|(pid, name)| Survivor { pid, name });
    (ended(), vec(survivor, 0..4)).prop_map(|(ended, survivors)| Stopped { ended, survivors })
}

fn over() -> impl Strategy<Value = Over> + Clone {
    let cause = option::of(select(vec![Cause::Shutdown, Cause::Stopped]));
    (ended(), cause).prop_map(|(ended, cause)| Over { ended, cause })
}

fn activity() -> impl Strategy<Value = Activity> + Clone {
    let state = select(vec![Doing::Working, Doing::Waiting, Doing::Unknown]);
    let source = select(vec![Evidence::None, Evidence::Title, Evidence::End]);
    let words = (option::of(".{0,9}"), option::of(".{0,9}"));
    let numbers = any::<(u64, Option<u64>, Option<i32>)>();
    (state, source, words, numbers).prop_map(|(state, source, words, numbers)| Activity {
        state,
        source,
        since_ms: numbers.0,
        last_output_ms: numbers.1,
        title: words.0,
        notification: words.1,
        last_code: numbers.2,
    })
}

fn reply() -> impl Strategy<Value = Vec<u8>> + Clone {
    let answer = prop_oneof![
        running()
            .prop_map(|running| Answer::Status(Status::Running(running)))
            .boxed(),
        ended().prop_map(|ended| Answer::Status(Status::Ended(ended))),
        (any::<bool>(), size())
            .prop_map(|(controls, size)| Answer::Attached(Attached { controls, size })),
        Just(Answer::Done),
        captured().prop_map(Answer::Captured),
        stopped().prop_map(Answer::Stopped),
        Just(Answer::Watching),
        over().prop_map(|over| Answer::Status(Status::Over(over))),
        (over(), stopped()).prop_map(|(over, Stopped { survivors, .. })| {
            Answer::Brought(Brought { over, survivors })
        }),
        (any::<bool>(), size())
            .prop_map(|(controls, size)| Answer::Lent(Attached { controls, size })),
    ];
    let failure = prop_oneof![
        holder().prop_map(Failure::Busy),
        Just(Failure::NotController),
        Just(Failure::AlreadyAttached),
        any::<[u8; 16]>().prop_map(Failure::WrongGeneration),
        Just(Failure::Ended),
        ".{0,9}".prop_map(Failure::System),
        Just(Failure::NoLoan),
    ];
    // Boxed: the stack of a test holds strategies by value.
    let result = prop_oneof![answer.boxed().prop_map(Ok), failure.boxed().prop_map(Err)];
    (any::<u32>(), result)
        .prop_map(|(id, result)| codec::encode(Kind::Reply, &Reply { id, result }).to_vec())
}

fn event() -> impl Strategy<Value = Vec<u8>> + Clone {
    let event =
        prop_oneof![
            (any::<(u64, u64)>(), size())
                .prop_map(|((offset, len), size)| Event::Snapshot(Snapshot { offset, size, len })),
            any::<u64>().prop_map(|skipped| Event::Lagged { skipped }),
            size().prop_map(Event::Resized),
            holder().prop_map(Event::ControlLost),
            any::<u64>().prop_map(|total| Event::InputTaken { total }),
            ended().prop_map(Event::Ended),
            over().prop_map(Event::Over).boxed(),
            activity().prop_map(Event::Activity).boxed(),
            ".{0,9}".prop_map(|reason| Event::Closing { reason }),
            vec(any::<u8>(), 0..9).prop_map(|data| Event::Keys { data }),
        ];
    event.prop_map(|event| codec::encode(Kind::Event, &event).to_vec())
}
