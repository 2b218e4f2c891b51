//! The rules of activity: cases of them one by one, and what holds whatever comes.

use abide_core::{
    activity::{
        ACTIVE_FOR, Activity, ActivityState, CALL_SETTLES_IN, Evidence, MAX_TEXT_BYTES, Signal,
        TITLE_HOLDS_FOR, Tracker,
    },
    clock::Timestamp,
};
use proptest::prelude::*;

/// A session that prints at times given in milliseconds.
struct Run {
    tracker: Tracker,
    now: u64,
}

impl Run {
    fn new() -> Self {
        let tracker = Tracker::new(at(1000));
        Self { tracker, now: 1000 }
    }

    fn after(mut self, millis: u64) -> Self {
        self.now += millis;
        self
    }

    fn prints(mut self) -> Self {
        self.tracker.output(at(self.now));
        self
    }

    fn signals(mut self, signal: Signal) -> Self {
        self.tracker.output(at(self.now));
        self.tracker.signal(signal, at(self.now));
        self
    }

    fn typed(mut self, entered: bool) -> Self {
        self.tracker.input(entered);
        self
    }

    fn seen(&self) -> (ActivityState, Evidence, u64) {
        let Activity {
            state,
            source,
            since,
            ..
        } = self.tracker.activity(at(self.now));
        (state, source, since.as_millis())
    }
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn title(text: &str) -> Signal {
    Signal::Title(text.into())
}

fn notification(text: &str) -> Signal {
    Signal::Notification(text.into())
}

const ACTIVE: u64 = ACTIVE_FOR.as_millis() as u64;
const SETTLES: u64 = CALL_SETTLES_IN.as_millis() as u64;
const HOLDS: u64 = TITLE_HOLDS_FOR.as_millis() as u64;

use ActivityState::{Idle, Unknown, Waiting, Working};

/// proves A5
#[test]
fn a_program_that_prints_works_and_is_idle_once_it_has_not_for_a_while() {
    assert_eq!(Run::new().after(50).seen(), (Unknown, Evidence::None, 1000));
    let run = Run::new().after(10).prints().after(ACTIVE - 1);
    assert_eq!(run.seen(), (Working, Evidence::Output, 1010));
    let run = run.prints().after(ACTIVE - 1);
    assert_eq!(run.seen(), (Working, Evidence::Output, 1010));
    let last = run.now - (ACTIVE - 1);
    let run = run.after(1);
    assert_eq!(run.seen(), (Idle, Evidence::Silence, last));
    let run = run.after(500).prints();
    let since = run.now;
    assert_eq!(run.seen(), (Working, Evidence::Output, since));
}

/// proves A5
#[test]
fn a_shells_marks_say_whether_it_waits_or_runs_something() {
    let run = Run::new().after(1).signals(Signal::Prompt);
    assert_eq!(run.seen(), (Waiting, Evidence::Prompt, 1001));
    let run = run.after(9).signals(Signal::Command);
    assert_eq!(run.seen(), (Working, Evidence::Command, 1010));
    let run = run.after(3_600_000);
    assert_eq!(
        run.seen(),
        (Working, Evidence::Command, 1010),
        "a silent one"
    );
    let run = run.signals(Signal::Finished { code: Some(2) });
    let (since, last_code) = (run.now, run.tracker.activity(at(run.now)).last_code);
    assert_eq!(run.seen(), (Waiting, Evidence::Finished, since));
    assert_eq!(last_code, Some(2));
    let run = run.signals(Signal::Prompt).after(5).signals(Signal::Prompt);
    assert_eq!(run.seen(), (Waiting, Evidence::Prompt, since));
    let run = run.typed(false).prints().after(ACTIVE).typed(true).prints();
    assert_eq!(run.seen(), (Waiting, Evidence::Prompt, since), "its echo");
}

/// proves A5
#[test]
fn a_shell_that_marks_its_prompt_alone_is_believed_until_a_line_is_entered() {
    let run = Run::new()
        .signals(Signal::Prompt)
        .after(5000)
        .typed(false)
        .prints();
    assert_eq!(run.seen(), (Waiting, Evidence::Prompt, 1000));
    let run = run.typed(true).prints();
    assert_eq!(run.seen().0, Working);
    let run = run.after(ACTIVE);
    assert_eq!(run.seen().0, Idle);
    let run = run.signals(Signal::Prompt);
    assert_eq!(run.seen().0, Waiting);
}

/// proves A5
#[test]
fn who_rings_or_notifies_waits_until_somebody_types_or_it_goes_on() {
    for (signal, by) in [
        (Signal::Bell, Evidence::Bell),
        (notification("allow?"), Evidence::Notification),
    ] {
        let run = || Run::new().prints().after(100).signals(signal.clone());
        assert_eq!(run().seen(), (Waiting, by, 1100));
        let settled = run().after(SETTLES).prints();
        assert_eq!(
            settled.seen(),
            (Waiting, by, 1100),
            "it belongs to the call"
        );
        let silent = run().after(3_600_000);
        assert_eq!(silent.seen(), (Waiting, by, 1100));
        assert_eq!(run().typed(false).seen().0, Working);
        assert_eq!(run().after(SETTLES + 1).prints().seen().0, Working);
    }
    let both = Run::new()
        .signals(Signal::Bell)
        .after(1)
        .signals(notification("x"));
    assert_eq!(both.seen(), (Waiting, Evidence::Notification, 1000));
}

/// proves A5
#[test]
fn within_a_shells_command_what_the_program_says_counts() {
    let run = Run::new().signals(Signal::Command).after(10);
    let asks = run.signals(notification("allow?"));
    assert_eq!(asks.seen(), (Waiting, Evidence::Notification, 1010));
    let goes_on = asks.after(SETTLES + 1).prints();
    assert_eq!(goes_on.seen(), (Working, Evidence::Command, 1000));
    let rests = goes_on.signals(title("✳ api"));
    assert_eq!((rests.seen().0, rests.seen().1), (Waiting, Evidence::Title));
    let works = rests.signals(title("◐ api"));
    assert_eq!(works.seen(), (Working, Evidence::Command, 1000));
    let over = works
        .signals(Signal::Finished { code: None })
        .signals(Signal::Prompt);
    assert_eq!((over.seen().0, over.seen().1), (Waiting, Evidence::Prompt));
}

/// proves A5
#[test]
fn a_spinner_in_the_title_works_as_long_as_it_turns() {
    let run = Run::new().signals(title("⠂ fix")).after(4000);
    assert_eq!(run.seen(), (Working, Evidence::Title, 1000));
    let run = run.signals(title("⠐ fix")).after(HOLDS - 1);
    assert_eq!(run.seen(), (Working, Evidence::Title, 1000));
    let run = run.after(1);
    assert_eq!(run.seen(), (Idle, Evidence::Silence, 5000));
    let run = run.signals(title("✳ fix"));
    let since = run.now;
    assert_eq!(
        run.after(3_600_000).seen(),
        (Waiting, Evidence::Title, since)
    );
    let gone = Run::new().signals(title("⠂ fix")).signals(title("~/src"));
    assert_eq!(gone.seen().1, Evidence::Output);
}

/// proves A5
#[test]
fn a_report_of_progress_works_until_it_is_taken_back_or_nothing_moves() {
    let run = Run::new().signals(Signal::Progress(true)).after(HOLDS - 1);
    assert_eq!(run.seen(), (Working, Evidence::Progress, 1000));
    let done = run.signals(Signal::Progress(false)).after(ACTIVE);
    assert_eq!(done.seen().0, Idle);
    let stuck = Run::new().signals(Signal::Progress(true)).after(HOLDS);
    assert_eq!(stuck.seen().0, Idle);
}

/// proves A5
#[test]
fn texts_are_bounded_and_hold_no_control_characters() {
    let run = Run::new()
        .signals(title("  a\x1b[2Jb\u{202e}c\u{9b}d\n "))
        .signals(notification(&"é".repeat(MAX_TEXT_BYTES)));
    let activity = run.tracker.activity(at(run.now));
    assert_eq!(activity.title.as_deref(), Some("a[2Jbcd"));
    assert_eq!(activity.notification.unwrap().len(), MAX_TEXT_BYTES);
    let run = run.signals(title(" \t"));
    assert_eq!(run.tracker.activity(at(run.now)).title, None);
}

#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    Print,
    Signal(Signal),
    Type(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let signal = prop_oneof![
        Just(Signal::Bell),
        ".{0,300}".prop_map(Signal::Notification),
        prop_oneof![
            Just("⠂ x".to_owned()),
            Just("✳ x".to_owned()),
            ".{0,300}".prop_map(String::from)
        ]
        .prop_map(Signal::Title),
        any::<bool>().prop_map(Signal::Progress),
        Just(Signal::Prompt),
        Just(Signal::Command),
        any::<Option<i32>>().prop_map(|code| Signal::Finished { code }),
    ];
    prop_oneof![
        (0_u64..20_000).prop_map(Step::Wait),
        Just(Step::Print),
        signal.prop_map(Step::Signal),
        any::<bool>().prop_map(Step::Type),
    ]
}

proptest! {
    /// proves A5
    #[test]
    fn whatever_comes_the_conclusion_is_sound(
        steps in proptest::collection::vec(step(), 0..60),
        later in 0_u64..30_000,
    ) {
        let mut run = Run::new();
        let (mut printed, mut last) = (None, None);
        for step in steps {
            run = match step {
                Step::Wait(millis) => run.after(millis),
                Step::Type(entered) => run.typed(entered),
                Step::Print => {
                    printed = Some(run.now);
                    run.prints()
                }
                Step::Signal(signal) => {
                    printed = Some(run.now);
                    if let Signal::Notification(text) = &signal {
                        last = Some(text.clone());
                    }
                    run.signals(signal)
                }
            };
            let now = at(run.now);
            let activity = run.tracker.activity(now);
            prop_assert!(activity.since <= now, "{:?}", activity);
            prop_assert_eq!(activity.last_output, printed.map(at));
            prop_assert_eq!(activity.state == Unknown, printed.is_none());
            prop_assert_ne!(activity.state, ActivityState::Exited);
            for text in [&activity.title, &activity.notification].into_iter().flatten() {
                prop_assert!(!text.is_empty() && text.len() <= MAX_TEXT_BYTES);
                prop_assert!(!text.chars().any(char::is_control));
            }
            prop_assert!(last.is_some() || activity.notification.is_none());
            // A reader comes to the same conclusion later as the session's own rules.
            let then = at(run.now + later);
            prop_assert_eq!(activity.at(then), run.tracker.activity(then));
            prop_assert_eq!(activity.at(then).at(then), activity.at(then));
            match activity.falls_idle_at() {
                Some(idle) => {
                    prop_assert!(now < idle);
                    prop_assert_eq!(activity.at(idle).state, Idle);
                }
                None => prop_assert_eq!(activity.at(then), activity),
            }
        }
    }

    /// proves A5
    #[test]
    fn nothing_stays_unnoticed_that_changes_the_conclusion(
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let mut run = Run::new();
        for step in steps {
            let now = at(run.now);
            let before = run.tracker.activity(now).state;
            let told = match step {
                Step::Wait(millis) => {
                    run = run.after(millis);
                    true
                }
                // Whoever feeds it compares the state after a signal itself.
                Step::Signal(signal) => {
                    run = run.signals(signal);
                    true
                }
                Step::Print => run.tracker.output(now),
                Step::Type(entered) => run.tracker.input(entered),
            };
            let after = run.tracker.activity(now).state;
            prop_assert!(told || before == after, "{:?} became {:?}", before, after);
        }
    }
}
