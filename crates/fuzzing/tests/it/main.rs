//! Each target for a moment, and that a finding is found.

use abide_fuzzing::{TARGETS, Target, run};

/// Cases of each target; `cargo xtask fuzz` tries many more.
const CASES: u32 = 1500;

/// Finds nothing, or fails with the smallest input that breaks the target.
fn hold(name: &str) {
    let target = TARGETS.into_iter().find(|target| target.name == name);
    let report = run::for_cases(target.expect("a target of that name"), CASES);
    if let Some(finding) = report.finding {
        panic!("{}\nb\"{}\"", finding.reason, finding.input.escape_ascii());
    }
}

/// proves O7
#[test]
fn no_cut_of_no_bytes_changes_the_frames_in_them() {
    hold("frames");
}

/// proves O8
#[test]
fn a_message_has_one_encoding() {
    hold("messages");
}

/// proves O6
#[test]
fn no_bytes_of_a_stranger_open_the_door() {
    hold("greeting");
}

/// proves E3
#[test]
fn a_launch_message_has_one_encoding() {
    hold("launch");
}

/// proves O11
#[test]
fn a_snapshot_of_anything_at_any_byte_restores_it() {
    hold("snapshot");
}

#[test]
fn no_output_does_harm_on_any_screen() {
    hold("screen");
}

/// proves L2
#[test]
fn whatever_is_in_the_place_of_a_lease_is_read_judged_and_shown() {
    hold("lease");
}

/// proves M1
#[test]
fn no_bytes_are_taken_for_a_manifest_that_is_none() {
    hold("manifest");
}

/// proves M3
#[test]
fn a_journal_of_anything_is_read_in_order_and_its_records_can_be_closed() {
    hold("journal");
}

#[test]
fn a_finding_is_reported_as_small_as_it_gets() {
    let target = Target {
        name: "broken",
        body: |bytes| assert!(!bytes.contains(&0x1b), "an escape"),
        inputs: TARGETS[5].inputs,
    };
    let finding = run::for_cases(target, 100).finding.expect("it is found");
    assert!(finding.reason.contains("an escape"));
    let escapes = finding.input.iter().filter(|byte| **byte == 0x1b).count();
    assert_eq!(escapes, 1, "{:?}", finding.input);
}
