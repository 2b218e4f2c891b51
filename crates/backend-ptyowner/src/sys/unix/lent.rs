//! A client's terminal that is lent to the owner.
//!
//! Opened anew by its path, so that `O_NONBLOCK`, which belongs to an open file, is set on none
//! that the person's shell uses. The client keeps its own open, with which it sets the modes of
//! input and gives them back.

use std::{
    ffi::OsString,
    fs::{File, Metadata},
    io::{self, IsTerminal as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::{
            ffi::OsStringExt as _,
            fs::{FileTypeExt as _, MetadataExt as _},
        },
    },
    path::PathBuf,
};

use bytes::{Bytes, BytesMut};
use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};
use tokio::io::{Interest, unix::AsyncFd};

use crate::wire::request;

/// Most bytes taken of what is typed at once: what one terminal holds.
const READ_BYTES: usize = 4 * 1024;

/// The terminal.
#[derive(Debug)]
pub(crate) struct LentTerminal {
    /// Watched for keys.
    file: AsyncFd<OwnedFd>,
    /// Watched while the terminal takes nothing: it says that it takes more after whatever it took.
    output: OwnedFd,
    own_keys: [bool; 256],
}

impl LentTerminal {
    /// Opens the terminal that is offered, if it is the one meant; needs a running reactor.
    pub(crate) fn open(offer: &request::Terminal) -> io::Result<Self> {
        let path = PathBuf::from(OsString::from_vec(offer.path.clone()));
        let is_meant = |found: &Metadata| {
            found.file_type().is_char_device()
                && (found.rdev(), found.dev()) == (offer.device, offer.file_system)
                && found.ino() == offer.inode
        };
        // To open some devices is to use them: looked at first. Elsewhere than here a look could wait
        // for another machine.
        if !path.starts_with("/dev/") || !is_meant(&std::fs::metadata(&path)?) {
            return Err(io::Error::other("it is not the terminal that was offered"));
        }
        // Never our controlling terminal: its signals are for the client.
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(&path, flags, Mode::empty())?);
        if !is_meant(&file.metadata()?) || !file.is_terminal() {
            return Err(io::Error::other("it is not the terminal that was offered"));
        }
        let mut own_keys = [false; 256];
        for key in &offer.own_keys {
            own_keys[usize::from(*key)] = true;
        }
        let output = file.try_clone()?.into();
        // SAFETY: the descriptor is owned, stays open and keeps its number until it is dropped.
        let file = unsafe { AsyncFd::register_with_interest(file.into(), Interest::READABLE) };
        Ok(Self {
            file: file.map_err(io::Error::other)?,
            output,
            own_keys,
        })
    }

    /// Writes what the terminal takes without waiting; `None` if that is nothing.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        match rustix::io::write(&self.output, bytes) {
            Err(Errno::AGAIN) => Ok(None),
            wrote => Ok(Some(wrote?)),
        }
    }

    /// Waits until the terminal may take something.
    ///
    /// Cancel safety: safe to drop.
    pub(crate) async fn writable(&self) -> io::Result<()> {
        let output = self.output.as_fd();
        // SAFETY: the descriptor stays open and keeps its number while it is borrowed.
        let output = unsafe { AsyncFd::register_with_interest(output, Interest::WRITABLE) };
        output?.writable().await.map(drop)
    }

    /// Waits for keys, and takes them if they `may` be taken then; otherwise they are left where they
    /// are. Empty once the terminal is gone, and if they are left.
    ///
    /// Cancel safety: safe to drop; nothing is read then.
    pub(crate) async fn read(&self, may: impl Fn() -> bool) -> io::Result<Bytes> {
        loop {
            let mut ready = self.file.readable().await?;
            if !may() {
                return Ok(Bytes::new());
            }
            let mut keys = BytesMut::with_capacity(READ_BYTES);
            let read = ready.try_io(|file| {
                let (read, _) = rustix::io::read(file.get_ref(), keys.spare_capacity_mut())?;
                Ok(read.len())
            });
            match read {
                Ok(count) => {
                    let count = count?;
                    // SAFETY: the kernel wrote `count` bytes at the start of the spare capacity.
                    unsafe { keys.set_len(count) };
                    if count < READ_BYTES {
                        // That was all. To ask an empty terminal again is to wait for the kernel.
                        ready.clear_ready();
                    }
                    return Ok(keys.freeze());
                }
                Err(_would_block) => {}
            }
        }
    }

    /// Tells whether the client wants to see these keys.
    pub(crate) fn are_for_client(&self, keys: &[u8]) -> bool {
        keys.iter().any(|key| self.own_keys[usize::from(*key)])
    }
}
