//! A client's terminal that is lent to the owner.
//!
//! Opened anew by its path, so that `O_NONBLOCK`, which belongs to an open file, is set on none
//! that the person's shell uses. The client keeps its own open, with which it sets the modes of
//! input and gives them back.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, IsTerminal as _},
    os::{
        fd::OwnedFd,
        unix::{
            ffi::OsStringExt as _,
            fs::{FileTypeExt as _, MetadataExt as _},
        },
    },
};

use bytes::{Bytes, BytesMut};
use rustix::fs::{Mode, OFlags};
use tokio::io::{Interest, unix::AsyncFd};

use crate::wire::request;

/// Most bytes taken of what is typed at once: what one terminal holds.
const READ_BYTES: usize = 4 * 1024;

/// The terminal.
#[derive(Debug)]
pub(crate) struct LentTerminal {
    file: AsyncFd<OwnedFd>,
    own_keys: Vec<u8>,
}

impl LentTerminal {
    /// Opens the terminal that is offered, if it is the one meant; needs a running reactor.
    pub(crate) fn open(offer: &request::Terminal) -> io::Result<Self> {
        let path = OsString::from_vec(offer.path.clone());
        // Never our controlling terminal: its signals are for the client.
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(&path, flags, Mode::empty())?);
        let found = file.metadata()?;
        let is_meant = found.file_type().is_char_device()
            && (found.rdev(), found.dev()) == (offer.device, offer.file_system)
            && found.ino() == offer.inode
            && file.is_terminal();
        if !is_meant {
            return Err(io::Error::other("it is not the terminal that was offered"));
        }
        Ok(Self {
            // SAFETY: the descriptor is owned, stays open and keeps its number until it is dropped.
            file: unsafe { AsyncFd::register(file.into()) }.map_err(io::Error::other)?,
            own_keys: offer.own_keys.clone(),
        })
    }

    /// Writes what the terminal takes without waiting; `None` if that is nothing.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        let write = |file: &OwnedFd| Ok(rustix::io::write(file, bytes)?);
        match self.file.try_io(Interest::WRITABLE, write) {
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => Ok(None),
            wrote => wrote.map(Some),
        }
    }

    /// Waits until the terminal may take something.
    ///
    /// Cancel safety: safe to drop.
    pub(crate) async fn writable(&self) -> io::Result<()> {
        self.file.writable().await.map(drop)
    }

    /// Waits for keys; empty once the terminal is gone.
    ///
    /// Cancel safety: safe to drop; nothing is read then.
    pub(crate) async fn read(&self) -> io::Result<Bytes> {
        let mut keys = BytesMut::with_capacity(READ_BYTES);
        loop {
            let mut ready = self.file.readable().await?;
            let read = ready.try_io(|file| {
                let (read, _) = rustix::io::read(file.get_ref(), keys.spare_capacity_mut())?;
                Ok(read.len())
            });
            match read {
                Ok(count) => {
                    let count = count?;
                    // SAFETY: the kernel wrote `count` bytes at the start of the spare capacity.
                    unsafe { keys.set_len(count) };
                    return Ok(keys.freeze());
                }
                Err(_would_block) => {}
            }
        }
    }

    /// Tells whether the client wants to see these keys.
    pub(crate) fn are_for_client(&self, keys: &[u8]) -> bool {
        keys.iter().any(|key| self.own_keys.contains(key))
    }
}
