//! What the tests of abide share: time and order that a test decides, a backend without
//! processes, the suite that every backend passes, child programs, and places to run in.
//!
//! - [`clock`], [`gate`]: what time it is, and who is held where
//! - [`backend`], [`conformance`]: a fake backend, and the contract as tests
//! - [`programs`], [`child`]: the small programs that sessions run in tests, and what they share
//! - [`mod@env`], [`output`]: a place for a real `abide`, and what it printed
//! - [`namespaces`]: mounts and users of a test's own
//! - [`screen`]: a person's terminal, in front of a real program
//! - [`recordings`]: what real programs print
//! - [`strategies`]: proptest strategies
//! - [`sys`]: the platform surface of all of these

#![forbid(unsafe_code)]

pub mod backend;
pub mod child;
pub mod clock;
pub mod conformance;
pub mod env;
pub mod gate;
pub mod namespaces;
pub mod output;
pub mod programs;
pub mod recordings;
pub mod screen;
pub mod strategies;
pub mod sys;
