//! What an owner and its child's first process say to each other before and beside the terminal.
//!
//! The child must be in the owner's job before it can start anything, and a break must be sent from
//! inside its console, where the owner is not. So the first process is this program
//! (`abide exec-child`): it waits at the gate until the owner has put it into the job, and it sends
//! the break when the owner asks for it. Both are kernel events under a random name, which the first
//! process finds in its environment and passes on to nobody.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::windows::io::{AsRawHandle as _, OwnedHandle},
    time::Duration,
};

use abide_core::id;
use windows_sys::Win32::{
    Foundation::{WAIT_OBJECT_0, WAIT_TIMEOUT},
    System::Threading::{
        CreateEventW, INFINITE, OpenEventW, SYNCHRONIZATION_SYNCHRONIZE, SetEvent,
        WaitForSingleObject,
    },
};

use super::handle::{check, own, terminated};

/// The variable that names the events.
pub(super) const VARIABLE: &str = "ABIDE_EXEC_CHILD_GATE";

/// One event; it stays set until one waiter saw it.
#[derive(Debug)]
pub(super) struct Event(OwnedHandle);

/// The owner's side.
#[derive(Debug)]
pub(super) struct Gate {
    name: OsString,
    opened: Event,
    asked: Event,
}

/// The first process's side.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Set once the process is where it belongs.
    pub(super) opened: Event,
    /// Set when everything on the console shall be asked to end.
    pub(super) asked: Event,
}

impl Gate {
    /// Makes a gate that is closed.
    pub(super) fn new() -> io::Result<Self> {
        let name = OsString::from(id::to_hex(&id::random_bytes::<16>()));
        Ok(Self {
            opened: Event::create(&opened_name(&name))?,
            asked: Event::create(&asked_name(&name))?,
            name,
        })
    }

    /// Returns the value of [`VARIABLE`] for the first process.
    pub(super) fn name(&self) -> &OsStr {
        &self.name
    }

    /// Lets the first process go on.
    pub(super) fn open(&self) -> io::Result<()> {
        self.opened.set()
    }

    /// Has everything on the child's console asked to end.
    pub(super) fn ask(&self) -> io::Result<()> {
        self.asked.set()
    }
}

impl Waiting {
    /// Finds the gate of that name.
    pub(super) fn at(name: &OsStr) -> io::Result<Self> {
        Ok(Self {
            opened: Event::find(&opened_name(name))?,
            asked: Event::find(&asked_name(name))?,
        })
    }
}

fn opened_name(name: &OsStr) -> OsString {
    full_name(name, "opened")
}

fn asked_name(name: &OsStr) -> OsString {
    full_name(name, "asked")
}

fn full_name(name: &OsStr, what: &str) -> OsString {
    let mut full = OsString::from(r"Local\abide-");
    full.push(name);
    full.push("-");
    full.push(what);
    full
}

impl Event {
    fn create(name: &OsStr) -> io::Result<Self> {
        let name = terminated(name)?;
        // SAFETY: the name ends in zero; no attributes means this user's own.
        let made = unsafe { CreateEventW(std::ptr::null(), 0, 0, name.as_ptr()) };
        // SAFETY: it was just made, or is null.
        unsafe { own(made) }.map(Self)
    }

    fn find(name: &OsStr) -> io::Result<Self> {
        let name = terminated(name)?;
        // SAFETY: the name ends in zero.
        let found = unsafe { OpenEventW(SYNCHRONIZATION_SYNCHRONIZE, 0, name.as_ptr()) };
        // SAFETY: it was just opened, or is null.
        unsafe { own(found) }.map(Self)
    }

    fn set(&self) -> io::Result<()> {
        // SAFETY: the handle is open.
        check(unsafe { SetEvent(self.0.as_raw_handle()) })
    }

    /// Waits until the event is set, or for so long; tells whether it was.
    pub(super) fn wait(&self, deadline: Option<Duration>) -> io::Result<bool> {
        let millis = deadline.map_or(INFINITE, |wait| {
            u32::try_from(wait.as_millis()).unwrap_or(INFINITE)
        });
        // SAFETY: the handle is open.
        match unsafe { WaitForSingleObject(self.0.as_raw_handle(), millis) } {
            WAIT_OBJECT_0 => Ok(true),
            WAIT_TIMEOUT => Ok(false),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Option<Duration> = Some(Duration::ZERO);

    #[test]
    fn a_gate_is_closed_until_its_owner_opens_it() {
        let gate = Gate::new().unwrap();
        let waiting = Waiting::at(gate.name()).unwrap();
        assert!(!waiting.opened.wait(AT_ONCE).unwrap());
        gate.open().unwrap();
        assert!(waiting.opened.wait(AT_ONCE).unwrap());
        assert!(!waiting.asked.wait(AT_ONCE).unwrap());
    }

    #[test]
    fn each_asking_is_heard_once() {
        let gate = Gate::new().unwrap();
        let waiting = Waiting::at(gate.name()).unwrap();
        for _ in 0..2 {
            gate.ask().unwrap();
            assert!(waiting.asked.wait(AT_ONCE).unwrap());
            assert!(!waiting.asked.wait(AT_ONCE).unwrap());
        }
    }

    #[test]
    fn there_is_no_gate_without_an_owner() {
        let gate = Gate::new().unwrap();
        let name = gate.name().to_owned();
        drop(gate);
        assert_eq!(
            Waiting::at(&name).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
