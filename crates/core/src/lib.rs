//! The vocabulary and the rules that every part of abide shares.
//!
//! No runtime, no socket, and no file but the one kernel lock of [`lock`]; the system's time is
//! read through [`clock::Clock`] alone. What a backend promises is written in [`backend`].
//!
//! - [`id`], [`size`], [`replay`]: names, sizes and positions, validated once at the edge
//! - [`backend`]: the contract of everything that keeps a terminal alive
//! - [`activity`]: what a session is doing, as far as what it prints tells
//! - [`env_policy`]: what a child may inherit
//! - [`lease`]: who is responsible for a workspace, and with which right to write
//! - [`manifest`]: which files a workspace held at an instant, and what changed since
//! - [`record`]: what is kept of a session: a journal of events, and views of it
//! - [`lock`]: the kernel lock that decides who is alive
//! - [`clock`], [`probe`]: time, and the points where a test may hold a process
//! - [`limits`]: sizes and durations that two or more crates share

#![forbid(unsafe_code)]

pub mod activity;
pub mod backend;
pub mod clock;
pub mod env_policy;
pub mod id;
pub mod lease;
pub mod limits;
pub mod lock;
pub mod manifest;
pub mod probe;
pub mod record;
pub mod replay;
pub mod size;
