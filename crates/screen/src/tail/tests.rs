//! The tail after output in one piece and byte by byte.

use super::*;

/// Returns the tail after `output`, given in one piece and byte by byte.
fn tail_after(output: &[u8]) -> Vec<u8> {
    let mut whole = Tail::default();
    let mut at = 0;
    while at < output.len() {
        match whole.advance(&output[at..]) {
            (_, Action::Hold) => break,
            (used, _) => at += used,
        }
    }
    let mut single = Tail::default();
    for byte in output.chunks(1) {
        single.advance(byte);
    }
    assert_eq!(whole.bytes(), single.bytes());
    whole.bytes().to_vec()
}

#[test]
fn the_tail_is_what_came_since_the_ground_state() {
    for (output, tail) in [
        (&b"text"[..], &b""[..]),
        (b"text\x1b", b"\x1b"),
        (b"\x1b[1;3", b"\x1b[1;3"),
        (b"\x1b[1;31m", b""),
        (b"\x1b[1\n2", b"\x1b[12"),
        (b"\x1b[1\x1b]0;ti", b"\x1b]0;ti"),
        (b"\x1b]0;title\x07", b""),
        (b"\x1b]0;title\x1b", b"\x1b"),
        (b"\x1b(", b"\x1b("),
        (b"\x1bP1$r\n0", b"\x1bP1$r\n0"),
        (b"\x1bPq\x9c", b""),
        (b"\x1b_G", b"\x1b_G"),
        (b"\x1b[1\x18", b""),
    ] {
        assert_eq!(tail_after(output), tail, "{}", output.escape_ascii());
    }
}

#[test]
fn an_unfinished_character_is_held_back_and_a_broken_one_replaced() {
    let mut tail = Tail::default();
    assert_eq!(tail.advance(b"ab\xe2\x94"), (2, Action::Parse));
    assert_eq!(tail.advance(b"\xe2\x94"), (0, Action::Hold));
    assert_eq!(tail.advance(b"\xe2\x94\xc3"), (2, Action::Replace));
    assert_eq!(tail.advance(b"\xe2\x94\x80"), (3, Action::Parse));
}

#[test]
fn a_string_without_end_is_given_up_but_its_end_is_found() {
    let mut tail = Tail::default();
    let endless = vec![b'x'; MAX_TAIL_BYTES];
    tail.advance(b"\x1b]0;");
    let (used, action) = tail.advance(&endless);
    assert_eq!(action, Action::GiveUp);
    assert_eq!(tail.bytes(), b"\x1b]7777;");
    assert_eq!(
        tail.advance(&endless[used..]),
        (endless.len() - used, Action::Drop)
    );
    assert_eq!(tail.advance(b"xx\x07"), (2, Action::Drop));
    assert_eq!(tail.advance(b"\x07after"), (6, Action::Parse));
    assert!(tail.bytes().is_empty());
}
