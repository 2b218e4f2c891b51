//! Chores run as whole programs.

mod bench;
