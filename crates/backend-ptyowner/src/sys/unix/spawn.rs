//! Starts the child of an owner: on its terminal, as leader of its own session, with nothing of the
//! owner's but three descriptors.
//!
//! `posix_spawn` costs least: until the new process is the program it borrows this one's memory, so
//! that none of it is copied, and what stands in the way comes back as an error here.

use std::{
    ffi::{CString, OsStr, OsString},
    io,
    mem::MaybeUninit,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::Path,
    ptr,
};

use super::pty::ChildCommand;

/// Runs a script that does not say what runs it, as shells and execvp(3) have it.
const SHELL: &str = "/bin/sh";

/// Where an owner is, so that it keeps no directory in use.
const NEUTRAL_DIR: &str = "/";

/// Starts the command on the terminal of that name; returns its process id.
///
/// # Errors
///
/// When the directory cannot be entered or the program cannot be run; nothing is left behind then.
pub(super) fn spawn(terminal: &Path, command: &ChildCommand) -> io::Result<u32> {
    rustix::process::chdir(&command.cwd)?;
    let started = run(terminal, command);
    rustix::process::chdir(NEUTRAL_DIR)?;
    started
}

fn run(terminal: &Path, command: &ChildCommand) -> io::Result<u32> {
    let environment = Words::new(environment(command))?;
    let start = |program: &OsStr, argv: Words| -> io::Result<u32> {
        let (actions, attributes) = (Actions::on(terminal)?, Attributes::new()?);
        let program = c_string(program.as_bytes().to_vec())?;
        let mut pid = 0;
        // SAFETY: everything was initialised and outlives the call; the lists end with a null.
        check(unsafe {
            libc::posix_spawn(
                &raw mut pid,
                program.as_ptr(),
                actions.0.as_ptr(),
                attributes.0.as_ptr(),
                argv.pointers.as_ptr(),
                environment.pointers.as_ptr(),
            )
        })?;
        Ok(u32::try_from(pid).expect("a process id is positive"))
    };
    let bytes = |word: &OsString| word.as_bytes().to_vec();
    let argv = Words::new(command.argv.iter().map(bytes))?;
    match start(command.path.as_os_str(), argv) {
        Err(err) if err.raw_os_error() == Some(libc::ENOEXEC) => {
            let path = command.path.as_os_str().as_bytes().to_vec();
            let script = [SHELL.into(), path].into_iter();
            let argv = script.chain(command.argv.iter().skip(1).map(bytes));
            start(SHELL.as_ref(), Words::new(argv)?)
        }
        started => started,
    }
}

/// Returns the child's variables, with the directory as it is known to the person.
fn environment(command: &ChildCommand) -> impl Iterator<Item = Vec<u8>> {
    let here = (OsStr::new("PWD"), command.cwd.as_os_str());
    let others = command.env.iter().filter(|(name, _)| name != "PWD");
    let all = others.map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    all.chain([here]).map(|(name, value)| {
        let mut variable = name.to_owned();
        variable.push("=");
        variable.push(value);
        variable.into_vec()
    })
}

/// Words as the system takes them.
struct Words {
    pointers: Vec<*mut libc::c_char>,
    _words: Vec<CString>,
}

impl Words {
    fn new(words: impl IntoIterator<Item = Vec<u8>>) -> io::Result<Self> {
        let words: Vec<CString> = words.into_iter().map(c_string).collect::<Result<_, _>>()?;
        let pointers = words.iter().map(|word| word.as_ptr().cast_mut());
        Ok(Self {
            pointers: pointers.chain([ptr::null_mut()]).collect(),
            _words: words,
        })
    }
}

fn c_string(word: Vec<u8>) -> io::Result<CString> {
    Ok(CString::new(word)?)
}

/// What the new process does with its descriptors; stays where it was made.
struct Actions(Box<MaybeUninit<libc::posix_spawn_file_actions_t>>);

impl Actions {
    /// Opens the terminal, which thereby becomes that of the new session. Everything else closes
    /// by itself: descriptors of this program are closed on exec.
    fn on(terminal: &Path) -> io::Result<Self> {
        let path = c_string(terminal.as_os_str().as_bytes().to_vec())?;
        let mut raw = Box::new(MaybeUninit::uninit());
        // SAFETY: `raw` is writable memory of the right type.
        check(unsafe { libc::posix_spawn_file_actions_init(raw.as_mut_ptr()) })?;
        let mut actions = Self(raw);
        let raw = actions.0.as_mut_ptr();
        // SAFETY: the actions were initialised; the path is copied.
        check(unsafe {
            libc::posix_spawn_file_actions_addopen(raw, 0, path.as_ptr(), libc::O_RDWR, 0)
        })?;
        for copy in [1, 2] {
            // SAFETY: the actions were initialised.
            check(unsafe { libc::posix_spawn_file_actions_adddup2(raw, 0, copy) })?;
        }
        Ok(actions)
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: the actions were initialised and are not used again.
        unsafe { libc::posix_spawn_file_actions_destroy(self.0.as_mut_ptr()) };
    }
}

/// What the new process is; stays where it was made.
struct Attributes(Box<MaybeUninit<libc::posix_spawnattr_t>>);

impl Attributes {
    /// A session of its own, every signal with its default disposition, none blocked.
    fn new() -> io::Result<Self> {
        let mut raw = Box::new(MaybeUninit::uninit());
        // SAFETY: `raw` is writable memory of the right type.
        check(unsafe { libc::posix_spawnattr_init(raw.as_mut_ptr()) })?;
        let mut attributes = Self(raw);
        let raw = attributes.0.as_mut_ptr();
        let every = every_signal();
        // SAFETY: the attributes were initialised; the set is copied.
        check(unsafe { libc::posix_spawnattr_setsigdefault(raw, &raw const every) })?;
        let mut none = MaybeUninit::uninit();
        // SAFETY: `none` is writable memory of the right type.
        unsafe { libc::sigemptyset(none.as_mut_ptr()) };
        // SAFETY: both were initialised; the set is copied.
        check(unsafe { libc::posix_spawnattr_setsigmask(raw, none.as_ptr()) })?;
        let flags = libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;
        let flags = SETSID | libc::c_short::try_from(flags).expect("the flags are small");
        // SAFETY: the attributes were initialised.
        check(unsafe { libc::posix_spawnattr_setflags(raw, flags) })?;
        Ok(attributes)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: the attributes were initialised and are not used again.
        unsafe { libc::posix_spawnattr_destroy(self.0.as_mut_ptr()) };
    }
}

/// Makes the new process the leader of a session.
#[cfg(target_os = "linux")]
const SETSID: libc::c_short = libc::POSIX_SPAWN_SETSID;
/// Makes the new process the leader of a session (spawn.h; macOS has it since 10.15).
#[cfg(not(target_os = "linux"))]
const SETSID: libc::c_short = 0x0400;

/// Returns the set of all signals, with those that the C library keeps to itself: what is not named
/// of these, its `posix_spawn` leaves ignored.
fn every_signal() -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the memory is the set's own.
    unsafe { ptr::write_bytes(set.as_mut_ptr(), 0xff, 1) };
    // SAFETY: a set is made of numbers, and every number is one.
    unsafe { set.assume_init() }
}

/// These functions return the error instead of setting it.
fn check(error: libc::c_int) -> io::Result<()> {
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}
