//! Asks the person at the terminal whether to take over from another host.

use std::io::{self, IsTerminal as _};

use abide_core::lease::LeaseAge;
use abide_workspace::Target;

use crate::{error::CliError, output, report};

/// Tells whether there is somebody to ask.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks; anything but a yes is a no.
pub(super) fn take_over(target: &Target, host: &str, age: LeaseAge) -> Result<bool, CliError> {
    report::say(&format!(
        "`{}` is responsible for `{target}` ({age}). Take over from it? [y/N]",
        output::plain(host)
    ));
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(CliError::Input)?;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for (answer, expected) in [
            ("y\n", true),
            ("Yes\r\n", true),
            ("\n", false),
            ("", false),
            ("no\n", false),
            ("yesterday\n", false),
        ] {
            assert_eq!(is_yes(answer), expected, "{answer:?}");
        }
    }
}
