//! Kernel handles as owned values, and the system's yes and no as results.

use std::{
    ffi::OsStr,
    io,
    os::windows::{
        ffi::OsStrExt as _,
        io::{FromRawHandle as _, OwnedHandle},
    },
};

use windows_sys::Win32::{Foundation::HANDLE, System::Threading::OpenProcess};

/// Returns the error of the call before, if that said no.
pub fn check(answer: windows_sys::core::BOOL) -> io::Result<()> {
    match answer {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Owns what a call made, or returns that call's error if it made nothing.
///
/// For calls that hand over a new handle and report failure by null.
///
/// # Safety
///
/// The handle is open and nobody else's, or null.
pub unsafe fn own(made: HANDLE) -> io::Result<OwnedHandle> {
    if made.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the caller says that it is open, and nobody else's.
    Ok(unsafe { OwnedHandle::from_raw_handle(made) })
}

/// Opens a process for what `access` says.
pub fn open_process(pid: u32, access: u32) -> io::Result<OwnedHandle> {
    // SAFETY: plain numbers go in; a handle that is the caller's, or null, comes out.
    let opened = unsafe { OpenProcess(access, 0, pid) };
    // SAFETY: it was just opened, or is null.
    unsafe { own(opened) }
}

/// Returns the text as the system takes it: 16-bit units with a zero at the end.
pub fn terminated(text: &OsStr) -> io::Result<Vec<u16>> {
    let mut units: Vec<u16> = text.encode_wide().collect();
    if units.contains(&0) {
        let reason = "it contains a zero character";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    units.push(0);
    Ok(units)
}
