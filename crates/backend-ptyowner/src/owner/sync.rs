//! Makes sure that what was written outlives a crash of the machine, while nobody waits for the disk.

use tracing::warn;

use crate::state::SessionDir;

/// Syncs the description of the start, on a thread of its own: a disk may take its time.
pub(crate) fn in_background(dir: SessionDir) {
    let sync = move || {
        if let Err(err) = dir.sync_owner() {
            warn!(error = %err, "the session may not outlive a crash of the machine");
        }
    };
    let started = std::thread::Builder::new().name("sync".into()).spawn(sync);
    if let Err(err) = started {
        warn!(error = %err, "the session may not outlive a crash of the machine");
    }
}
