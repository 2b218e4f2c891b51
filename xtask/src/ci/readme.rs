//! Finds the test command in the README, so that what readers are told is what is tested.
//!
//! The command is the fenced block that directly follows the comment `<!-- ci:test -->`.

use anyhow::{Context, Result, ensure};

const MARKER: &str = "<!-- ci:test -->";
const FENCE: &str = "```";

/// Returns the lines of the marked block.
pub(super) fn test_command(readme: &str) -> Result<String> {
    let marked = readme.lines().filter(|line| line.trim() == MARKER).count();
    ensure!(
        marked == 1,
        "README.md has {marked} lines `{MARKER}`, and needs one"
    );
    let mut after = readme
        .lines()
        .skip_while(|line| line.trim() != MARKER)
        .skip(1);
    let opening = after.next().unwrap_or_default();
    ensure!(
        opening.starts_with(FENCE),
        "no fenced block follows `{MARKER}` in README.md"
    );
    let mut lines = Vec::new();
    loop {
        match after
            .next()
            .context("the block marked in README.md has no end")?
        {
            line if line.starts_with(FENCE) => break,
            line => lines.push(line),
        }
    }
    let command = lines.join("\n").trim().to_owned();
    ensure!(
        !command.is_empty(),
        "the block marked in README.md is empty"
    );
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(readme: &str) -> String {
        test_command(readme).unwrap_err().to_string()
    }

    #[test]
    fn block_after_the_marker_is_the_command() {
        let readme = "```sh\nbuild\n```\n<!-- ci:test -->\n```sh\ntest --all\n```\n```\nno\n```\n";
        assert_eq!(test_command(readme).unwrap(), "test --all");
    }

    #[test]
    fn anything_less_than_one_marked_block_is_refused() {
        assert!(refusal("```sh\ntest\n```\n").contains("has 0 lines"));
        let twice = "<!-- ci:test -->\n```\na\n```\n".repeat(2);
        assert!(refusal(&twice).contains("has 2 lines"));
        assert!(refusal("<!-- ci:test -->\n\ntext\n").contains("no fenced block"));
        assert!(refusal("<!-- ci:test -->\n```\na\n").contains("no end"));
        assert!(refusal("<!-- ci:test -->\n```\n\n```\n").contains("is empty"));
    }
}
