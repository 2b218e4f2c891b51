//! Manifests, also with checksums that are right.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| abide_fuzzing::body("manifest", bytes));
