//! A client that is stopped while the session prints a hundred megabytes.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use abide_backend_ptyowner::{Helper, OwnerBackend, OwnerSettings};
use abide_core::{
    backend::{
        AttachMode, ExitOutcome, OutputEvent, OutputStream, SessionState, TerminalBackend as _,
    },
    clock::{Clock as _, SystemClock},
};
use abide_testkit::programs;
use rustix::process::{Pid, Signal, kill_process};

use crate::place::{Place, read_text, request, session};

/// Tells a copy of this test where the session is that it is to watch.
const WATCH: &str = "ABIDE_TEST_WATCH";

/// Bytes printed, and time for that on a machine that does something else.
const FLOOD: u64 = 100_000_000;
const FLOOD_DEADLINE: Duration = Duration::from_secs(60);

/// Longest that anybody else waits for an answer meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);

/// A client in a process of its own, ended with the test.
struct Client(Child);

impl Client {
    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Says what comes, one word for each kind of event.
async fn watch(place: &str) {
    let (owners, runtime) = place.split_once('\n').unwrap();
    let mut settings = OwnerSettings::new(owners.into(), runtime.into());
    settings.helper = Helper::Program(programs::abide());
    let backend = OwnerBackend::new(settings);
    let id = session("a");
    let attached = backend.attach(&id, request(AttachMode::View)).await;
    let mut attached = attached.unwrap();
    println!("\nattached");
    say_events(&mut *attached.output).await;
}

async fn say_events(output: &mut dyn OutputStream) {
    while let Some(event) = output.next().await.unwrap() {
        match event {
            OutputEvent::Lagged { skipped } => println!("lagged {skipped}"),
            OutputEvent::Ended(ended) => println!("ended {}", ended.outcome),
            OutputEvent::Snapshot { data, .. } | OutputEvent::Output { data, .. } => {
                if data.windows(10).any(|part| part == b"flood done") {
                    println!("done");
                }
            }
            OutputEvent::Resized { .. }
            | OutputEvent::ControlLost { .. }
            | OutputEvent::Keys { .. } => {}
        }
    }
}

/// proves O12, O14
#[tokio::test]
async fn a_client_that_is_stopped_during_a_flood_holds_up_nobody_and_sees_the_end_when_it_goes_on()
{
    if let Ok(place) = std::env::var(WATCH) {
        return watch(&place).await;
    }
    let name = "chaos::stopped::a_client_that_is_stopped_during_a_flood_holds_up_nobody_and_sees_\
                the_end_when_it_goes_on";
    let place = Place::new();
    let script = format!(
        "read go; yes {} | head -c {FLOOD}; echo; echo flood done; read go; exit 7",
        "x".repeat(71)
    );
    place
        .backend
        .ensure(&place.script("a", &script))
        .await
        .unwrap();
    let dirs = [place.env.owners_dir(), place.env.runtime_dir()];
    let dirs = dirs.map(|dir| dir.to_str().unwrap().to_owned()).join("\n");
    let mut copy = Command::new(std::env::current_exe().unwrap());
    copy.args(["--exact", name, "--nocapture"]).env(WATCH, dirs);
    copy.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut client = Client(copy.spawn().unwrap());
    let mut said = BufReader::new(client.0.stdout.take().unwrap()).lines();
    let mut next = || said.next().expect("it goes on").unwrap();
    while next() != "attached" {}
    client.signal(Signal::STOP);

    let mut control = place.attach("a", AttachMode::Control).await;
    control.input.write("go\n".into()).await.unwrap();
    let flood = async {
        loop {
            let begin = SystemClock.now();
            let status = place.backend.status(&session("a")).await.unwrap();
            let took = SystemClock.now().since(begin);
            assert!(took < PATIENCE, "an answer took {took:?}");
            match status.state {
                SessionState::Running(running) if FLOOD <= running.offset.get() => return,
                SessionState::Running(_) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(FLOOD_DEADLINE, flood)
        .await
        .expect("the flood is over: the stopped client held it up");
    read_text(&mut control, "flood done").await;

    client.signal(Signal::CONT);
    // What it could take before it was stopped, then how much it missed, then the screen as it is.
    let lagged = next();
    let skipped = lagged.strip_prefix("lagged ").map(str::parse::<u64>);
    let Some(Ok(skipped)) = skipped else {
        panic!("it was told `{lagged}`");
    };
    assert!(FLOOD / 2 < skipped, "only {skipped} bytes were skipped");
    assert_eq!(next(), "done");
    place
        .backend
        .send(&session("a"), "go\n".into())
        .await
        .unwrap();
    let ended = ExitOutcome::Exited { code: 7 };
    assert_eq!(next(), format!("ended {ended}"));
    drop(control);
    place.clear("a").await;
}
