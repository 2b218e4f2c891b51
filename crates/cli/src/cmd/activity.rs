//! What sessions are doing, for `list` and `info`: as noted, without asking anybody.

use abide_core::{
    activity::{Activity, ActivityState},
    backend::SessionState,
    clock::Timestamp,
};
use abide_workspace::{Workspaces, service::Observed};
use serde::Serialize;

use super::describe;

/// What a session is doing, as JSON.
#[derive(Debug, Serialize)]
pub(super) struct JsonActivity<'a> {
    #[serde(flatten)]
    activity: &'a Activity,
    /// How long it has been so.
    age_ms: u64,
}

impl<'a> JsonActivity<'a> {
    pub(super) fn new(activity: &'a Activity, now: Timestamp) -> Self {
        let age = now.since(activity.since).as_millis();
        Self {
            activity,
            age_ms: u64::try_from(age).unwrap_or(u64::MAX),
        }
    }
}

/// Returns what a session that was observed is doing; none where there is no session. `started_at`
/// tells of one that runs when it was started.
pub(super) async fn of<R>(
    workspaces: &Workspaces,
    observed: &Observed<R>,
    started_at: impl Fn(&R) -> Timestamp,
    now: Timestamp,
) -> Option<Activity> {
    let Observed::Status(status) = observed else {
        return None;
    };
    let noted = match status.generation {
        Some(start) => {
            let session = &status.session;
            workspaces.activity(status.backend, session, start).await
        }
        None => None,
    };
    Some(match &status.state {
        SessionState::Ended(ended) => Activity {
            // What it said last is worth knowing after its end.
            title: noted.as_ref().and_then(|noted| noted.title.clone()),
            notification: noted.and_then(|noted| noted.notification),
            ..Activity::exited(ended.ended_at.unwrap_or(ended.started_at))
        },
        SessionState::Running(running) => match noted {
            // One that was cut off before it noted its owner's end says nothing of a live one.
            Some(noted) if noted.state != ActivityState::Exited => noted.at(now),
            _ => Activity::unknown(started_at(running)),
        },
        SessionState::Starting | SessionState::Unresponsive { .. } => match noted {
            Some(noted) => noted.at(now),
            None => Activity::unknown(now),
        },
    })
}

/// Says what a session is doing, how long it has been so, and what tells.
pub(super) fn in_words(activity: &Activity, now: Timestamp) -> String {
    let Activity {
        state,
        source,
        since,
        ..
    } = activity;
    format!("{state} for {} ({source})", describe::age(now, *since))
}

#[cfg(test)]
mod tests {
    use abide_core::activity::Evidence;

    use super::*;

    #[test]
    fn it_is_said_with_its_age_and_what_tells() {
        let activity = Activity {
            state: ActivityState::Waiting,
            source: Evidence::Bell,
            ..Activity::unknown(Timestamp::from_millis(1000))
        };
        let now = Timestamp::from_millis(66_000);
        assert_eq!(in_words(&activity, now), "waiting for 1m (bell)");
        let json = serde_json::to_value(JsonActivity::new(&activity, now)).unwrap();
        let expected = serde_json::json!({
            "state": "waiting", "source": "bell", "since": 1000, "age_ms": 65_000,
        });
        assert_eq!(json, expected);
    }
}
