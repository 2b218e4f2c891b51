//! The test kit, put to the test itself.

mod fake_backend;
mod faults;
mod programs;
mod recordings;
mod suite;
mod test_env;

#[cfg(unix)]
mod process_gate;
