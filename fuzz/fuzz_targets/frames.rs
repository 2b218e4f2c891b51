//! The frame decoder, for each sender.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| abide_fuzzing::body("frames", bytes));
