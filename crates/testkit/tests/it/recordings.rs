//! Recordings can be made of every program that is installed.

use abide_testkit::recordings;

#[test]
fn a_recording_is_of_what_a_program_really_printed() {
    let script = recordings::script("inline interface");
    if script.missing().is_some() {
        return;
    }
    let recording = script.record();
    assert!(recording.output.ends_with(b"\x1b[0 q\r\n"));
    assert_eq!(
        recordings::scripts().count(),
        13,
        "each script is in a list"
    );
}
