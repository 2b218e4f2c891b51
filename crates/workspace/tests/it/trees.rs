//! Workspaces made of a git repository: real repositories, a backend in memory.

mod delete;
mod keep;
mod make;
mod repo;
mod stages;
