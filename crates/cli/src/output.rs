//! Results on standard output: lines, tables, JSON.
//!
//! Nothing here is coloured, so `NO_COLOR` has nothing to switch off. What comes from elsewhere
//! (directories, commands, titles) is shown without its control characters, which a terminal would
//! obey. JSON has a schema number, which grows when a field changes its meaning or goes.

use std::{
    borrow::Cow,
    io::{self, IsTerminal as _, Write},
};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// Number of the schema of every JSON result.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Versioned<'a, T> {
    schema: u32,
    #[serde(flatten)]
    value: &'a T,
}

/// Writes bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Writes one line.
pub(crate) fn line(text: &str) -> io::Result<()> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes a value as JSON, with the number of its schema.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    let versioned = Versioned {
        schema: SCHEMA,
        value,
    };
    line(&serde_json::to_string_pretty(&versioned)?)
}

/// Writes rows under a header, in columns as wide as they must be.
pub(crate) fn table(header: &[&str], rows: Vec<Vec<String>>) -> io::Result<()> {
    bytes(render(header, rows).as_bytes())
}

fn render(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<_> = table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect();
    lines.concat()
}

/// Shows text with its control characters spelt out.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    text.chars()
        .flat_map(|c| match c.is_control() {
            true => c.escape_debug().collect::<Vec<_>>(),
            false => vec![c],
        })
        .collect()
}

/// Writes text of any origin: as it is to a file or a program, and without what a terminal would
/// obey to a terminal. Line ends and tabs stay.
pub(crate) fn foreign(text: &[u8]) -> io::Result<()> {
    match io::stdout().is_terminal() {
        true => bytes(spelt_out(text).as_bytes()),
        false => bytes(text),
    }
}

fn spelt_out(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines = text.split('\n').map(|line| {
        let cells: Vec<_> = line.split('\t').map(plain).collect();
        cells.join("\t")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_have_no_blanks_at_their_end() {
        let rows = vec![
            vec!["a".into(), "running".into()],
            vec!["long name".into(), "ended".into()],
        ];
        assert_eq!(
            render(&["NAME", "STATE"], rows),
            "NAME       STATE\na          running\nlong name  ended\n"
        );
    }

    #[test]
    fn what_a_terminal_would_obey_is_spelt_out() {
        assert_eq!(plain("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(plain("é 日本"), "é 日本");
    }

    #[test]
    fn of_foreign_text_only_its_layout_reaches_a_terminal() {
        let shown = spelt_out(b"+a\tb\n-\x1b]0;x\x07\r\n\xff\n");
        assert_eq!(shown, "+a\tb\n-\\u{1b}]0;x\\u{7}\\r\n\u{fffd}\n");
    }

    #[test]
    fn json_says_its_schema_first() {
        #[derive(Serialize)]
        struct Answer {
            name: &'static str,
        }
        let versioned = Versioned {
            schema: SCHEMA,
            value: &Answer { name: "x" },
        };
        let text = serde_json::to_string(&versioned).unwrap();
        assert_eq!(text, r#"{"schema":1,"name":"x"}"#);
    }
}
