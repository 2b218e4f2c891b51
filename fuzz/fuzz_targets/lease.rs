//! What may be in the place of a lease.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| abide_fuzzing::body("lease", bytes));
