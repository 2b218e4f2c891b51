//! Named pipes that only this user can open.
//!
//! A pipe's name is made of its user and its owner's generation, so a new owner never meets an old
//! one's pipe. A pipe goes with the last process that has it open; there is nothing to clean up.

use std::{borrow::Cow, io, path::Path, time::SystemTime};

use interprocess::{
    local_socket::{
        GenericFilePath, ToFsName as _,
        tokio::{Listener, Stream},
        traits::{StreamCommon as _, tokio::Stream as _},
    },
    os::windows::{
        ToWtf16 as _,
        named_pipe::{
            PipeListenerOptions, local_socket::tokio::Listener as PipeListener, pipe_mode,
        },
    },
};

use super::account;

/// Room for bytes on their way in each direction, which the system takes as a hint.
const BUFFER_BYTES: u32 = 64 * 1024;

/// Length of the part of a name that stands for the user, in bytes.
const USER_BYTES: usize = 8;

/// Makes a private pipe that this machine alone can reach; returns it with its address.
///
/// Pipes live in no directory, so the one for sockets is not used.
pub fn bind(_runtime_dir: &Path, stem: &str) -> io::Result<(Listener, String)> {
    let user = account::own()?;
    let address = pipe_name(&user, stem);
    let mut options = PipeListenerOptions::new();
    options.path = Cow::Owned(
        address
            .as_str()
            .to_wtf_16()
            .map_err(io::Error::other)?
            .into_owned(),
    );
    options.security_descriptor = Some(account::private_pipe(&user)?);
    options.accept_remote = false;
    options.input_buffer_size_hint = BUFFER_BYTES;
    options.output_buffer_size_hint = BUFFER_BYTES;
    // It asks to be the first of its name, so it fails where somebody else has a pipe of that name.
    let listener = options.create_tokio_duplex::<pipe_mode::Bytes>()?;
    Ok((PipeListener::from(listener).into(), address))
}

/// Makes a pipe again; never needed, since none is lost while its owner has it open.
pub fn bind_again(runtime_dir: &Path, _stem: &str, spare: &str) -> io::Result<(Listener, String)> {
    bind(runtime_dir, spare)
}

/// Tells whether this process may open so many handles more: their number has no limit to mind.
pub fn has_room_for(_handles: u64) -> bool {
    true
}

/// Returns the name of an owner's pipe. The user is in it so that users do not meet by chance.
fn pipe_name(user: &str, stem: &str) -> String {
    let user = blake3::hash(user.as_bytes());
    let user = abide_core::id::to_hex(&user.as_bytes()[..USER_BYTES]);
    format!(r"\\.\pipe\abide-{user}-{stem}")
}

/// Connects to an owner's pipe. Whether it is the owner's, the handshake tells.
pub async fn connect(address: &str) -> io::Result<Stream> {
    Stream::connect(address.to_fs_name::<GenericFilePath>()?).await
}

/// Tells whether the other side runs as the same user.
///
/// The pipe's access list has kept others out already. A client with an administrator's rights
/// cannot be asked by an owner without them; the error says so and the client is not let in.
pub fn is_same_user(stream: &Stream) -> io::Result<bool> {
    let pid = stream.peer_creds()?.pid();
    let pid = pid.ok_or_else(|| io::Error::other("the system does not say who is calling"))?;
    Ok(account::of_process(pid)? == account::own()?)
}

/// Returns none: a pipe is gone with whoever listens.
#[must_use]
pub fn made_at(_address: &str) -> Option<SystemTime> {
    None
}

/// Tells one pipe from another at the same address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity;

/// Returns which pipe an address leads to: always the one that was made there, since a pipe is where
/// it was made for as long as somebody listens.
#[must_use]
pub fn identity(_address: &str) -> Option<Identity> {
    Some(Identity)
}

/// Does nothing: a pipe leaves no trace.
pub fn remove(_address: &str, _stem: &str) {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use interprocess::local_socket::traits::tokio::Listener as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    #[test]
    fn a_name_tells_users_and_owners_apart() {
        let name = pipe_name("S-1-5-21-1", "0011223344556677");
        assert!(name.starts_with(r"\\.\pipe\abide-"), "{name}");
        assert!(name.ends_with("-0011223344556677"), "{name}");
        assert_ne!(name, pipe_name("S-1-5-21-2", "0011223344556677"));
        assert!(name.len() < 256, "longer than the system allows: {name}");
    }

    /// proves O5
    #[tokio::test]
    async fn a_client_of_the_same_user_is_connected_and_known_as_such() {
        let stem = abide_core::id::to_hex(&abide_core::id::random_bytes::<8>());
        let (listener, address) = bind(Path::new("unused"), &stem).unwrap();
        let client = async {
            let mut stream = connect(&address).await.unwrap();
            stream.write_all(b"hello").await.unwrap();
            stream.read_u8().await.unwrap()
        };
        let server = async {
            let mut stream = listener.accept().await.unwrap();
            let mut said = [0; 5];
            stream.read_exact(&mut said).await.unwrap();
            stream.write_u8(7).await.unwrap();
            (said, is_same_user(&stream).unwrap())
        };
        let both = async { tokio::join!(client, server) };
        let (answer, (said, same)) = tokio::time::timeout(DEADLINE, both)
            .await
            .expect("both sides");
        assert_eq!((answer, &said, same), (7, b"hello", true));
        remove(&address, &stem);
    }

    #[tokio::test]
    async fn nobody_listens_at_an_address_that_is_over() {
        let stem = abide_core::id::to_hex(&abide_core::id::random_bytes::<8>());
        let (listener, address) = bind(Path::new("unused"), &stem).unwrap();
        drop(listener);
        let refused = tokio::time::timeout(DEADLINE, connect(&address))
            .await
            .expect("an answer");
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
