//! Processes that keep cores busy. They end with the one that started them, however it ends.

use std::hint;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context, Result};

/// Busy processes, ended when this is dropped.
pub(super) struct Load {
    busy: Vec<Child>,
}

impl Load {
    /// Starts `count` copies of `program`, this one, that do nothing, as fast as they can.
    pub(super) fn start(count: usize, program: &Path) -> Result<Self> {
        let mut load = Self { busy: Vec::new() };
        for _ in 0..count {
            // Each waits for the end of its input, which comes with our own end at the latest.
            let mut command = Command::new(program);
            command
                .arg("spin")
                .stdin(Stdio::piped())
                .stdout(Stdio::null());
            load.busy
                .push(command.spawn().context("cannot start a busy process")?);
        }
        Ok(load)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.busy {
            // Waiting closes the child's input first, and that alone ends it.
            if let Err(err) = child.kill().and_then(|()| child.wait()) {
                eprintln!("cannot end busy process {}: {err}", child.id());
            }
        }
    }
}

/// Keeps one core busy until standard input ends.
pub(crate) fn spin() -> Result<()> {
    // The thread has no result: the end of the process is its end.
    thread::spawn(|| {
        loop {
            hint::spin_loop();
        }
    });
    io::copy(&mut io::stdin(), &mut io::sink()).context("cannot read standard input")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn dropped_load_has_no_process_left() {
        let mut reader = Command::new("cat");
        reader.stdin(Stdio::piped()).stdout(Stdio::null());
        let load = Load {
            busy: vec![reader.spawn().unwrap(), reader.spawn().unwrap()],
        };
        let entries: Vec<_> = load
            .busy
            .iter()
            .map(|child| Path::new("/proc").join(child.id().to_string()))
            .collect();
        drop(load);
        assert!(entries.iter().all(|entry| !entry.exists()), "{entries:?}");
    }
}
