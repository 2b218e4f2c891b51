//! What is left when everything should be gone.

use std::{path::Path, time::Duration};

use crate::sys;

/// Time in which a process that was told to end does so.
const END_DEADLINE: Duration = Duration::from_secs(3);

/// Time in which a process that was killed is gone.
const KILL_DEADLINE: Duration = Duration::from_secs(3);

/// Ends by force what is left, and says what that was.
///
/// Processes that are just ending get a moment to do so.
pub(super) fn clear(root: &Path, runtime: &Path, stale_sockets: bool) -> Vec<String> {
    for process in sys::find_holders(root) {
        // Whether it is gone is looked at below, for all at once.
        let _ = sys::wait_until_gone(process.pid, END_DEADLINE);
    }
    let mut left: Vec<String> = Vec::new();
    for process in sys::find_holders(root) {
        left.push(process.to_string());
        if let Err(err) = sys::kill(process.pid) {
            left.push(format!("  and it cannot be ended: {err}"));
        } else if !sys::wait_until_gone(process.pid, KILL_DEADLINE) {
            left.push("  and it did not end when it was killed".into());
        }
    }
    if !stale_sockets {
        let sockets = sys::sockets_in(runtime);
        left.extend(
            sockets
                .iter()
                .map(|socket| format!("socket {}", socket.display())),
        );
    }
    left
}
