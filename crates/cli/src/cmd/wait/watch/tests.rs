//! A session of the fake backend is waited for, while it prints and ends.

use std::time::Duration;

use abide_core::backend::{ExitOutcome, Running};
use abide_testkit::backend::{Call, Op};

use super::*;
use crate::cmd::wait::{
    Matcher,
    fixture::{DEADLINE, Fixture, PROMPT},
    matcher,
};

impl Fixture {
    /// Waits while `meanwhile` happens, which begins once somebody watches.
    async fn wait(
        &self,
        mut until: Until,
        since: Option<u64>,
        meanwhile: impl FnOnce(),
    ) -> Reached {
        let mut watch = Watch::new(&self.workspaces, &self.found);
        let waiting = watch.until(&mut until, since.map(Offset::new));
        let doing = async {
            while !self.is_watched().await {
                tokio::task::yield_now().await;
            }
            meanwhile();
        };
        let both = async {
            tokio::pin!(waiting);
            tokio::select! {
                biased;
                reached = &mut waiting => reached,
                () = doing => waiting.await,
            }
        };
        tokio::time::timeout(DEADLINE, both)
            .await
            .expect("it comes in time")
            .unwrap()
    }

    async fn is_watched(&self) -> bool {
        let running = self.running().await;
        running.is_some_and(|running| 0 < running.viewers)
    }

    async fn running(&self) -> Option<Running> {
        match self.workspaces.status(&self.found).await.unwrap().state {
            SessionState::Running(running) => Some(running),
            _ => None,
        }
    }
}

fn a_match(pattern: &str) -> Until {
    Until::Match(Box::new(Matcher::new(matcher::parse(pattern).unwrap())))
}

fn at(offset: u64) -> Reached {
    Reached::At(Offset::new(PROMPT + offset))
}

#[tokio::test]
async fn what_the_screen_shows_already_counts_as_printed() {
    let fixture = Fixture::new().await;
    fixture.print("server ready\r\n");
    assert_eq!(fixture.wait(a_match("ready$"), None, || {}).await, at(14));
}

#[tokio::test]
async fn a_match_printed_later_in_pieces_is_found_where_it_ends() {
    let fixture = Fixture::new().await;
    fixture.print("starting\r\n");
    let reached = fixture
        .wait(a_match("ready"), None, || {
            fixture.print("rea");
            fixture.print("dy to go");
        })
        .await;
    assert_eq!(reached, at(15));
}

/// What scrolls away between the look at the screen and the first output is not missed.
#[tokio::test]
async fn nothing_is_missed_between_the_screen_and_the_output() {
    let fixture = Fixture::new().await;
    fixture.backend.hang(Op::Attach);
    let mut watch = Watch::new(&fixture.workspaces, &fixture.found);
    let mut until = a_match("ready");
    let printing = async {
        let asked = |call: &Call| call.op == Op::Attach;
        while !fixture.backend.calls().iter().any(asked) {
            tokio::task::yield_now().await;
        }
        fixture.print("ready\r\n");
        fixture.print(&"\r\n".repeat(100));
        fixture.backend.release(Op::Attach);
    };
    let both = async { tokio::join!(watch.until(&mut until, None), printing).0 };
    let reached = tokio::time::timeout(DEADLINE, both).await;
    assert_eq!(reached.expect("it comes in time").unwrap(), at(5));
}

#[tokio::test]
async fn with_an_offset_only_what_came_after_it_counts() {
    let fixture = Fixture::new().await;
    fixture.print("ready 1\r\n");
    let reached = fixture
        .wait(a_match("ready"), Some(PROMPT + 9), || {
            fixture.print("ready 2\r\n")
        })
        .await;
    assert_eq!(reached, at(14));
    assert_eq!(fixture.wait(a_match("ready"), Some(0), || {}).await, at(5));
}

#[tokio::test]
async fn an_end_is_told_to_whoever_waits_and_to_whoever_comes_later() {
    let fixture = Fixture::new().await;
    let outcome = |reached| match reached {
        Reached::Ended(ended) => ended.outcome,
        Reached::At(offset) => panic!("at {offset}"),
    };
    let ended = fixture
        .wait(a_match("never"), None, || fixture.end(3))
        .await;
    assert_eq!(outcome(ended), ExitOutcome::Exited { code: 3 });
    for until in [a_match("never"), Until::Idle(DEADLINE)] {
        let ended = fixture.wait(until, None, || {}).await;
        assert_eq!(outcome(ended), ExitOutcome::Exited { code: 3 });
    }
}

#[tokio::test]
async fn silence_counts_from_the_last_output() {
    let fixture = Fixture::new().await;
    fixture.print("busy");
    let silence = Duration::from_millis(50);
    let reached = fixture
        .wait(Until::Idle(silence), None, || fixture.print(" again"))
        .await;
    assert_eq!(reached, at(10));
    assert_eq!(
        fixture.wait(Until::Idle(Duration::ZERO), None, || {}).await,
        at(10)
    );
}

#[tokio::test]
async fn how_far_it_got_is_known_when_time_runs_out() {
    let fixture = Fixture::new().await;
    fixture.print("some");
    let mut watch = Watch::new(&fixture.workspaces, &fixture.found);
    let mut until = a_match("never");
    let waited = tokio::time::timeout(Duration::from_millis(50), watch.until(&mut until, None));
    assert!(waited.await.is_err());
    assert_eq!(Reached::At(watch.offset()), at(4));
}
