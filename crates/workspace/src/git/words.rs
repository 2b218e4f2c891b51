//! Names for branches, directories and refs, made of what people call a workspace. Pure.

use abide_core::clock::Timestamp;

/// What stands for a name of which nothing is left.
const NAMELESS: &str = "workspace";

/// Returns a name as one component of a branch's name or of a path: letters and digits of any
/// script, `-`, `_`, `+` and `.`, as git and every file system take them.
pub(crate) fn component(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_+.".contains(c);
    let mut component = String::with_capacity(name.len());
    for c in name.chars().map(|c| if is_plain(c) { c } else { '-' }) {
        // Git refuses two dots in a row, and rows of dashes say nothing.
        if !("-.".contains(c) && component.ends_with(c)) {
            component.push(c);
        }
    }
    let mut component = component.trim_matches(['-', '.']);
    // Git keeps this ending for its own files.
    while let Some(rest) = component.strip_suffix(".lock") {
        component = rest.trim_end_matches(['-', '.']);
    }
    match component {
        "" => NAMELESS.to_owned(),
        component => component.to_owned(),
    }
}

/// Returns the text with a number behind it, from the second on.
pub(crate) fn numbered(text: &str, number: u32) -> String {
    match number {
        ..=1 => text.to_owned(),
        number => format!("{text}-{number}"),
    }
}

/// Returns an instant as UTC in a form that a ref may hold, such as `20261121T183005Z`.
pub(crate) fn stamp(time: Timestamp) -> String {
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => time.strftime("%Y%m%dT%H%M%SZ").to_string(),
        Err(_) => format!("{millis}ms"),
    }
}

/// Returns a text as one word of a shell.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=+,@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// proves W6
    #[test]
    fn names_lose_what_git_refuses_and_keep_the_rest() {
        for (name, expected) in [
            ("api", "api"),
            ("my api", "my-api"),
            ("fix: the  thing?", "fix-the-thing"),
            ("..", NAMELESS),
            (".hidden", "hidden"),
            ("a..b", "a.b"),
            ("a.lock", "a"),
            ("a.lock.lock", "a"),
            ("@{-1}", "1"),
            ("größe", "größe"),
            ("~^:*[\\", NAMELESS),
        ] {
            assert_eq!(component(name), expected, "{name}");
        }
    }

    #[test]
    fn an_instant_and_a_number_are_written_as_refs_take_them() {
        let time = Timestamp::from_millis(1_795_286_000_000);
        assert_eq!(stamp(time), "20261121T183320Z");
        assert_eq!(numbered("a", 1), "a");
        assert_eq!(numbered("a", 3), "a-3");
        assert_eq!(quoted("/a b/it's"), r"'/a b/it'\''s'");
    }

    proptest! {
        #[test]
        fn whatever_a_name_holds_its_component_is_one_that_git_takes(name in ".{0,64}") {
            let made = component(&name);
            prop_assert!(!made.is_empty());
            prop_assert!(!made.contains("..") && !made.contains(['/', ' ', '~', '^', ':', '\\', '@']));
            prop_assert!(!made.starts_with(['.', '-']) && !made.ends_with('.'));
            prop_assert!(!made.ends_with(".lock"));
            prop_assert_eq!(component(&made), made);
        }
    }
}
