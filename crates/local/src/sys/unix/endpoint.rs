//! Unix sockets in a private directory.
//!
//! A socket's name is made of its owner's generation, so a new owner never meets an old one's
//! socket, and nothing that lies under another name is ever touched.

use std::{
    fs::File,
    io,
    os::{
        fd::AsRawFd as _,
        unix::fs::{FileTypeExt as _, MetadataExt as _},
    },
    path::{Path, PathBuf},
    time::SystemTime,
};

use interprocess::{
    local_socket::{
        GenericFilePath, ListenerOptions, ToFsName as _,
        tokio::{Listener, Stream},
        traits::{StreamCommon as _, tokio::Stream as _},
    },
    os::unix::local_socket::ListenerOptionsExt as _,
};

use super::files;

/// Longest path of a socket that every supported system takes, in bytes: macOS has 104 with the
/// closing zero, Linux 108.
const MAX_PATH_BYTES: usize = 103;

/// Binds a private socket in `runtime_dir`, or in a short private directory if that path is too
/// long; returns it with its address.
pub fn bind(runtime_dir: &Path, stem: &str) -> io::Result<(Listener, String)> {
    let dir = if fits(runtime_dir, stem) {
        runtime_dir.to_owned()
    } else {
        short_dir()
    };
    bind_in(&dir, stem)
}

/// Binds a socket again that is gone; at its old address if nothing is there.
///
/// `spare` is a name that was never used. The directory is made again if the one above it is there;
/// above that, directories are the system's. What has taken the place of the socket stays there.
pub fn bind_again(runtime_dir: &Path, stem: &str, spare: &str) -> io::Result<(Listener, String)> {
    let has_place = runtime_dir.parent().is_some_and(Path::is_dir);
    let short = short_dir();
    let wanted = Some(runtime_dir).filter(|dir| has_place && fits(dir, spare));
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for dir in wanted.into_iter().chain([short.as_path()]) {
        for stem in [stem, spare] {
            match bind_in(dir, stem) {
                Ok(bound) => return Ok(bound),
                Err(err) => last = err,
            }
        }
    }
    Err(last)
}

fn bind_in(dir: &Path, stem: &str) -> io::Result<(Listener, String)> {
    files::create_private_dir(dir).map_err(|err| {
        io::Error::new(err.kind(), format!("cannot use `{}`: {err}", dir.display()))
    })?;
    let path = dir.join(format!("{stem}.sock"));
    let address = path
        .to_str()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "its path is not UTF-8"))?
        .to_owned();
    let listener = ListenerOptions::new()
        .name(path.to_fs_name::<GenericFilePath>()?)
        .reclaim_name(false)
        .mode(0o600)
        .create_tokio()?;
    Ok((listener, address))
}

fn fits(dir: &Path, stem: &str) -> bool {
    dir.as_os_str().len() + 1 + stem.len() + ".sock".len() <= MAX_PATH_BYTES
}

/// The directory for sockets whose own would make their path too long.
fn short_dir() -> PathBuf {
    PathBuf::from(format!(
        "/tmp/abide-{}",
        rustix::process::geteuid().as_raw()
    ))
}

/// Connects to an owner's socket. Whether it is the owner's, the handshake tells.
pub async fn connect(address: &str) -> io::Result<Stream> {
    Stream::connect(address.to_fs_name::<GenericFilePath>()?).await
}

/// Tells whether the other side runs as the same user.
pub fn is_same_user(stream: &Stream) -> io::Result<bool> {
    let user = stream.peer_creds()?.euid();
    Ok(user == Some(rustix::process::geteuid().as_raw()))
}

/// Tells whether this process may open so many descriptors more.
pub fn has_room_for(descriptors: u64) -> bool {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let Some(limit) = limit else {
        return true;
    };
    // The kernel gives the lowest number that is free.
    let lowest = File::open("/dev/null").map(|file| u64::try_from(file.as_raw_fd()));
    matches!(lowest, Ok(Ok(lowest)) if lowest + descriptors <= limit)
}

/// Tells when the socket at an address was made; none if there is none.
#[must_use]
pub fn made_at(address: &str) -> Option<SystemTime> {
    let metadata = std::fs::symlink_metadata(address).ok()?;
    let is_socket = metadata.file_type().is_socket();
    metadata.modified().ok().filter(|_| is_socket)
}

/// Tells one socket from another at the same address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

/// Returns which socket an address leads to; `None` if it leads to none.
///
/// One that is listened at has its number to itself, also after its name is gone.
#[must_use]
pub fn identity(address: &str) -> Option<Identity> {
    let meta = std::fs::symlink_metadata(address).ok()?;
    meta.file_type().is_socket().then(|| Identity {
        device: meta.dev(),
        inode: meta.ino(),
    })
}

/// Takes the socket of an owner away that is this process, or is known to be gone.
///
/// Only a socket is ever removed, and only one with a name of that owner.
pub fn remove(address: &str, stem: &str) {
    let path = Path::new(address);
    let name = path.file_stem().and_then(|name| name.to_str());
    let is_own_name = name.is_some_and(|name| name.starts_with(stem));
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    if is_own_name && is_socket {
        // A socket that stays is harmless: its name is never used again.
        let _ = std::fs::remove_file(path);
    }
}
