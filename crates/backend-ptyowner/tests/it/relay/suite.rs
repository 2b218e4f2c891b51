//! The contract of every backend, kept by relays.

use abide_testkit::conformance_tests;

use crate::{place::Place, suite::OwnerSubject};

conformance_tests!(|| OwnerSubject::at(Place::of_relays()));
