//! Keys, cuts, pastes and protocols.

use super::*;

/// What came of an input: what was sent on, and whether it detached.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    on: String,
    detached: bool,
}

fn sent(on: &str) -> Outcome {
    Outcome {
        on: on.to_owned(),
        detached: false,
    }
}

fn detached(on: &str) -> Outcome {
    Outcome {
        on: on.to_owned(),
        detached: true,
    }
}

/// Types the pieces one after the other, and then waits for good.
fn typing(keys: &str, pieces: &[&[u8]]) -> Outcome {
    let mut scanner = DetachScanner::new(keys.parse().unwrap());
    let mut on = Vec::new();
    let mut verdict = Verdict::Continue;
    for piece in pieces {
        if verdict == Verdict::Continue {
            verdict = scanner.feed(piece, &mut on);
        }
    }
    if verdict == Verdict::Continue && scanner.tokens.unfinished() {
        verdict = scanner.rest_expired(&mut on);
    }
    if verdict == Verdict::Continue {
        verdict = scanner.key_expired(&mut on);
    }
    Outcome {
        on: on.escape_ascii().to_string().replace("\\x1b", "^"),
        detached: verdict == Verdict::Detach,
    }
}

const DEFAULT: &str = "ctrl-\\";

/// proves C4
#[test]
fn one_press_detaches_after_a_wait_and_two_send_one_on() {
    assert_eq!(typing(DEFAULT, &[b"ls\x1c"]), detached("ls"));
    assert_eq!(typing(DEFAULT, &[b"\x1c", b"\x1c"]), sent("\\x1c"));
    assert_eq!(typing(DEFAULT, &[b"\x1c\x1c\x1c"]), detached("\\x1c"));
    assert_eq!(
        typing(DEFAULT, &[b"\x1c\x1c\x1c\x1cx"]),
        sent("\\x1c\\x1cx")
    );
}

/// proves C4
#[test]
fn another_key_after_the_press_detaches_at_once_and_is_not_sent_on() {
    let mut scanner = DetachScanner::new(DetachKeys::default());
    let mut on = Vec::new();
    assert_eq!(scanner.feed(b"a\x1cls\r", &mut on), Verdict::Detach);
    assert_eq!(on, b"a");
}

/// proves C4
#[test]
fn a_longer_sequence_detaches_at_its_last_key_and_otherwise_is_sent_on_whole() {
    let keys = "ctrl-p,ctrl-q";
    assert_eq!(typing(keys, &[b"\x10\x11"]), detached(""));
    assert_eq!(typing(keys, &[b"\x10", b"x"]), sent("\\x10x"));
    assert_eq!(typing(keys, &[b"\x10\x10\x11"]), detached("\\x10"));
    assert_eq!(typing(keys, &[b"\x10"]), sent("\\x10"));
    assert_eq!(typing(keys, &[b"\x11"]), sent("\\x11"));
    assert_eq!(typing("ctrl-a,d", &[b"\x01d"]), detached(""));
    assert_eq!(typing("ctrl-a,d", &[b"d\x01\x1b[Ad"]), sent("d\\x01^[Ad"));
}

/// proves C4
#[test]
fn keys_in_the_forms_of_extended_keyboards_count_as_the_same_keys() {
    for press in [
        &b"\x1b[92;5u"[..],
        b"\x1b[92;5:1u",
        b"\x1b[27;5;92~",
        b"\x1b[92;133u",
    ] {
        assert_eq!(typing(DEFAULT, &[press]), detached(""));
        let twice = [press, press].concat();
        let once = press.escape_ascii().to_string().replace("\\x1b", "^");
        assert_eq!(typing(DEFAULT, &[&twice]), sent(&once));
    }
    assert_eq!(
        typing(
            "ctrl-p,ctrl-q",
            &[b"\x1b[57442;5u\x1b[112;5u\x1b[112;5:3u\x1b[113;5u"]
        ),
        detached("^[57442;5u")
    );
    assert_eq!(typing("ctrl-[", &[b"\x1b"]), detached(""));
    assert_eq!(typing("ctrl-[", &[b"\x1b[A"]), sent("^[A"));
}

/// proves C4
#[test]
fn letting_go_and_repeating_are_no_second_press() {
    assert_eq!(typing(DEFAULT, &[b"\x1b[92;5u\x1b[92;5:3u"]), detached(""));
    assert_eq!(typing(DEFAULT, &[b"\x1b[92;5u\x1b[92;5:2u"]), detached(""));
    assert_eq!(
        typing(DEFAULT, &[b"\x1b[92;5u\x1b[92;5:3u\x1b[92;5u\x1b[92;5:3u"]),
        sent("^[92;5u^[92;5:3u")
    );
}

/// proves C4
#[test]
fn nothing_detaches_within_a_paste() {
    let paste = b"\x1b[200~a\x1c\x1b[92;5ub\x1b[201~";
    assert_eq!(
        typing(DEFAULT, &[paste]),
        sent("^[200~a\\x1c^[92;5ub^[201~")
    );
    assert!(typing(DEFAULT, &[paste, b"\x1c"]).detached);
}

#[test]
fn a_paste_that_is_never_ended_is_over_after_a_silence() {
    let mut scanner = DetachScanner::new(DetachKeys::default());
    let mut on = Vec::new();
    let _ = scanner.feed(b"\x1b[200~text", &mut on);
    assert_eq!(scanner.rest_wait().unwrap().time, PASTE_TIMEOUT);
    let _ = scanner.rest_expired(&mut on);
    let _ = scanner.feed(b"\x1c", &mut on);
    assert_eq!(scanner.key_expired(&mut on), Verdict::Detach);
    assert_eq!(on, b"\x1b[200~text");
}

#[test]
fn what_nobody_pressed_neither_completes_nor_breaks_and_keeps_its_place() {
    let moved = "^[<35;1;1M";
    assert_eq!(typing(DEFAULT, &[b"\x1c\x1b[<35;1;1M"]), detached(""));
    assert_eq!(
        typing(DEFAULT, &[b"\x1c\x1b[<35;1;1M\x1c"]),
        sent(&format!("{moved}\\x1c"))
    );
    assert_eq!(
        typing("ctrl-a,d", &[b"\x01\x1b[<35;1;1Mx"]),
        sent(&format!("\\x01{moved}x"))
    );
    assert_eq!(
        typing("g", &[b"\x1b]11;rgb:0/0/0\x1b\\"]),
        sent("^]11;rgb:0/0/0^\\\\")
    );
}

#[test]
fn a_press_is_awaited_for_as_long_as_it_takes_however_much_else_comes() {
    let mut scanner = DetachScanner::new(DetachKeys::default());
    let mut on = Vec::new();
    assert_eq!(scanner.key_wait(), None);
    let _ = scanner.feed(b"\x1c", &mut on);
    let wait = scanner.key_wait().unwrap();
    assert_eq!(wait.time, SECOND_PRESS_TIMEOUT);
    let _ = scanner.feed(b"\x1b[<35;1;1M", &mut on);
    assert_eq!(scanner.key_wait(), Some(wait));
    assert_eq!(scanner.appetite(), 1);
}

/// proves C4
#[test]
fn any_cut_of_the_input_gives_the_same() {
    let inputs: [(&str, &[u8]); 5] = [
        (DEFAULT, b"a\x1b[92;5u\x1b[92;5:3u\x1b[92;5ub\x1b[A\x1b"),
        (DEFAULT, b"\x1b[200~\x1c\x1b[201~x\x1b[27;5;92~"),
        (DEFAULT, b"\x1bOA\x1b[M\x1c\x1c\x1c\x1c\x1cq\x1c"),
        ("ctrl-p,ctrl-q", b"\x10\x1b[112;5u\x1b[<1;1;1M\x1b[113;5u"),
        ("ctrl-[,d", b"\x1b[A\x1b\x1b[B"),
    ];
    for (keys, input) in inputs {
        let whole = typing(keys, &[input]);
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(typing(keys, &bytes), whole);
        for cut in 0..=input.len() {
            let (head, tail) = input.split_at(cut);
            assert_eq!(typing(keys, &[head, tail]), whole, "{keys} cut at {cut}");
        }
    }
}
