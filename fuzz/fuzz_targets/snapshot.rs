//! A snapshot and a checkpoint at any byte.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| abide_fuzzing::body("snapshot", bytes));
