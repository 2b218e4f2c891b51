//! Walks of real trees: what is listed, what was edited, what is read.

mod edits;
mod listing;
#[cfg(unix)]
mod random;
mod speed;
mod tree;
#[cfg(target_os = "linux")]
mod trouble;
