//! What a stranger sends before it proved itself.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| abide_fuzzing::body("greeting", bytes));
