//! The desk of a workspace, on real files and kernel locks: who is granted the lease, what its
//! holder records, and what becomes of both when somebody is killed.

mod claims;
#[cfg(unix)]
mod crash;
mod directory;
#[cfg(target_os = "linux")]
mod disks;
mod fixture;
mod hostile;
mod races;
mod records;
mod superseded;
