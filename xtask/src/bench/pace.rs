//! A terminal that draws slowly: reads a viewer at so many bytes a second and no faster.

use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use super::viewer::Viewer;
use super::{stage, sys};

/// Most that is read at once after a silence, in bytes.
const BURST_BYTES: u64 = 8 * 1024;

/// Least that is worth a read, in bytes.
const LEAST_BYTES: u64 = 1024;

/// Reads a viewer at a pace.
#[derive(Debug)]
pub(crate) struct Pace<'a> {
    viewer: &'a mut Viewer,
    bytes_per_second: u64,
    allowed: u64,
    counted: Duration,
}

impl<'a> Pace<'a> {
    /// Begins to read.
    pub(crate) fn new(viewer: &'a mut Viewer, bytes_per_second: u64) -> Self {
        Self {
            viewer,
            bytes_per_second,
            allowed: 0,
            counted: sys::now(),
        }
    }

    /// Reads for so long.
    pub(crate) fn read_for(&mut self, time: Duration) -> Result<()> {
        let begun = sys::now();
        while sys::now() - begun < time {
            self.read()?;
        }
        Ok(())
    }

    /// Types.
    pub(crate) fn type_in(&mut self, keys: &[u8]) -> Result<()> {
        self.viewer.type_in(keys)
    }

    /// Reads until `mark` was shown; returns when it was.
    pub(crate) fn until(&mut self, mark: &[u8]) -> Result<Duration> {
        let begun = sys::now();
        self.viewer.look_afresh();
        loop {
            let count = self.read()?;
            let at = sys::now();
            if self.viewer.holds(count, mark) {
                return Ok(at);
            }
            if stage::PATIENCE < at - begun {
                bail!(
                    "the mark was not shown at {} bytes/s",
                    self.bytes_per_second
                );
            }
        }
    }

    fn read(&mut self) -> Result<usize> {
        loop {
            let now = sys::now();
            let earned = earned(now - self.counted, self.bytes_per_second);
            if LEAST_BYTES <= self.allowed + earned {
                self.counted = now;
                self.allowed = (self.allowed + earned).min(BURST_BYTES);
                break;
            }
            // A slow terminal is one that does something else meanwhile.
            thread::park_timeout(Duration::from_micros(200));
        }
        let limit = usize::try_from(self.allowed).unwrap_or(usize::MAX);
        let count = self.viewer.read(limit, Duration::from_millis(1))?.len();
        self.allowed -= count as u64;
        Ok(count)
    }
}

fn earned(time: Duration, bytes_per_second: u64) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    micros.saturating_mul(bytes_per_second) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pace_is_in_bytes_of_a_second() {
        assert_eq!(earned(Duration::from_millis(1), 4_000_000), 4000);
        assert_eq!(earned(Duration::ZERO, 4_000_000), 0);
    }
}
