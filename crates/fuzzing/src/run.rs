//! One target for a while, and what was found.

use std::{panic, time::Duration};

use abide_core::clock::{Clock, SystemClock};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use crate::Target;

/// Cases between two looks at the clock.
const BATCH: u32 = 256;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many inputs were tried.
    pub cases: u64,
    /// The smallest input found that breaks the body, and what it said.
    pub finding: Option<Finding>,
}

/// An input that breaks a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The bytes.
    pub input: Vec<u8>,
    /// What the body said.
    pub reason: String,
}

/// Tries inputs until one is a finding or the time is over.
#[must_use]
pub fn for_a_time(target: Target, time: Duration) -> Report {
    let begin = SystemClock.now();
    let mut cases = 0;
    loop {
        let report = for_cases(target, BATCH);
        cases += report.cases;
        if report.finding.is_some() || time <= SystemClock.now().since(begin) {
            return Report { cases, ..report };
        }
    }
}

/// Tries so many inputs, or fewer if one is a finding.
#[must_use]
pub fn for_cases(target: Target, cases: u32) -> Report {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let inputs = (target.inputs)();
    let outcome = TestRunner::new(config).run(&inputs, |input| attempt(target, &input));
    let finding = match outcome {
        Ok(()) => None,
        Err(TestError::Fail(reason, input)) => Some(Finding {
            input,
            reason: reason.message().to_owned(),
        }),
        Err(TestError::Abort(reason)) => Some(Finding {
            input: Vec::new(),
            reason: reason.message().to_owned(),
        }),
    };
    Report {
        cases: u64::from(cases),
        finding,
    }
}

/// Runs the body once; its panic is the finding.
fn attempt(target: Target, input: &[u8]) -> Result<(), TestCaseError> {
    panic::catch_unwind(|| (target.body)(input)).map_err(|said| {
        let text = said.downcast_ref::<String>().cloned();
        let text = text.or_else(|| said.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        TestCaseError::fail(text.unwrap_or_else(|| "it panicked".into()))
    })
}
