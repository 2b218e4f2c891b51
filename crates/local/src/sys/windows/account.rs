//! Accounts: whose a process or file is, and who may use what this process makes.
//!
//! An account is known by its security identifier in text, such as `S-1-5-18`: text can be compared,
//! hashed and put into a description of access.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle},
};

use interprocess::os::windows::{ToWtf16 as _, security_descriptor::SecurityDescriptor};
use windows_sys::Win32::{
    Foundation::HANDLE,
    Security::{
        GetKernelObjectSecurity, GetTokenInformation, OWNER_SECURITY_INFORMATION, TOKEN_QUERY,
        TOKEN_USER, TokenUser,
    },
    System::Threading::{GetCurrentProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION},
};

use super::handle::{check, open_process};

/// The system itself.
pub const SYSTEM: &str = "S-1-5-18";

/// The administrators, as whom a process with their rights owns what it makes.
pub const ADMINISTRATORS: &str = "S-1-5-32-544";

/// Room for a security identifier, of 68 bytes at the most, with what the system puts before it.
const ROOM: usize = 256;

#[repr(C, align(8))]
struct Buffer([u8; ROOM]);

/// Returns the account that this process runs as.
pub fn own() -> io::Result<String> {
    // SAFETY: takes nothing; the result is a constant that needs no closing.
    of_handle(unsafe { GetCurrentProcess() })
}

/// Returns the account that a process runs as.
pub fn of_process(pid: u32) -> io::Result<String> {
    of_handle(open_process(pid, PROCESS_QUERY_LIMITED_INFORMATION)?.as_raw_handle())
}

fn of_handle(process: HANDLE) -> io::Result<String> {
    let mut token = std::ptr::null_mut();
    // SAFETY: the handle is open, and the place for the token is ours.
    check(unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) })?;
    // SAFETY: the call succeeded, so the token is open and nobody else's.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let mut buffer = Buffer([0; ROOM]);
    let mut length = 0;
    let place = (&raw mut buffer.0).cast();
    // SAFETY: the token is open; the buffer is writable, aligned, and as long as is said.
    check(unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            place,
            ROOM as u32,
            &raw mut length,
        )
    })?;
    // SAFETY: the call succeeded, so this is at the start of the buffer, which is aligned for it.
    let user: TOKEN_USER = unsafe { std::ptr::read(place.cast()) };
    let at = user.User.Sid.addr().wrapping_sub(buffer.0.as_ptr().addr());
    buffer.0.get(at..).and_then(text).ok_or_else(unknown)
}

/// Returns the account that owns an open file or directory.
pub fn owner_of(file: &File) -> io::Result<String> {
    let mut buffer = Buffer([0; ROOM]);
    let mut length = 0;
    let place = (&raw mut buffer.0).cast();
    let what = OWNER_SECURITY_INFORMATION;
    // SAFETY: the file is open; the buffer is writable, aligned, and as long as is said.
    check(unsafe {
        GetKernelObjectSecurity(
            file.as_raw_handle(),
            what,
            place,
            ROOM as u32,
            &raw mut length,
        )
    })?;
    owner_in(&buffer.0).ok_or_else(unknown)
}

/// Finds the owner in a self-relative security descriptor: its place is said at byte 4.
fn owner_in(descriptor: &[u8]) -> Option<String> {
    let at = u32::from_le_bytes(*descriptor.get(4..)?.first_chunk()?);
    match at {
        0 => None,
        at => text(descriptor.get(at as usize..)?),
    }
}

/// Writes a security identifier as text: revision, authority, and its parts.
fn text(sid: &[u8]) -> Option<String> {
    let [revision, count, authority @ ..]: [u8; 8] = *sid.first_chunk()?;
    let authority = authority
        .iter()
        .fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    let (parts, _) = sid[8..].as_chunks::<4>();
    let parts = parts
        .get(..usize::from(count))?
        .iter()
        .map(|part| u32::from_le_bytes(*part));
    let head = format!("S-{revision}-{authority}");
    Some(parts.fold(head, |text, part| format!("{text}-{part}")))
}

fn unknown() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the system named no account")
}

/// Returns the descriptor of a pipe that only this account and the system may open.
pub fn private_pipe(account: &str) -> io::Result<SecurityDescriptor> {
    descriptor(&format!("D:P(A;;GA;;;{account})(A;;GA;;;SY)"))
}

/// Returns the descriptor of a directory that, with all that will be in it, is this account's and
/// open to it and the system alone.
pub fn private_dir(account: &str) -> io::Result<SecurityDescriptor> {
    descriptor(&format!(
        "O:{account}D:P(A;OICI;FA;;;{account})(A;OICI;FA;;;SY)"
    ))
}

fn descriptor(words: &str) -> io::Result<SecurityDescriptor> {
    let words = OsStr::new(words).to_wtf_16().map_err(io::Error::other)?;
    SecurityDescriptor::deserialize(&words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMINISTRATORS_BYTES: [u8; 16] = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];

    #[test]
    fn a_security_identifier_is_written_as_the_system_writes_it() {
        assert_eq!(text(&ADMINISTRATORS_BYTES).unwrap(), ADMINISTRATORS);
        assert_eq!(
            text(&[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, 99]).unwrap(),
            SYSTEM
        );
    }

    #[test]
    fn a_security_identifier_cut_short_is_none() {
        for length in 0..ADMINISTRATORS_BYTES.len() {
            assert_eq!(text(&ADMINISTRATORS_BYTES[..length]), None, "{length}");
        }
    }

    #[test]
    fn an_owner_is_found_where_the_descriptor_says_and_only_if_it_names_one() {
        let mut descriptor = vec![1, 0, 0, 0x80, 20, 0, 0, 0];
        descriptor.resize(20, 0);
        descriptor.extend_from_slice(&ADMINISTRATORS_BYTES);
        assert_eq!(owner_in(&descriptor).unwrap(), ADMINISTRATORS);
        descriptor[4] = 0;
        assert_eq!(owner_in(&descriptor), None);
        descriptor[4] = 200;
        assert_eq!(owner_in(&descriptor), None);
    }

    #[test]
    fn this_process_runs_as_one_account_however_it_is_asked() {
        let account = own().unwrap();
        assert!(account.starts_with("S-1-5-"), "{account}");
        assert_eq!(of_process(std::process::id()).unwrap(), account);
    }

    #[test]
    fn the_system_takes_the_descriptors() {
        let account = own().unwrap();
        private_pipe(&account).unwrap();
        private_dir(&account).unwrap();
        assert!(descriptor("D:P(no such thing)").is_err());
    }
}
