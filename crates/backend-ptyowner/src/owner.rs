//! The owner: one process that holds one session's terminal from its start to its end.
//!
//! ```text
//!              ┌── listener ── peer ── outbox ─► client
//! launcher ──► run ─► start ─► session ◄─────────┘ commands
//!                              │ owns: terminal, screen model, history, input queue
//!                              └─► exit.json, final.screen, then shutdown in order
//! ```
//!
//! One thread; every piece of state belongs to the session's task. An idle session waits for the
//! kernel and for nothing else.

mod activity;
pub(crate) mod address;
mod history;
mod input;
mod journal;
mod launch;
mod listener;
mod outbox;
pub(crate) mod own;
mod pace;
mod peer;
mod program;
mod screen;
mod session;
pub(crate) mod source;
mod sync;
pub(crate) mod terminal;
mod timer;

use std::{
    io::{self, IsTerminal as _, Read as _, Write as _},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use self::{launch::Started, listener::Listener, source::Source};
pub(crate) use self::{screen::limits, session::render};
use crate::{
    sys,
    wire::{
        codec,
        launch::{LaunchReply, LaunchRequest},
        limits::MAX_LAUNCH_BYTES,
    },
};

/// Commands that wait for the session. A full queue makes the connections wait, not the child.
const COMMANDS: usize = 64;

/// Time for clients to take what is queued for them when the session is over.
const DRAIN_DEADLINE: Duration = Duration::from_secs(1);

/// Most events that are taken from the system at once; the room for them stays allocated.
const IO_EVENTS: usize = 64;

/// Runs an owner of terminals that come from this source: the whole life of `abide owner`.
pub(crate) fn run<S: Source>() -> ExitCode {
    sys::detach::close_inherited();
    if io::stdin().is_terminal() {
        return not_by_hand();
    }
    // All that needs no request comes before it: the launcher has other things to do meanwhile.
    if let Err(err) = sys::detach::leave_launcher() {
        return failed("cannot leave the launcher", &err);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_io_events_per_tick(IO_EVENTS)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(err) => return failed("cannot set up the owner", &err),
    };
    match read_request() {
        Some(request) => runtime.block_on(live::<S>(request)),
        // The launcher ended, or needs no owner after all.
        None => not_by_hand(),
    }
}

fn not_by_hand() -> ExitCode {
    let _ = writeln!(
        io::stderr(),
        "error: this is run by a launcher, not by hand"
    );
    ExitCode::from(2)
}

fn failed(what: &str, err: &io::Error) -> ExitCode {
    answer(&LaunchReply::Failed {
        reason: format!("{what}: {err}"),
    });
    ExitCode::FAILURE
}

fn read_request() -> Option<LaunchRequest> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    let limit = MAX_LAUNCH_BYTES as u64 + 1;
    io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut bytes)
        .ok()?;
    codec::decode_launch(&bytes)
}

/// Tells the launcher; one that is gone needs no answer.
fn answer(reply: &LaunchReply) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(&codec::encode_launch(reply));
    let _ = stdout.flush();
}

async fn live<S: Source>(request: LaunchRequest) -> ExitCode {
    let (started, start_lock) = match launch::start::<S>(request).await {
        Ok(started) => started,
        Err(reply) => {
            answer(&reply);
            return ExitCode::FAILURE;
        }
    };
    let Started {
        session,
        address,
        secrets,
        log,
        probe,
        owner_lock,
        is_new,
    } = started;
    let (commands, received) = mpsc::channel(COMMANDS);
    let generation = secrets.generation;
    let listener = Listener {
        address,
        secrets: Arc::new(secrets),
        commands,
    };
    let cancel = CancellationToken::new();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(listener.run(cancel.clone()));

    probe.reached("owner.ready");
    answer(&match is_new {
        true => LaunchReply::Started { generation },
        false => LaunchReply::Joined { generation },
    });
    if let Err(err) = sys::detach::redirect_output(&log) {
        error!(error = %err, "cannot let go of the launcher's pipe");
    }
    drop(start_lock);
    info!(release = env!("CARGO_PKG_VERSION"), is_new, "started");

    let recorded = session.run(received).await;

    probe.reached("owner.ended");
    cancel.cancel();
    let drained = tokio::time::timeout(DRAIN_DEADLINE, async {
        while let Some(ended) = tasks.join_next().await {
            if let Err(err) = ended {
                error!(error = %err, "the listener failed");
            }
        }
    });
    if drained.await.is_err() {
        info!("clients did not take everything in time");
    }
    recorded.keep().await;
    info!("ended");
    drop(owner_lock);
    ExitCode::SUCCESS
}
