//! The table of entry: printed whole in docs/leases.md, and looked up there cell by cell.

use std::{fs, path::PathBuf, time::Duration};

use abide_core::{
    clock::Timestamp,
    lease::{
        Claim, Consent, FencingToken, Keeper, Lease, LeaseAge, LeaseEvent, LeaseState, Mode,
        Moment, Next, Place, Staleness,
    },
};
use abide_workspace::entry::{
    Asked, Decision, Orphaned, Refusal, SessionFound, Takeover, Way, decide,
};

const BEGIN: &str = "<!-- table: begin -->\n";
const END: &str = "<!-- table: end -->";

fn lease() -> Box<Lease> {
    let keeper = Keeper {
        place: Place {
            machine: None,
            boot: None,
            host: "far".to_owned(),
        },
        user: "anna".to_owned(),
        pid: 1,
        started: None,
    };
    let claim = LeaseEvent::Claim(Claim {
        keeper,
        floor: FencingToken::NONE,
        consent: Consent::None,
        session: "s-1".parse().unwrap(),
        generation: None,
        agent: None,
        mode: Mode::Shell,
    });
    let at = Moment {
        now: Timestamp::from_millis(0),
        uptime: None,
    };
    match LeaseState::Absent.apply(claim, at).unwrap() {
        Next::Write(lease) => lease,
        Next::Remove => panic!("a claim removes nothing"),
    }
}

const AGE: LeaseAge = LeaseAge::Passed(Duration::from_secs(12));

/// Every state that a lease can have, with its name in the table.
fn leases() -> [(&'static str, LeaseState); 7] {
    let (lease, age) = (lease(), AGE);
    let stale = |why| LeaseState::Stale {
        lease: lease.clone(),
        why,
    };
    let malformed = LeaseState::Malformed {
        reason: "torn".to_owned(),
    };
    [
        ("absent", LeaseState::Absent),
        ("stale: keeper dead", stale(Staleness::DeadKeeper)),
        ("stale: other boot", stale(Staleness::OtherBoot)),
        (
            "stale: expired",
            stale(Staleness::Expired(Duration::from_secs(60))),
        ),
        ("malformed", malformed),
        (
            "fresh here",
            LeaseState::FreshLocal {
                lease: lease.clone(),
                age,
            },
        ),
        ("fresh elsewhere", LeaseState::FreshRemote { lease, age }),
    ]
}

/// The columns of the table, and the ways that each stands for.
const COLUMNS: [(&str, &[Way]); 3] = [
    (
        "`resume`, `open`, `last`",
        &[Way::Resume, Way::Open, Way::Last],
    ),
    ("`attach`", &[Way::Attach]),
    ("`attach --view`", &[Way::View]),
];

/// The rows of the table for one state of the session, and what each stands for.
fn rows() -> Vec<(String, LeaseState, Vec<Takeover>)> {
    let named = |takeover| match takeover {
        Takeover::Ask => "terminal",
        Takeover::CannotAsk => "no terminal",
        Takeover::Agreed => "`--force`",
    };
    let mut rows = Vec::new();
    for (name, lease) in leases() {
        if matches!(lease, LeaseState::FreshRemote { .. }) {
            let split = Takeover::ALL.map(|how| {
                let name = format!("{name}, {}", named(how));
                (name, lease.clone(), vec![how])
            });
            rows.extend(split);
        } else {
            rows.push((name.to_owned(), lease, Takeover::ALL.to_vec()));
        }
    }
    rows
}

fn session_name(session: SessionFound) -> &'static str {
    match session {
        SessionFound::None => "none",
        SessionFound::Running => "running",
        SessionFound::Ended => "ended",
        SessionFound::Unresponsive => "unresponsive",
        SessionFound::Unavailable => "unavailable",
    }
}

fn cell(decision: &Decision) -> &'static str {
    match decision {
        Decision::Create => "create",
        Decision::CreateUnderKeeper => "create under its keeper",
        Decision::AttachPassively => "attach",
        Decision::Adopt(_) => "adopt",
        Decision::Confirm { .. } => "confirm",
        Decision::Refuse(Refusal::NothingThere) => "refuse: nothing there",
        Decision::Refuse(Refusal::Unresponsive) => "refuse: no answer",
        Decision::Refuse(Refusal::Unavailable) => "refuse: no backend",
        Decision::Refuse(Refusal::HeldElsewhere { .. }) => "refuse: cannot ask",
    }
}

fn table() -> String {
    let mut text = String::from("\n| session | lease |");
    COLUMNS
        .iter()
        .for_each(|(name, _)| text += &format!(" {name} |"));
    text += "\n|---|---|---|---|---|\n";
    for session in SessionFound::ALL {
        for (name, lease, takeovers) in rows() {
            text += &format!("| {} | {name} |", session_name(session));
            for (_, ways) in COLUMNS {
                let asked = Asked {
                    way: ways[0],
                    takeover: takeovers[0],
                };
                text += &format!(" {} |", cell(&decide(session, &lease, asked)));
            }
            text += "\n";
        }
    }
    text + "\n"
}

fn document() -> (PathBuf, String) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/leases.md"));
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

fn printed(document: &str) -> &str {
    let (_, rest) = document.split_once(BEGIN).expect("the table has a place");
    rest.split_once(END).expect("its place has an end").0
}

/// proves L4
#[test]
fn the_document_prints_the_table_that_the_code_follows() {
    let (path, text) = document();
    if std::env::var_os("ABIDE_WRITE_TABLES").is_some() {
        let new = text.replace(
            &format!("{BEGIN}{}", printed(&text)),
            &format!("{BEGIN}{}", table()),
        );
        fs::write(path, new).unwrap();
        return;
    }
    assert_eq!(
        printed(&text),
        table(),
        "ABIDE_WRITE_TABLES=1 rewrites docs/leases.md"
    );
}

/// Looks a cell up in the printed table.
fn look_up(printed: &str, session: SessionFound, row: &str, column: usize) -> String {
    let mut lines = printed.lines().filter(|line| line.starts_with("| "));
    let found =
        lines.find(|line| line.starts_with(&format!("| {} | {row} |", session_name(session))));
    let cells: Vec<_> = found.expect("every row is printed").split('|').collect();
    cells[3 + column].trim().to_owned()
}

/// proves L4
#[test]
fn every_combination_is_decided_as_its_printed_cell_says() {
    let (_, text) = document();
    let mut tried = 0;
    for session in SessionFound::ALL {
        for (row, lease, takeovers) in rows() {
            for (column, (_, ways)) in COLUMNS.iter().enumerate() {
                for (way, takeover) in ways
                    .iter()
                    .flat_map(|way| takeovers.iter().map(move |how| (*way, *how)))
                {
                    let asked = Asked { way, takeover };
                    let decision = decide(session, &lease, asked);
                    let expected = look_up(printed(&text), session, &row, column);
                    assert_eq!(cell(&decision), expected, "{session:?}, {row}, {asked:?}");
                    tried += 1;
                }
            }
        }
    }
    let all = SessionFound::ALL.len() * leases().len() * Way::ALL.len() * Takeover::ALL.len();
    assert_eq!(tried, all, "every combination has one cell");
}

fn everywhere() -> impl Iterator<Item = (SessionFound, LeaseState, Asked)> {
    SessionFound::ALL.into_iter().flat_map(|session| {
        leases().into_iter().flat_map(move |(_, lease)| {
            Way::ALL.into_iter().flat_map(move |way| {
                let lease = lease.clone();
                Takeover::ALL.map(move |takeover| (session, lease.clone(), Asked { way, takeover }))
            })
        })
    })
}

/// proves L4
#[test]
fn what_cannot_be_asked_is_never_acted_upon() {
    for (session, lease, asked) in everywhere() {
        let decision = decide(session, &lease, asked);
        let is_unknown = matches!(
            session,
            SessionFound::Unresponsive | SessionFound::Unavailable
        );
        let is_refused = matches!(
            decision,
            Decision::Refuse(Refusal::Unresponsive | Refusal::Unavailable)
        );
        assert_eq!(is_unknown, is_refused, "{session:?} {lease:?} {asked:?}");
    }
}

/// proves L5
#[test]
fn a_fresh_lease_of_this_machine_is_claimed_by_no_entry_and_a_view_claims_nothing() {
    for (session, lease, asked) in everywhere() {
        let decision = decide(session, &lease, asked);
        let is_kept = matches!(lease, LeaseState::FreshLocal { .. });
        let claims = matches!(decision, Decision::Create | Decision::Adopt(_));
        assert!(
            !(claims && (is_kept || asked.way == Way::View)),
            "{session:?} {lease:?} {asked:?}: {decision:?}"
        );
    }
}

/// proves L6
#[test]
fn a_running_session_without_a_keeper_is_adopted_by_whoever_enters() {
    for (_, lease, asked) in everywhere().filter(|(session, ..)| *session == SessionFound::Running)
    {
        let decision = decide(SessionFound::Running, &lease, asked);
        let is_orphan = matches!(
            lease,
            LeaseState::Absent | LeaseState::Stale { .. } | LeaseState::Malformed { .. }
        );
        if is_orphan && asked.way != Way::View {
            let Decision::Adopt(why) = decision else {
                panic!("{lease:?} {asked:?}: {decision:?}");
            };
            assert!(!why.to_string().is_empty());
        }
    }
}

/// proves L9
#[test]
fn another_host_s_fresh_lease_is_never_taken_without_consent() {
    let is_remote = |lease: &LeaseState| matches!(lease, LeaseState::FreshRemote { .. });
    for (session, lease, asked) in everywhere().filter(|(_, lease, _)| is_remote(lease)) {
        let host = "far".to_owned();
        match decide(session, &lease, asked) {
            Decision::Create => assert_eq!(asked.takeover, Takeover::Agreed),
            Decision::Adopt(why) => {
                assert_eq!(asked.takeover, Takeover::Agreed);
                assert_eq!(why, Orphaned::TakenOver { host });
            }
            Decision::Confirm { host: named, age } => {
                assert_eq!((named, age, asked.takeover), (host, AGE, Takeover::Ask));
            }
            Decision::Refuse(Refusal::HeldElsewhere { host: named, age }) => {
                assert_eq!(
                    (named, age, asked.takeover),
                    (host, AGE, Takeover::CannotAsk)
                );
            }
            Decision::AttachPassively | Decision::Refuse(_) => {}
            Decision::CreateUnderKeeper => panic!("its keeper is not here"),
        }
    }
    assert_eq!(Takeover::new(true, false), Takeover::Agreed);
    assert_eq!(Takeover::new(false, true), Takeover::Ask);
    assert_eq!(Takeover::new(false, false), Takeover::CannotAsk);
}
