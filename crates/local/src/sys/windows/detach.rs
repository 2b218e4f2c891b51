//! Makes the owner belong to nobody: no console, no job and no pipe of its launcher, and a program
//! file that an upgrade can replace.
//!
//! The owner is detached from its start, so leaving the launcher is little work here, and the process
//! that was spawned is the owner itself: nobody may wait for its end.

mod copy;

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::windows::{
        io::{AsHandle as _, AsRawHandle as _, IntoRawHandle as _},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use windows_sys::Win32::{
    Foundation::{
        CloseHandle, HANDLE, HANDLE_FLAG_INHERIT, INVALID_HANDLE_VALUE, SetHandleInformation,
    },
    System::{
        Console::{
            GetStdHandle, STD_ERROR_HANDLE, STD_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
            SetStdHandle,
        },
        JobObjects::{
            IsProcessInJob, JOB_OBJECT_LIMIT_BREAKAWAY_OK, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
            JobObjectExtendedLimitInformation, QueryInformationJobObject,
        },
        Threading::{
            CREATE_BREAKAWAY_FROM_JOB, CREATE_NEW_PROCESS_GROUP, DETACHED_PROCESS,
            GetCurrentProcess,
        },
    },
};

use super::handle::check;

const STANDARD: [STD_HANDLE; 3] = [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE];

/// Returns the commands that start a new owner, ready for its standard input and output; one here.
///
/// From here on this process passes its own standard handles on only where it is told to: a new
/// process gets every handle that is not kept back, and whoever reads this process's output through
/// a pipe would wait for the owner's end.
pub fn helper_commands(program: &Path, args: &[&str]) -> Vec<Command> {
    keep_standard_handles();
    let mut command = Command::new(copy::lasting(program));
    command
        .args(args)
        .creation_flags(creation_flags(job_limits()));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    vec![command]
}

/// Tells whether a variable of that name is the known one. Case does not matter here.
pub fn is_variable(name: &OsStr, known: &str) -> bool {
    name.eq_ignore_ascii_case(known)
}

/// Lets go of the process that was spawned, which is the owner itself and stays.
pub async fn let_go(spawned: tokio::process::Child) -> io::Result<()> {
    drop(spawned);
    Ok(())
}

/// Returns how to start an owner from a process whose job, if it is in one, has these limits.
///
/// To ask for leave of a job that gives none is an error, so the owner stays in such a job.
fn creation_flags(job_limits: Option<u32>) -> u32 {
    let leave = match job_limits {
        Some(limits) if limits & JOB_OBJECT_LIMIT_BREAKAWAY_OK != 0 => CREATE_BREAKAWAY_FROM_JOB,
        // Leave that a job gives unasked needs no flag, and neither does no job.
        Some(_) | None => 0,
    };
    DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | leave
}

/// Returns the limits of the job that this process is in, if it is in one.
fn job_limits() -> Option<u32> {
    let mut is_in_job = 0;
    // SAFETY: takes nothing; the result is a constant that needs no closing.
    let this = unsafe { GetCurrentProcess() };
    // SAFETY: the handle is this process's own; no job means any; the place is ours.
    let asked = unsafe { IsProcessInJob(this, std::ptr::null_mut(), &raw mut is_in_job) };
    if asked == 0 || is_in_job == 0 {
        return None;
    }
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    // SAFETY: no job means this process's own; the place is of the asked type and as long as said.
    let asked = unsafe {
        QueryInformationJobObject(
            std::ptr::null_mut(),
            JobObjectExtendedLimitInformation,
            (&raw mut limits).cast(),
            size_of_val(&limits) as u32,
            std::ptr::null_mut(),
        )
    };
    (asked != 0).then_some(limits.BasicLimitInformation.LimitFlags)
}

/// Keeps this process's standard handles from what it starts, the launcher's pipes above all.
///
/// Windows has no list of what else was inherited, so nothing is closed.
pub fn close_inherited() {
    keep_standard_handles();
}

fn keep_standard_handles() {
    for handle in STANDARD.into_iter().filter_map(standard) {
        // SAFETY: the handle is open as long as the process is. One that cannot be kept back, such
        // as an old console's, is none that anybody waits for.
        let _ = unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, 0) };
    }
}

/// Returns one of the standard handles, if this process has it.
fn standard(which: STD_HANDLE) -> Option<HANDLE> {
    // SAFETY: a plain number goes in; the handle that comes out stays the process's own.
    let handle = unsafe { GetStdHandle(which) };
    (!handle.is_null() && handle != INVALID_HANDLE_VALUE).then_some(handle)
}

/// Leaves the launcher's directory; the rest it left when it was started.
pub fn leave_launcher() -> io::Result<()> {
    std::env::set_current_dir(neutral_dir())
}

/// Returns a directory that exists and that nobody wants to remove.
pub fn neutral_dir() -> PathBuf {
    let mut root = std::env::var_os("SystemDrive").unwrap_or("C:".into());
    root.push("\\");
    let root = PathBuf::from(root);
    if root.is_dir() {
        root
    } else {
        std::env::temp_dir()
    }
}

/// Returns standard input as a file of its own, which stays when standard input is pointed elsewhere.
///
/// # Errors
///
/// When there is none.
pub fn own_input() -> io::Result<File> {
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Returns standard output as a file of its own, which stays when standard output is pointed
/// elsewhere.
///
/// # Errors
///
/// When there is none.
pub fn own_output() -> io::Result<File> {
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}

/// Points standard input at nothing and standard error at the log.
pub fn redirect_input_and_errors(log: &File) -> io::Result<()> {
    replace(STD_INPUT_HANDLE, File::open("NUL")?)?;
    replace(STD_ERROR_HANDLE, log.try_clone()?)
}

/// Points standard output at the log, which closes the pipe to the launcher.
pub fn redirect_output(log: &File) -> io::Result<()> {
    replace(STD_OUTPUT_HANDLE, log.try_clone()?)
}

/// Makes the file a standard handle for the rest of the process's life, and closes the one before.
fn replace(which: STD_HANDLE, file: File) -> io::Result<()> {
    let before = standard(which);
    // SAFETY: the handle is open, and is given away for good once this succeeded.
    check(unsafe { SetStdHandle(which, file.as_raw_handle()) })?;
    let _ = file.into_raw_handle();
    let is_in_use = |handle| {
        STANDARD
            .into_iter()
            .any(|which| standard(which) == Some(handle))
    };
    match before {
        // SAFETY: the launcher made it for this process, as a standard handle, and it is none now.
        Some(before) if !is_in_use(before) => check(unsafe { CloseHandle(before) }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use windows_sys::Win32::System::JobObjects::JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;

    use super::*;

    /// proves E4
    #[test]
    fn the_owner_leaves_a_job_that_gives_leave_and_stays_in_one_that_does_not() {
        let leaves = |limits| creation_flags(limits) & CREATE_BREAKAWAY_FROM_JOB != 0;
        assert!(leaves(Some(
            JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
        )));
        assert!(!leaves(Some(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)));
        assert!(!leaves(None));
    }

    /// proves E4
    #[test]
    fn the_owner_is_always_outside_the_console_and_the_process_group_of_its_launcher() {
        for limits in [None, Some(0), Some(JOB_OBJECT_LIMIT_BREAKAWAY_OK)] {
            let flags = creation_flags(limits);
            assert_ne!(flags & DETACHED_PROCESS, 0);
            assert_ne!(flags & CREATE_NEW_PROCESS_GROUP, 0);
        }
    }

    #[test]
    fn the_directory_of_an_owner_exists() {
        assert!(neutral_dir().is_absolute() && neutral_dir().is_dir());
    }
}
