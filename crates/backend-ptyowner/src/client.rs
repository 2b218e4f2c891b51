//! The client half: finds owners, starts them, talks to them.
//!
//! [`discover`] says what there is of a session, by its locks and files; [`launch`] starts an
//! owner; [`OwnerClient`] is one authenticated conversation with one; [`attachment`] and [`ended`]
//! are what a caller watches: a live session, and one that is over; [`missed`] goes from the one to
//! the other where the connection is lost at the very end; [`watch`] is for those who want no output.

pub(crate) mod attachment;
pub(crate) mod connection;
pub(crate) mod discover;
pub(crate) mod ended;
mod incoming;
pub(crate) mod launch;
pub(crate) mod missed;
pub(crate) mod patience;
pub(crate) mod spare;
pub(crate) mod watch;

pub(crate) use self::connection::{ConnectError, OwnerClient};
