//! One file as rules see it: its text, and for Rust its code and its comments apart.
//!
//! The views have the lines of the text, so a line number means the same in each. Comments are
//! blank in `code`; the inside of a literal is underscores there, so that braces in it do not
//! count. Everything but comments is blank in `comments`. In a file of another language both
//! views are the text itself.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use regex::Regex;

/// One file, named by its path from the root of the repository, with forward slashes.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) code: String,
    pub(super) comments: String,
    test_lines: Vec<RangeInclusive<usize>>,
}

impl Source {
    /// Takes a file apart.
    pub(super) fn new(path: &str, text: String) -> Self {
        let (code, comments) = if path.ends_with(".rs") {
            (without_comments(&text), only_comments(&text))
        } else {
            (text.clone(), text.clone())
        };
        let test_lines = test_modules(&code);
        Self {
            path: path.to_owned(),
            text,
            code,
            comments,
            test_lines,
        }
    }

    /// Whether this is a Rust file.
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether this is a Rust file that is part of a crate's own code.
    pub(super) fn is_crate_source(&self) -> bool {
        self.is_rust() && (self.path.starts_with("xtask/src/") || in_crate_src(&self.path))
    }

    /// Whether a line, counted from one, is part of a test.
    pub(super) fn is_test(&self, line: usize) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "tests.rs" | "benches"))
            || self.test_lines.iter().any(|range| range.contains(&line))
    }
}

/// Returns a pattern that is written in this program.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of this program is well formed")
}

/// Returns the lines, counted from one, in which a pattern is found.
pub(super) fn lines_matching(text: &str, pattern: &Regex) -> Vec<usize> {
    let numbered = text.lines().enumerate();
    numbered
        .filter(|(_, line)| pattern.is_match(line))
        .map(|(at, _)| at + 1)
        .collect()
}

/// Returns the line, counted from one, in which a byte of the text stands.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + text[..offset].matches('\n').count()
}

/// Returns the offset just past the bracket that closes the one at `open`.
pub(super) fn end_of_group(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

fn in_crate_src(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some("crates") && parts.nth(1) == Some("src")
}

/// Comments and literals; what is neither is code.
static PIECES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r###"(?xs)
        (?<comment> //[^\n]* | /\*.*?\*/ )
        | [bc]?r\#\#".*?"\#\# | [bc]?r\#".*?"\# | [bc]?r"[^"]*"
        | [bc]?"(?:\\.|[^"\\])*"
        | b?'(?:\\.[^'\n]*|[^\\'\n])'"###,
    )
});

fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut done = 0;
    for found in PIECES.captures_iter(text) {
        let piece = found.get_match();
        let filler = if found.name("comment").is_some() {
            ' '
        } else {
            '_'
        };
        code.push_str(&text[done..piece.start()]);
        code.push_str(&filled(piece.as_str(), filler));
        done = piece.end();
    }
    code + &text[done..]
}

fn only_comments(text: &str) -> String {
    let mut comments = String::with_capacity(text.len());
    let mut done = 0;
    for comment in PIECES
        .captures_iter(text)
        .filter_map(|found| found.name("comment"))
    {
        comments.push_str(&filled(&text[done..comment.start()], ' '));
        comments.push_str(comment.as_str());
        done = comment.end();
    }
    comments + &filled(&text[done..], ' ')
}

fn filled(text: &str, filler: char) -> String {
    text.chars()
        .map(|c| if c == '\n' { c } else { filler })
        .collect()
}

/// Returns the lines of each module that is compiled for tests only.
fn test_modules(code: &str) -> Vec<RangeInclusive<usize>> {
    static TEST_ONLY: LazyLock<Regex> = LazyLock::new(|| pattern(r"#\[cfg\((?:all\()?test\b"));
    let mut modules = Vec::new();
    for attribute in TEST_ONLY.find_iter(code) {
        let rest = &code[attribute.end()..];
        let Some(body) = rest.find(['{', ';']) else {
            continue;
        };
        if rest[body..].starts_with('{') {
            let end = end_of_group(code, attribute.end() + body);
            modules.push(line_of(code, attribute.start())..=line_of(code, end));
        }
    }
    modules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_told_from_code() {
        let text =
            "let a = \"// no { \\\" \"; // yes\nlet c = '\"'; /* in\nside */ f::<'a, 'b>();\n";
        let source = Source::new("a.rs", text.to_owned());
        let code = "let a = _____________;       \nlet c = ___;      \n        f::<'a, 'b>();\n";
        assert_eq!(source.code, code);
        assert_eq!(
            source.comments.split_whitespace().collect::<Vec<_>>(),
            ["//", "yes", "/*", "in", "side", "*/"]
        );
        assert_eq!(source.comments.lines().count(), text.lines().count());
    }

    #[test]
    fn raw_strings_end_where_their_marks_do() {
        let source = Source::new(
            "a.rs",
            "f(r#\"a \" // {\"#, br\"\\\", b'\\'') // end".to_owned(),
        );
        assert!(!source.code.contains(['{', '"', '\'']), "{}", source.code);
        assert_eq!(source.comments.trim(), "// end");
    }

    #[test]
    fn test_modules_are_found_by_their_braces() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    const B: char = '}';\n}\nfn c() {}\n";
        let source = Source::new("crates/x/src/a.rs", text.to_owned());
        let tests: Vec<_> = (1..=6).filter(|line| source.is_test(*line)).collect();
        assert_eq!(tests, [2, 3, 4, 5]);
    }

    #[test]
    fn test_files_are_tests_throughout() {
        let is_test = |path| Source::new(path, "fn a() {}\n".to_owned()).is_test(1);
        assert!(is_test("crates/x/tests/it/main.rs"));
        assert!(is_test("crates/x/src/parser/tests.rs"));
        assert!(!is_test("crates/x/src/parser.rs"));
    }

    #[test]
    fn crate_source_is_below_src() {
        let is_source = |path| Source::new(path, String::new()).is_crate_source();
        assert!(is_source("crates/x/src/a/b.rs"));
        assert!(is_source("xtask/src/main.rs"));
        assert!(!is_source("crates/x/tests/it.rs"));
        assert!(!is_source("crates/x/src/a.sql"));
    }
}
