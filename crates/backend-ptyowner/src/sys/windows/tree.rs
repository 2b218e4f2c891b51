//! The child's end, and how to bring it about.
//!
//! The child and all that it starts are in one job object of this process. The job is not tied to
//! this process's life: what a session leaves behind on purpose lives on, as it does elsewhere. A
//! process that breaks away from the job on purpose, as a new owner does, is nobody's here.
//!
//! There is one tree in a process, and it belongs to the process as the children of a Unix process
//! do; making a [`Reaper`] begins a new one.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use portable_pty::Child;
use tokio::sync::mpsc;
use win32job::{ExtendedLimitInfo, Job};
use windows_sys::Win32::{Foundation::HANDLE, System::JobObjects::TerminateJobObject};

use super::{gate::Gate, process};
use crate::wire::event::{Outcome, Survivor};

/// Code of a process that was killed, as the system's own tools leave it.
const KILLED: u32 = 1;

/// Ends that wait to be looked at; one child is the rule.
const ENDS: usize = 4;

static TREE: Mutex<Option<Arc<Tree>>> = Mutex::new(None);

/// The child, with all that came of it.
struct Tree {
    job: Job,
    ends: mpsc::Sender<End>,
    gate: Mutex<Option<Gate>>,
}

/// A child that ended.
#[derive(Debug, Clone, Copy)]
struct End {
    pid: u32,
    code: u32,
}

/// Learns of ended children.
pub(crate) struct Reaper {
    ends: mpsc::Receiver<End>,
    seen: Vec<End>,
}

impl Reaper {
    /// Starts to listen; must be made before the first child.
    pub(crate) fn new() -> io::Result<Self> {
        let job = Job::create_with_limit_info(ExtendedLimitInfo::new().limit_breakaway_ok())?;
        let (sender, ends) = mpsc::channel(ENDS);
        let tree = Tree {
            job,
            ends: sender,
            gate: Mutex::new(None),
        };
        *lock(&TREE) = Some(Arc::new(tree));
        Ok(Self {
            ends,
            seen: Vec::new(),
        })
    }

    /// Waits until some child may have ended.
    #[cfg(test)]
    pub(crate) async fn changed(&mut self) {
        std::future::poll_fn(|context| self.poll_changed(context)).await;
    }

    /// Waits until some child may have ended. What is not waited for, the next call learns of.
    pub(crate) fn poll_changed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self.ends.poll_recv(context) {
            Poll::Ready(Some(end)) => {
                self.seen.push(end);
                Poll::Ready(())
            }
            // Another tree took this one's place, so nothing can change here any more.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    /// Takes every ended child's status; returns the outcome of `leader` if it was among them.
    pub(crate) fn reap(&mut self, leader: u32) -> Option<Outcome> {
        let mut ended = self.seen.drain(..);
        ended
            .find(|end| end.pid == leader)
            .map(|end| Outcome::Exited(end.code.cast_signed()))
    }
}

/// Takes a child that waits at the gate into the tree, and opens the gate.
pub(super) fn adopt(mut child: Box<dyn Child + Send + Sync>, gate: Gate) -> io::Result<u32> {
    let tree = tree().ok_or_else(|| io::Error::other("nobody would learn of its end"))?;
    let adopted = assign(&tree.job, &mut *child).and_then(|()| gate.open());
    if let Err(err) = adopted {
        // It could start what would never be found again. Its end needs no answer.
        let _ = child.kill();
        return Err(err);
    }
    *lock(&tree.gate) = Some(gate);
    let pid = child
        .process_id()
        .ok_or_else(|| io::Error::other("it has no process id"))?;
    watch(child, pid, tree.ends.clone())?;
    Ok(pid)
}

fn assign(job: &Job, child: &mut dyn Child) -> io::Result<()> {
    let process = child
        .as_raw_handle()
        .ok_or_else(|| io::Error::other("it has no handle"))?;
    match job.assign_process(process.addr().cast_signed()) {
        // One that ended already can be in no job; its end is still to be told.
        Err(_) if child.try_wait()?.is_some() => Ok(()),
        other => Ok(other?),
    }
}

/// Tells of the child's end from a thread of its own, which ends with the child.
fn watch(
    mut child: Box<dyn Child + Send + Sync>,
    pid: u32,
    ends: mpsc::Sender<End>,
) -> io::Result<()> {
    std::thread::Builder::new()
        .name("child".into())
        .spawn(move || {
            let code = child.wait().map_or(KILLED, |status| status.exit_code());
            // A session that is over needs no more ends.
            let _ = ends.blocking_send(End { pid, code });
        })?;
    Ok(())
}

/// Asks everything on the child's console to end, by the break that a console can send.
pub(crate) fn ask_to_end(_leader: u32, _foreground: Option<u32>) {
    if let Some(tree) = tree()
        && let Some(gate) = &*lock(&tree.gate)
    {
        // A child that cannot be asked is killed when its grace is over.
        let _ = gate.ask();
    }
}

/// Kills what is live in the tree, once; returns what was.
///
/// A killed process takes a moment to end, so the caller repeats this until nothing is returned,
/// within a deadline.
pub(crate) fn kill_round() -> Vec<u32> {
    let Some(tree) = tree() else {
        return Vec::new();
    };
    let live = tree.processes().unwrap_or_default();
    // SAFETY: the job's handle is open for as long as the tree is. What cannot be killed is found
    // by the next look.
    let _ = unsafe { TerminateJobObject(tree.job.handle() as HANDLE, KILLED) };
    live
}

/// Kills nothing: there are no trees but the one in this process's job.
pub(crate) fn kill_each(_pids: &[u32]) {}

/// Returns nothing: what belongs to a process that is not this one's own cannot be told.
pub(crate) fn of(_root: u32) -> Vec<u32> {
    Vec::new()
}

/// Returns nothing, likewise.
pub(crate) fn in_session(_leader: u32) -> Vec<u32> {
    Vec::new()
}

/// Returns the live processes of the tree, by id and name.
pub(crate) fn survivors() -> Vec<Survivor> {
    let live = tree()
        .and_then(|tree| tree.processes().ok())
        .unwrap_or_default();
    let named = |pid| Survivor {
        pid,
        name: process::name(pid),
    };
    live.into_iter().map(named).collect()
}

/// Tells whether anything in the tree is live. One that cannot be listed is not empty.
pub(crate) fn is_empty() -> bool {
    tree().is_none_or(|tree| tree.processes().is_ok_and(|live| live.is_empty()))
}

impl Tree {
    fn processes(&self) -> io::Result<Vec<u32>> {
        let pids = self.job.query_process_id_list()?;
        Ok(pids
            .into_iter()
            .filter_map(|pid| u32::try_from(pid).ok())
            .collect())
    }
}

fn tree() -> Option<Arc<Tree>> {
    lock(&TREE).clone()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
