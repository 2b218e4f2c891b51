//! The messages of a launch.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| abide_fuzzing::body("launch", bytes));
