//! How a program becomes a helper of its own: `abide owner`, the relays of other backends, and
//! `abide exec-child` where a program of ours stands on the terminal first.

use std::{
    ffi::{OsStr, OsString},
    process::ExitCode,
};

pub use abide_local::FROM_LAUNCHER;

use crate::{
    owner::{self, own::OwnSource},
    sys,
};

/// The word that makes a program an owner.
pub(crate) const OWNER: &str = "owner";

/// Something that a program can become besides what this crate knows.
#[derive(Debug, Clone, Copy)]
pub struct Role {
    /// The word after the program's name that makes it so: the one in
    /// [`Relay::word`](crate::Relay::word).
    pub word: &'static str,
    /// Its whole life; as a rule [`host::run`](crate::host::run) of some source.
    pub run: fn() -> ExitCode,
}

/// Becomes a helper if that is what the command line says; `None` for every other command line.
///
/// Call it first thing in `main`, before any thread is started or descriptor opened: an owner
/// closes what it inherited and leaves its launcher by a fork.
#[must_use]
pub fn become_helper() -> Option<ExitCode> {
    become_helper_or(&[])
}

/// Becomes a helper, or something of `roles`, if that is what the command line says, as
/// [`become_helper`] does.
#[must_use]
pub fn become_helper_or(roles: &[Role]) -> Option<ExitCode> {
    let own = Role {
        word: OWNER,
        run: owner::run::<OwnSource>,
    };
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut all = std::iter::once(&own).chain(roles);
    let launched = all.find(|role| words == [OsStr::new(role.word), OsStr::new(FROM_LAUNCHER)]);
    if let Some(role) = launched {
        return Some((role.run)());
    }
    sys::exec::become_child(&words).map(ExitCode::from)
}
