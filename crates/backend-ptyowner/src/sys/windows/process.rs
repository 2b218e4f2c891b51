//! Who runs: this boot, a process's start time.

use std::{
    ffi::{OsStr, OsString},
    os::windows::{ffi::OsStringExt as _, io::AsRawHandle as _},
    path::PathBuf,
};

use windows_sys::Win32::{
    Foundation::{ERROR_SUCCESS, FILETIME},
    System::{
        Registry::{HKEY_LOCAL_MACHINE, RRF_RT_REG_DWORD, RegGetValueW},
        Threading::{
            GetProcessTimes, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION,
            QueryFullProcessImageNameW,
        },
    },
};

use super::handle::{check, open_process, terminated};

/// Where the system counts its starts. A time of boot would not do: it moves with the clock.
const BOOT_KEY: &str =
    r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters";
const BOOT_VALUE: &str = "BootId";

/// Longest path of a program that is asked for, in units.
const PATH_UNITS: usize = 1024;

/// Returns what tells this boot of the machine from others, if the system says.
pub(crate) fn boot_id() -> Option<String> {
    let key = terminated(OsStr::new(BOOT_KEY)).ok()?;
    let value = terminated(OsStr::new(BOOT_VALUE)).ok()?;
    let mut count = 0_u32;
    let mut length = size_of::<u32>() as u32;
    // SAFETY: both names end in zero; the place for the number is as long as is said.
    let status = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            value.as_ptr(),
            RRF_RT_REG_DWORD,
            std::ptr::null_mut(),
            (&raw mut count).cast(),
            &raw mut length,
        )
    };
    (status == ERROR_SUCCESS).then(|| count.to_string())
}

/// Returns when a process started, in the system's own units, if it can be told.
///
/// With the process id it names a process for as long as this boot lasts.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    let process = open_process(pid, PROCESS_QUERY_LIMITED_INFORMATION).ok()?;
    let zero = FILETIME {
        dwLowDateTime: 0,
        dwHighDateTime: 0,
    };
    let (mut start, mut end, mut kernel, mut user) = (zero, zero, zero, zero);
    // SAFETY: the handle is open, and the four places are ours.
    let done = unsafe {
        GetProcessTimes(
            process.as_raw_handle(),
            &raw mut start,
            &raw mut end,
            &raw mut kernel,
            &raw mut user,
        )
    };
    check(done).ok()?;
    Some(u64::from(start.dwHighDateTime) << 32 | u64::from(start.dwLowDateTime))
}

/// Returns the name of a process's program, without its directory; empty if the process is gone.
pub(crate) fn name(pid: u32) -> String {
    let file_name = |path: PathBuf| Some(path.file_name()?.to_string_lossy().into_owned());
    program(pid).and_then(file_name).unwrap_or_default()
}

/// Returns nothing: what is below a process that is not this one's own is not looked for.
pub(crate) fn below(_root: u32) -> Vec<u32> {
    Vec::new()
}

/// Returns `None`: a console has no process group in the foreground.
pub(crate) fn foreground_group(_pid: u32) -> Option<u32> {
    None
}

fn program(pid: u32) -> Option<PathBuf> {
    let process = open_process(pid, PROCESS_QUERY_LIMITED_INFORMATION).ok()?;
    let mut units = [0; PATH_UNITS];
    let mut length = PATH_UNITS as u32;
    let (place, handle) = (units.as_mut_ptr(), process.as_raw_handle());
    // SAFETY: the handle is open; the buffer is writable and as long as is said.
    let done =
        unsafe { QueryFullProcessImageNameW(handle, PROCESS_NAME_WIN32, place, &raw mut length) };
    check(done).ok()?;
    Some(OsString::from_wide(units.get(..length as usize)?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_one_start_time_and_no_process_has_none() {
        let start = start_time(std::process::id()).unwrap();
        assert!(0 < start);
        assert_eq!(start_time(std::process::id()), Some(start));
        // Ids of processes are multiples of four.
        assert_eq!(start_time(u32::MAX - 1), None);
    }

    #[test]
    fn a_process_is_known_by_its_program_s_file_and_no_process_by_nothing() {
        let own = std::env::current_exe().unwrap();
        assert_eq!(*name(std::process::id()), *own.file_name().unwrap());
        assert_eq!(name(u32::MAX - 1), "");
    }

    #[test]
    fn one_boot_has_one_name() {
        assert_eq!(boot_id(), boot_id());
    }
}
