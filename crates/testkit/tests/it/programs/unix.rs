//! What the child programs do with signals and raw terminals.

use abide_core::size::TermSize;
use abide_testkit::child::{Fnv, sink_line};

use super::start;

#[test]
fn deaf_survives_what_can_be_survived() {
    let screen = start("testkit-deaf", &[]);
    screen.wait_for_text("deaf");
    for (key, shown) in [("\x03", "^C"), ("\x1c", "^\\")] {
        screen.type_text(key);
        screen.wait_for_text(shown);
    }
    let pid = screen.pid().to_string();
    for signal in ["-HUP", "-TERM", "-INT", "-QUIT", "-USR1", "-TSTP", "-ALRM"] {
        let sent = std::process::Command::new("kill")
            .args([signal, &pid])
            .status();
        assert!(sent.unwrap().success(), "{signal}");
    }
    screen.type_text("still\r");
    screen.wait_for_text("still");
    assert!(abide_testkit::sys::process_is_alive(screen.pid()));
    screen.kill9();
}

#[test]
fn sink_reads_every_byte_raw() {
    let screen = start("testkit-sink", &["512", "--slow"]);
    screen.wait_for_text("ready");
    let input: Vec<u8> = (0..=255).chain(0..=255).collect();
    screen.type_bytes(&input);
    let mut hash = Fnv::default();
    hash.write(&input);
    screen.wait_for_text(sink_line(512, &hash).trim_end());
    assert_eq!(screen.wait_exit(), 0);
}

#[test]
fn size_tells_each_size() {
    let screen = start("testkit-size", &[]);
    screen.wait_for_text("size 80x24");
    screen.resize(TermSize::clamped(30, 100));
    screen.wait_for_text("size 100x30");
    screen.kill9();
}

#[test]
fn query_shows_in_hexadecimal_what_the_terminal_answers() {
    let screen = start("testkit-query", &["dsr"]);
    screen.wait_for_text("dsr 1b5b306e");
    screen.wait_for_text("query done");
    assert_eq!(screen.wait_exit(), 0);
}
