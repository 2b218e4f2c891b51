//! The messages of the protocol.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| abide_fuzzing::body("messages", bytes));
