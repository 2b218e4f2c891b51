//! Tells a person, on standard error, what failed, why, and what to do.

use std::{
    error::Error,
    io::{self, Write},
};

use crate::{error::CliError, exit::Exit, output};

/// Reports how a command ended, and returns the code to end with.
pub(crate) fn ended(result: Result<Exit, CliError>) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(error) if error.is_closed_pipe() => Exit::SUCCESS,
        Err(error) => {
            self::error(&error);
            error.exit()
        }
    }
}

/// Reports one error among several.
pub(crate) fn error(error: &CliError) {
    say(&describe(error, error.hint()));
}

/// Says something to the person, whether or not anybody reads it.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Says an error with everything beneath it, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

fn describe(error: &dyn Error, hint: Option<String>) -> String {
    let mut lines = vec![format!("error: {error}")];
    let mut cause = error.source();
    while let Some(error) = cause {
        lines.push(format!("caused by: {error}"));
        cause = error.source();
    }
    lines.extend(hint.map(|hint| format!("hint: {hint}")));
    // Errors quote names and logs, which may hold what a terminal would obey.
    let lines = lines.iter().flat_map(|line| line.lines());
    lines.map(output::plain).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_causes_and_a_hint() {
        let error = CliError::BadDirectory {
            path: "/x".into(),
            source: io::Error::other("no such\n\u{1b}[31mthing"),
        };
        assert_eq!(
            describe(&error, error.hint()),
            "error: cannot use the directory `/x`\ncaused by: no such\n\\u{1b}[31mthing\n\
             hint: make the directory first, or name another with `--dir`"
        );
    }
}
