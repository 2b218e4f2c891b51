//! The platform surface: every function that both sides provide, under the same names and with
//! the same signatures. What other helpers need as well is [`abide_local`]'s.
//!
//! | module | what it does |
//! |---|---|
//! | `detach` | makes the process belong to nobody; starts one that will |
//! | `endpoint` | local sockets and named pipes: bind, connect, check the caller, clean up |
//! | `exec` | what becomes of `abide exec-child`, where there is one |
//! | `files` | private directories and files |
//! | `os_bytes` | paths and variables as bytes |
//! | `process` | who runs: this boot, a process's start time |
//! | `pty` | the terminal: spawn, read, write, resize |
//! | `shutdown` | being told to end by a logout or a shutdown |
//! | `tree` | the child's end, and how to bring it about |
//! | `watch` | notices that an endpoint is not where it was |

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;
