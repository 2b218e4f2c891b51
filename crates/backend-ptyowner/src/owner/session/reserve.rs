//! Positions in the output that no later owner of the same start may give to other output.
//!
//! A terminal that outlives its owner is joined by another one under the same generation, and how
//! far the first had come, nobody knows who did not see it. So an owner says beforehand, in
//! `owner.json`, how far it may come; the next one begins there.

use abide_core::replay::Offset;
use tracing::warn;

use super::Session;
use crate::owner::terminal::Terminal;

/// How much is reserved at once, in bytes of output: one small file for each.
const RESERVED_BYTES: usize = 64 * 1024 * 1024;

/// Returns how far an owner may come that is at this position.
pub(crate) fn reserved_after(offset: Offset) -> Offset {
    offset.advanced(RESERVED_BYTES)
}

impl<T: Terminal> Session<T> {
    /// Reserves more positions, if those that were are used up.
    pub(super) fn reserve(&mut self) {
        if !T::OUTLIVES_OWNER || self.history.end() < self.reserved {
            return;
        }
        let below = reserved_after(self.history.end());
        let Self { identity, .. } = self;
        match identity.dir.reserve_offsets(identity.generation, below) {
            Ok(()) => self.reserved = below,
            // Tried again with the next output. Only if this process is killed before that works is
            // there a client that could be sent the wrong bytes.
            Err(err) => warn!(error = %err, "positions in the output cannot be reserved"),
        }
    }
}
