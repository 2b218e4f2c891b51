//! What some terminals keep for each screen comes back on the screen that it was set on.

use abide_screen::ScreenModel;

use crate::judge::{self, ALL, LIMITS};
use crate::smallest::{SMALLEST, size};

/// proves O11
#[test]
fn what_is_kept_for_each_screen_is_exact_at_every_byte() {
    for (what, output) in SMALLEST {
        let score = judge::judge(size(), output.as_bytes(), |_| true);
        assert_eq!(score.misses, [], "{what}");
        let cuts = output.len() + 1;
        assert_eq!((score.cuts, score.at_once, score.later), (cuts, cuts, cuts));
    }
}

/// proves O11
#[test]
fn a_cursor_saved_in_the_alternate_screen_is_there_when_it_is_entered_again() {
    let output = "\x1b[?1049h\x1b[3;4H\x1b7\x1b[?1049lshell";
    let mut fresh = ScreenModel::new(size(), LIMITS);
    fresh.feed(snapshot(output).as_bytes());
    assert_eq!(fresh.text(0)[0], "shell");
    fresh.feed(b"\x1b[?1049h\x1b8x");
    assert_eq!(fresh.text(0)[2], "   x");
    // A reset forgets it.
    assert!(!snapshot(&format!("{output}\x1bc")).contains("\x1b[3;4H"));
}

fn snapshot(output: &str) -> String {
    let mut model = ScreenModel::new(size(), LIMITS);
    model.feed(output.as_bytes());
    String::from_utf8(model.snapshot(ALL)).expect("these streams are text")
}

/// Returns how many line ends follow the last saving of the cursor.
fn scrolled_after_saving(output: &str) -> usize {
    let snapshot = snapshot(output);
    let (_, after) = snapshot
        .rsplit_once("\x1b7")
        .expect("every snapshot saves the cursor");
    after.matches("\r\n").count()
}

/// proves O11
#[test]
fn as_many_rows_scroll_after_the_cursor_is_saved_as_did() {
    let five_rows = "1\r\n2\r\n3\r\n4\r\n5";
    assert_eq!(scrolled_after_saving(five_rows), 0);
    assert_eq!(scrolled_after_saving(&format!("{five_rows}\x1b7")), 0);
    assert_eq!(
        scrolled_after_saving(&format!("{five_rows}\x1b7\r\n6\r\n7")),
        2
    );
    // It was in the last of five rows, and has been in the first one since.
    let many = format!("{five_rows}\x1b7{}", "\r\nmore".repeat(90));
    assert_eq!(scrolled_after_saving(&many), 4);
    // Saved anew.
    assert_eq!(scrolled_after_saving(&format!("{many}\x1b7")), 0);
    // Only what goes into the scrollback moves it.
    assert_eq!(
        scrolled_after_saving(&format!("{five_rows}\x1b7\x1b[2;5r\x1b[5;1H\n\n\n\x1b[r")),
        0
    );
    // Nor does anything of the alternate screen.
    assert_eq!(
        scrolled_after_saving(&format!(
            "{five_rows}\x1b7\x1b[?1049h\n\n\n\n\n\n\x1b[?1049l"
        )),
        0
    );
}

/// Returns the margins that a snapshot sets, each with whether the alternate screen shows then.
fn margins_set(output: &str) -> Vec<(bool, String)> {
    let snapshot = snapshot(output);
    let mut alternate = false;
    let mut set = Vec::new();
    for sequence in snapshot.split('\x1b').skip(1) {
        if ["[?1049h", "[?1047h"].contains(&sequence) {
            alternate = true;
        } else if ["[?1049l", "[?1047l"].contains(&sequence) {
            alternate = false;
        } else if let Some(margins) = sequence.strip_prefix('[').and_then(|s| s.strip_suffix('r')) {
            set.push((alternate, margins.to_owned()));
        }
    }
    // First all of them are done away with.
    assert_eq!(set.remove(0), (false, String::new()));
    set
}

/// proves O11
#[test]
fn margins_are_set_on_the_screen_that_they_were_set_on_and_last_those_in_force() {
    let set = |output: &str, wanted: &[(bool, &str)]| {
        let found = margins_set(output);
        let found: Vec<_> = found.iter().map(|(on, text)| (*on, &**text)).collect();
        assert_eq!(found, wanted, "{output:?}");
    };
    let (primary, alternate) = (false, true);
    set("text", &[]);
    set("\x1b[2;4r", &[(primary, "2;4")]);
    set("\x1b[?1049h\x1b[2;4r", &[(alternate, "2;4")]);
    set("\x1b[?1049h\x1b[2;4r\x1b[?1049l", &[(alternate, "2;4")]);
    set("\x1b[?1049h\x1b[2;4r\x1b[?1049l\x1b[r", &[]);
    set(
        "\x1b[2;4r\x1b[?1049h\x1b[r\x1b[?1049l",
        &[(primary, "2;4"), (alternate, "1;5")],
    );
    set("\x1b[2;4r\x1b[?1049h", &[(primary, "2;4")]);
    set(
        "\x1b[2;4r\x1b[?1049h\x1b[1;3r",
        &[(primary, "2;4"), (alternate, ""), (alternate, "1;3")],
    );
    set(
        "\x1b[2;4r\x1b[?1049h\x1b[1;3r\x1b[?1049l\x1b[?1049h",
        &[(primary, "2;4"), (alternate, "1;3")],
    );
}
