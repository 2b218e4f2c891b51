//! Waits for what a session does, told by its holder as it changes; what silence makes of it, a timer
//! tells here.

use std::{fmt, time::Duration};

use abide_core::{
    activity::{Activity, ActivityState},
    backend::{Ended, SessionState, WatchEvent, WatchStream},
    clock::Clock,
};
use abide_workspace::{
    WorkspaceError, Workspaces,
    service::{Found, Observed},
};

use crate::error::CliError;

/// What a session can be waited for to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Wanted {
    /// A program is at work
    Working,
    /// A program or a shell waits for somebody
    Waiting,
    /// Nothing was printed for a while, and nothing tells whether somebody is waited for
    Idle,
    /// The session is over
    Exited,
}

impl Wanted {
    fn is(self, state: ActivityState) -> bool {
        match self {
            Self::Working => state == ActivityState::Working,
            Self::Waiting => state == ActivityState::Waiting,
            Self::Idle => state == ActivityState::Idle,
            Self::Exited => state == ActivityState::Exited,
        }
    }
}

/// What the waiting came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Came {
    /// It does what was waited for.
    State(ActivityState),
    /// It ended, perhaps before it could.
    Ended(Ended),
}

/// Follows one session.
pub(super) struct Follower<'a> {
    workspaces: &'a Workspaces,
    found: &'a Found,
    clock: &'a dyn Clock,
    /// What it was told last.
    activity: Option<Activity>,
}

impl fmt::Debug for Follower<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("activity", &self.activity)
            .finish_non_exhaustive()
    }
}

impl<'a> Follower<'a> {
    pub(super) fn new(workspaces: &'a Workspaces, found: &'a Found, clock: &'a dyn Clock) -> Self {
        Self {
            workspaces,
            found,
            clock,
            activity: None,
        }
    }

    /// Returns what the session does, as far as it was told.
    pub(super) fn state(&self) -> ActivityState {
        let now = self.clock.now();
        let activity = self.activity.as_ref().map(|activity| activity.at(now));
        activity.map_or(ActivityState::Unknown, |activity| activity.state)
    }

    /// Waits until the session does one of these, or ends.
    ///
    /// If dropped, [`Follower::state`] says what it did last.
    pub(super) async fn until(&mut self, wanted: &[Wanted]) -> Result<Came, CliError> {
        let mut watch = self.workspaces.watch(self.found).await?;
        loop {
            let state = self.state();
            // The end is told with how it came.
            if state != ActivityState::Exited && wanted.iter().any(|wanted| wanted.is(state)) {
                return Ok(Came::State(state));
            }
            match self.next(&mut *watch.events).await? {
                Some(WatchEvent::Activity(activity)) => self.activity = Some(activity),
                Some(WatchEvent::Ended(ended)) => return Ok(Came::Ended(ended)),
                None => {}
            }
        }
    }

    /// Waits for the next event; none if silence alone has come to mean something else.
    async fn next(&self, events: &mut dyn WatchStream) -> Result<Option<WatchEvent>, CliError> {
        let next = events.next();
        let next = match self.silence() {
            Some(silence) => match tokio::time::timeout(silence, next).await {
                Ok(next) => next,
                Err(_) => return Ok(None),
            },
            None => next.await,
        };
        match next {
            Ok(Some(event)) => Ok(Some(event)),
            Ok(None) => self.end(None).await.map(Some),
            Err(error) => self.end(Some(error.into())).await.map(Some),
        }
    }

    /// Returns how long it takes until silence means something else.
    fn silence(&self) -> Option<Duration> {
        let now = self.clock.now();
        let idle = self.activity.as_ref()?.falls_idle_at()?;
        (now < idle).then(|| idle.since(now))
    }

    /// Asks how the session ended; if it has not, the connection was lost for another reason.
    async fn end(&self, lost: Option<WorkspaceError>) -> Result<WatchEvent, CliError> {
        if let Observed::Status(status) = self.workspaces.observe(self.found).await?
            && let SessionState::Ended(ended) = status.state
        {
            return Ok(WatchEvent::Ended(ended));
        }
        Err(match lost {
            Some(error) => error.into(),
            None => CliError::ConnectionLost {
                target: self.found.target(),
            },
        })
    }
}

/// Returns the words for what is waited for.
pub(super) fn in_words(wanted: &[Wanted]) -> String {
    let word = |wanted: &Wanted| match wanted {
        Wanted::Working => "begin to work",
        Wanted::Waiting => "come to wait",
        Wanted::Idle => "fall idle",
        Wanted::Exited => "end",
    };
    wanted.iter().map(word).collect::<Vec<_>>().join(" or ")
}

/// Returns how far the output of a session is, if that can be said soon.
pub(super) async fn offset(workspaces: &Workspaces, found: &Found) -> Option<u64> {
    const SOON: Duration = Duration::from_millis(500);
    let observed = tokio::time::timeout(SOON, workspaces.observe(found)).await;
    match observed {
        Ok(Ok(Observed::Status(status))) => match status.state {
            SessionState::Running(running) => Some(running.offset.get()),
            SessionState::Ended(ended) => Some(ended.offset.get()),
            SessionState::Starting | SessionState::Unresponsive { .. } => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use abide_core::{
        activity::{ACTIVE_FOR, Signal},
        backend::ExitOutcome,
    };

    use super::{
        super::fixture::{DEADLINE, Fixture},
        *,
    };

    impl Fixture {
        fn signal(&self, signal: Signal) {
            self.backend.signal(&self.found.session.id, signal);
        }

        async fn until(&self, wanted: &[Wanted]) -> Came {
            let mut follower = Follower::new(&self.workspaces, &self.found, &*self.clock);
            let came = tokio::time::timeout(DEADLINE, follower.until(wanted)).await;
            came.expect("it comes in time").unwrap()
        }
    }

    /// proves A5
    #[tokio::test]
    async fn what_it_does_already_is_not_waited_for() {
        let fixture = Fixture::new().await;
        fixture.signal(Signal::Prompt);
        let came = fixture.until(&[Wanted::Idle, Wanted::Waiting]).await;
        assert_eq!(came, Came::State(ActivityState::Waiting));
    }

    /// proves A5
    #[tokio::test]
    async fn what_it_does_later_is_told() {
        let fixture = Fixture::new().await;
        fixture.signal(Signal::Command);
        let ringing = async {
            tokio::task::yield_now().await;
            fixture.signal(Signal::Bell);
        };
        let (came, ()) = tokio::join!(fixture.until(&[Wanted::Waiting]), ringing);
        assert_eq!(came, Came::State(ActivityState::Waiting));
    }

    /// proves A5
    #[tokio::test]
    async fn an_end_is_told_however_it_is_waited_for() {
        let fixture = Fixture::new().await;
        fixture.signal(Signal::Command);
        fixture.end(3);
        for wanted in [&[Wanted::Exited][..], &[Wanted::Waiting]] {
            let Came::Ended(ended) = fixture.until(wanted).await else {
                panic!("it has ended");
            };
            assert_eq!(ended.outcome, ExitOutcome::Exited { code: 3 });
        }
    }

    /// proves A5
    #[tokio::test]
    async fn idle_comes_by_the_time_that_goes_by() {
        let fixture = Fixture::new().await;
        fixture.print("busy");
        let soon = Duration::from_millis(20);
        fixture.clock.advance(ACTIVE_FOR - soon);
        let mut follower = Follower::new(&fixture.workspaces, &fixture.found, &*fixture.clock);
        let early = tokio::time::timeout(2 * soon, follower.until(&[Wanted::Idle]));
        assert!(early.await.is_err());
        assert_eq!(follower.state(), ActivityState::Working);
        let waiting = follower.until(&[Wanted::Idle]);
        let passing = async {
            tokio::task::yield_now().await;
            fixture.clock.advance(soon);
        };
        let both = async { tokio::join!(waiting, passing).0 };
        let came = tokio::time::timeout(DEADLINE, both).await;
        let came = came.expect("it falls idle").unwrap();
        assert_eq!(came, Came::State(ActivityState::Idle));
    }
}
