//! What a helper has to say, in a file that can neither hurt it nor grow without end.
//!
//! A full disk must not end a session, so a line that cannot be written is dropped. Whoever can
//! connect can cause lines, so a log has a bound; its last line says that it was reached.

use std::{
    fs::File,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing_subscriber::fmt::MakeWriter;

/// Longest that one start's part of a log gets, in bytes.
const MAX_LOG_BYTES: u64 = 1024 * 1024;

/// A log that swallows its own errors.
#[derive(Debug, Clone)]
pub struct Log {
    file: Arc<File>,
    written: Arc<AtomicU64>,
}

impl Log {
    /// Returns the log that is written to this file.
    #[must_use]
    pub fn new(file: File) -> Self {
        Self {
            file: Arc::new(file),
            written: Arc::default(),
        }
    }
}

/// Lets this process's traces go to its log.
///
/// # Errors
///
/// When they go elsewhere already.
pub fn start(log: Log) -> io::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(log)
        // Otherwise a line that cannot be written is reported on standard error, with a panic if
        // that, being the same file, cannot be written either.
        .log_internal_errors(false)
        .with_ansi(false)
        .with_target(false)
        .try_init()
        .map_err(io::Error::other)
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let before = self.written.fetch_add(line.len() as u64, Ordering::Relaxed);
        let after = before + line.len() as u64;
        let _ = if after <= MAX_LOG_BYTES {
            (&*self.file).write_all(line)
        } else if before <= MAX_LOG_BYTES {
            (&*self.file).write_all(b"the log is full; nothing more is written\n")
        } else {
            Ok(())
        };
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves O7
    #[test]
    fn a_log_is_bounded_and_says_so_and_a_file_that_cannot_be_written_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = Log::new(File::create(&path).unwrap());
        for _ in 0..2000 {
            log.write_all(&[b'x'; 1000]).unwrap();
        }
        let written = std::fs::read(&path).unwrap();
        assert!(written.len() < 1024 * 1024 + 100);
        assert!(written.ends_with(b"nothing more is written\n"));

        let read_only = File::open(&path).unwrap();
        Log::new(read_only).write_all(b"a line\n").unwrap();
    }
}
