//! A FIFO that another process announces itself through, and one that it waits on.

use std::{
    fs, io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{CWD, Mode, OFlags, open},
    io::Errno,
};

/// The reading end of a FIFO.
pub type FifoReader = OwnedFd;

/// A FIFO, removed when dropped.
#[derive(Debug)]
pub struct Fifo {
    path: PathBuf,
}

impl Fifo {
    /// Makes a FIFO that only this user may open.
    ///
    /// # Errors
    ///
    /// When there is something of that name, or the file system has no FIFOs.
    pub fn make(path: PathBuf) -> io::Result<Self> {
        make(&path)?;
        Ok(Self { path })
    }

    /// Opens the reading end; from now on a writer's open succeeds.
    ///
    /// # Errors
    ///
    /// When the FIFO was taken away.
    pub fn reader(&self) -> io::Result<FifoReader> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(open(&self.path, flags, Mode::empty())?)
    }

    /// Waits until something was written, and reads it; `None` if nothing was by the deadline.
    ///
    /// # Errors
    ///
    /// When the FIFO cannot be read.
    pub fn read(reader: &FifoReader, deadline: Duration) -> io::Result<Option<Vec<u8>>> {
        let time = Timespec::try_from(deadline).map_err(io::Error::other)?;
        let mut ready = [PollFd::new(reader, PollFlags::IN)];
        if poll(&mut ready, Some(&time))? == 0 {
            return Ok(None);
        }
        let mut bytes = [0; 256];
        match rustix::io::read(reader, &mut bytes) {
            Ok(count) => Ok(Some(bytes[..count].to_vec())),
            Err(Errno::AGAIN) => Ok(Some(Vec::new())),
            Err(err) => Err(err.into()),
        }
    }

    /// Lets one reader that waits for a writer go; `false` if none waits.
    ///
    /// # Errors
    ///
    /// When the FIFO cannot be opened.
    pub fn let_go(&self) -> io::Result<bool> {
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match open(&self.path, flags, Mode::empty()) {
            Ok(writer) => {
                drop(writer);
                Ok(true)
            }
            Err(Errno::NXIO) => Ok(false),
            Err(err) => Err(err.into()),
        }
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        // The directory may have been removed with everything in it.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(not(target_vendor = "apple"))]
fn make(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR)?)
}

/// Apple's systems have no `mkfifoat`; the program of that name is on each of them.
#[cfg(target_vendor = "apple")]
fn make(path: &Path) -> io::Result<()> {
    let _ = CWD;
    let made = std::process::Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(path)
        .status()?;
    made.success()
        .then_some(())
        .ok_or_else(|| io::Error::other("mkfifo failed"))
}
