//! Output that waits, and what becomes of it when much has gathered: plain lines that have scrolled off
//! the page are stored as they are, and the rest is parsed.

use memchr::memchr;

use super::ScreenModel;
use crate::plain;

/// Bytes that wait unparsed at most with a page of the usual size. While they are looked at nobody
/// reads the terminal, which holds about as much as a program prints in a tenth of a millisecond.
pub(super) const USUAL_PENDING_BYTES: usize = 32 * 1024;

/// Bytes for each cell of a page that wait at least: the lines of a page are looked at again and
/// again.
const PENDING_BYTES_PER_CELL: usize = 8;

/// Least number of bytes that are parsed before lines are looked at again.
const LEAST_STEP_BYTES: usize = 4 * 1024;

impl ScreenModel {
    /// Returns how many bytes wait at most with a page of this size.
    pub(super) fn most_pending(&self) -> usize {
        let cells = self.emulator.rows() * self.emulator.cols();
        let wanted = (PENDING_BYTES_PER_CELL * cells).max(USUAL_PENDING_BYTES);
        wanted.min(self.max_pending)
    }

    pub(super) fn keep_pending(&mut self, bytes: &[u8]) {
        let needed = self.pending.len() + bytes.len();
        if self.pending.capacity() < needed {
            let wanted = needed.max((2 * self.pending.capacity()).min(self.most_pending()));
            self.pending.reserve_exact(wanted - self.pending.len());
        }
        self.pending.extend_from_slice(bytes);
    }

    /// Makes room: stores plain lines, and parses what is something else.
    pub(super) fn digest(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        let used = self.digest_some(&pending);
        pending.drain(..used);
        self.pending = pending;
        if self.most_pending() / 2 < self.pending.len() {
            self.parse_pending();
        }
    }

    /// Stores and parses `bytes` but for the last lines; returns how many.
    fn digest_some(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        let mut step = LEAST_STEP_BYTES;
        while at < bytes.len() {
            let mut kept = 0;
            if self.reach_new_line(bytes, &mut at) {
                let taken = plain::take(&bytes[at..], &mut self.emulator);
                at += taken.stored;
                if !taken.more {
                    break;
                }
                if 0 < taken.stored {
                    step = LEAST_STEP_BYTES;
                }
                kept = taken.plain - taken.stored;
            }
            match self.parse_lines(&bytes[at..], kept + step) {
                0 => break,
                used => at += used,
            }
            step *= 2;
        }
        at
    }

    /// Parses lines until plain ones that follow need no parsing; returns whether that is so.
    fn reach_new_line(&mut self, bytes: &[u8], at: &mut usize) -> bool {
        for _ in 0..=self.emulator.rows() {
            if self.emulator.is_behind() {
                return true;
            }
            if !self.tail.is_ground() || !self.emulator.prints_plainly() {
                return false;
            }
            if self.emulator.is_on_new_line() {
                return true;
            }
            match self.parse_lines(&bytes[*at..], 0) {
                0 => return false,
                used => *at += used,
            }
        }
        false
    }

    /// Parses at least `least` bytes, and on to the end of the line; returns how many.
    fn parse_lines(&mut self, bytes: &[u8], least: usize) -> usize {
        let least = least.min(bytes.len());
        let end = memchr(b'\n', &bytes[least..]).map_or(bytes.len(), |end| least + end + 1);
        self.parse(&bytes[..end])
    }
}
