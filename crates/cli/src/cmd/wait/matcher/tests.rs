//! Output cut anywhere, lines as a terminal makes them, and bounded memory.

use super::*;

fn matcher(pattern: &str) -> Matcher {
    Matcher::new(parse(pattern).unwrap())
}

fn feed(matcher: &mut Matcher, pieces: &[&[u8]]) -> Option<u64> {
    let mut offset = Offset::START;
    for piece in pieces {
        if let Some(end) = matcher.feed(offset, piece) {
            return Some(end.get());
        }
        offset = offset.advanced(piece.len());
    }
    None
}

#[test]
fn a_match_is_found_whatever_the_pieces_and_its_end_is_exact() {
    let output = "before\r\nliste\u{1b}[1mning ön\u{1b}[m :80 after".as_bytes();
    let whole = feed(&mut matcher("listening ön"), &[output]);
    let end = output.windows(2).position(|two| two == b"n\x1b").unwrap() + 1;
    assert_eq!(whole, Some(end as u64));
    for cut in 0..=output.len() {
        let (left, right) = output.split_at(cut);
        assert_eq!(
            feed(&mut matcher("listening ön"), &[left, right]),
            whole,
            "cut at {cut}"
        );
    }
    let bytes: Vec<_> = output.chunks(1).collect();
    assert_eq!(feed(&mut matcher("listening ön"), &bytes), whole);
}

#[test]
fn the_first_of_two_matches_is_reported() {
    assert_eq!(feed(&mut matcher("ok"), &[b"1 ok 2 ok"]), Some(4));
}

#[test]
fn lines_begin_and_end_where_a_terminal_begins_and_ends_them() {
    for (pattern, output, expected) in [
        ("^b$", "a\r\nb\r\n", true),
        ("^b$", "10%\rb\r\n", true),
        ("^b$", "a\u{1b}[5;1Hb\n", true),
        ("ab", "a\u{1b}[5;1Hb\n", false),
        ("a b", "a\u{1b}[Cb", true),
        ("^b", "ab", false),
        (r"\$ $", "$ ", true),
        ("title", "\u{1b}]0;title\u{7}x", false),
        ("q", "\u{1b}Pq\u{1b}\\x", false),
    ] {
        let found = feed(&mut matcher(pattern), &[output.as_bytes()]).is_some();
        assert_eq!(found, expected, "{pattern:?} in {output:?}");
    }
}

#[test]
fn memory_is_bounded_and_a_match_across_forgotten_text_is_found() {
    let mut matcher = matcher("(?:^|x)needle");
    let flood = vec![b'x'; 100_000];
    let mut offset = Offset::START;
    for _ in 0..20 {
        assert_eq!(matcher.feed(offset, &flood), None);
        offset = offset.advanced(flood.len());
        assert!(matcher.text.bytes.len() <= 3 * WINDOW_BYTES);
        assert_eq!(matcher.text.bytes.len(), matcher.text.ends.len());
    }
    assert_eq!(matcher.feed(offset, b"need"), None);
    let end = matcher.feed(offset.advanced(4), b"le!").unwrap();
    assert_eq!(end, offset.advanced(6));
}

#[test]
fn the_cut_of_forgotten_text_is_not_taken_for_the_beginning_of_a_line() {
    let mut matcher = matcher("^x");
    matcher.feed(Offset::START, b"y");
    let flood = vec![b'x'; 10 * WINDOW_BYTES];
    assert_eq!(matcher.feed(Offset::new(1), &flood), None);
}

#[test]
fn a_sequence_that_never_ends_is_not_remembered_for_ever() {
    let mut matcher = matcher("after");
    matcher.feed(Offset::START, b"\x1b]0;");
    for _ in 0..10 {
        matcher.feed(Offset::START, &vec![b'x'; LONGEST_SEQUENCE_BYTES]);
    }
    assert!(matcher.feed(Offset::START, b"after").is_some());
}

#[test]
fn after_a_gap_the_text_before_it_is_no_part_of_a_match() {
    let mut matcher = matcher("ab");
    assert_eq!(matcher.feed(Offset::START, b"a"), None);
    matcher.restart();
    assert_eq!(matcher.feed(Offset::new(9), b"b"), None);
    assert_eq!(matcher.feed(Offset::new(10), b"ab"), Some(Offset::new(12)));
}

#[test]
fn an_expression_that_cannot_be_read_is_refused() {
    assert!(parse("(").is_err());
    assert!(parse(r"\w{1000}{1000}{1000}").is_err());
}
