//! Who is responsible for a session: its keeper, or nobody, and what becomes of that.

use std::error::Error as _;

use abide_core::{
    backend::SessionState,
    lease::{FencingToken, LeaseAge, LeaseState},
};
use abide_workspace::{
    WorkspaceError,
    service::{Found, Observed},
};
use serde::Serialize;

/// What could be told of a session's keeper; none if it is not recorded.
pub(super) type Told = Result<Option<LeaseState>, WorkspaceError>;

/// A keeper as JSON.
#[derive(Debug, Serialize)]
pub(super) struct JsonKeeper<'a> {
    /// `here`, `elsewhere`, `stale`, `malformed`, `absent` or `unknown`.
    state: &'static str,
    /// Why it is stale, malformed or unknown.
    why: Option<String>,
    user: Option<&'a str>,
    host: Option<&'a str>,
    pid: Option<u32>,
    epoch: Option<FencingToken>,
    /// The time since it renewed its lease; null also if a clock is ahead.
    renewed_ms_ago: Option<u64>,
}

impl<'a> JsonKeeper<'a> {
    /// Returns it, or nothing for a session that is not recorded.
    pub(super) fn new(told: &'a Told) -> Option<Self> {
        let lease = match told {
            Ok(lease) => lease.as_ref()?.lease(),
            Err(_) => None,
        };
        let (state, why, age) = match told {
            Err(error) => ("unknown", Some(with_causes(error)), None),
            Ok(None | Some(LeaseState::Absent)) => ("absent", None, None),
            Ok(Some(LeaseState::FreshLocal { age, .. })) => ("here", None, Some(age)),
            Ok(Some(LeaseState::FreshRemote { age, .. })) => ("elsewhere", None, Some(age)),
            Ok(Some(LeaseState::Stale { why, .. })) => ("stale", Some(why.to_string()), None),
            Ok(Some(LeaseState::Malformed { reason })) => ("malformed", Some(reason.clone()), None),
        };
        let passed = age.and_then(|age| match age {
            LeaseAge::Passed(passed) => u64::try_from(passed.as_millis()).ok(),
            LeaseAge::Ahead(_) => None,
        });
        Some(Self {
            state,
            why,
            user: lease.map(|lease| lease.keeper.user.as_str()),
            host: lease.map(|lease| lease.keeper.place.host.as_str()),
            pid: lease.map(|lease| lease.keeper.pid),
            epoch: lease.map(|lease| lease.epoch),
            renewed_ms_ago: passed,
        })
    }
}

/// Says who is responsible; nothing where nobody need be.
pub(super) fn in_words(told: &Told, found: &Found, observed: &Observed) -> Option<String> {
    let lease = match told {
        Ok(lease) => lease.as_ref()?,
        Err(error) => return Some(format!("cannot be told: {}", with_causes(error))),
    };
    let next = match is_over(observed) {
        true => "whoever enters it next has its record completed",
        false => "whoever enters it next has it adopted",
    };
    Some(match lease {
        LeaseState::FreshLocal { lease, age } | LeaseState::FreshRemote { lease, age } => {
            format!("{}, {age}", lease.keeper)
        }
        LeaseState::Stale { why, .. } => format!("nobody: {why}; {next}"),
        LeaseState::Malformed { reason } => {
            format!("nobody: its lease cannot be read ({reason}); {next}")
        }
        LeaseState::Absent if is_over(observed) || found.session.generation.is_none() => {
            return None;
        }
        LeaseState::Absent => format!("nobody; {next}"),
    })
}

fn is_over(observed: &Observed) -> bool {
    match observed {
        Observed::Nothing => true,
        Observed::Unavailable { .. } => false,
        Observed::Status(status) => matches!(status.state, SessionState::Ended(_)),
    }
}

fn with_causes(error: &WorkspaceError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
