//! The block of docs/performance.md that holds the figures.

use std::fs;

use anyhow::{Context, Result};

use crate::process;

const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// Returns the machine, the table and the remarks.
pub(crate) fn block(table: &str, machine: &[(String, String)], notes: &[String]) -> String {
    let facts = machine
        .iter()
        .map(|(name, value)| format!("- {name}: {value}\n"));
    let facts: String = facts.collect();
    let notes = notes.iter().map(|note| format!("- {note}\n"));
    let notes: String = notes.collect();
    let gap = if notes.is_empty() { "" } else { "\n" };
    format!("{facts}\n{table}{gap}{notes}")
}

/// Puts a block between the markers of the page.
pub(crate) fn write(block: &str) -> Result<()> {
    let path = process::root().join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    let page = replaced(&page, block)
        .with_context(|| format!("{PAGE} has no `{BEGIN}` before `{END}`"))?;
    fs::write(&path, page).with_context(|| format!("cannot write {PAGE}"))
}

fn replaced(page: &str, block: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{block}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let page = format!("a\n{BEGIN}\nold\n{END}\nz\n");
        let new = replaced(&page, "new\n").unwrap();
        assert_eq!(new, format!("a\n{BEGIN}\n\nnew\n\n{END}\nz\n"));
        assert_eq!(replaced(&new, "new\n").unwrap(), new);
        assert_eq!(replaced("nothing", "new"), None);
    }

    #[test]
    fn remarks_follow_the_table() {
        let machine = [("cores".to_owned(), "2".to_owned())];
        let text = block("| t |\n", &machine, &["abduco is not installed".to_owned()]);
        assert_eq!(text, "- cores: 2\n\n| t |\n\n- abduco is not installed\n");
    }
}
