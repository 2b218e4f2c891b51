//! Where in the configuration's text a key stands.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

/// Returns the key that has this position in its name or value, with the keys above it.
pub(super) fn key_at(text: &str, position: usize) -> Option<String> {
    let (table, _) = DeTable::parse_recoverable(text);
    let path = key_in(table.get_ref(), position);
    (!path.is_empty()).then(|| path.join("."))
}

fn key_in(table: &DeTable<'_>, position: usize) -> Vec<String> {
    for (key, value) in table {
        let is_here = key.span().contains(&position) || value.span().contains(&position);
        let below = match value.get_ref() {
            DeValue::Table(table) => key_in(table, position),
            _ => Vec::new(),
        };
        // The span of a table does not reach over the keys below its header.
        if is_here || !below.is_empty() {
            return [vec![key.get_ref().to_string()], below].concat();
        }
    }
    Vec::new()
}

/// Returns the line of a position, from one.
pub(super) fn line_of(text: &str, position: usize) -> usize {
    1 + text[..position.min(text.len())].matches('\n').count()
}

/// Returns the line of each key that has a value, with the keys above it.
pub(super) fn lines(text: &str) -> BTreeMap<String, usize> {
    let (table, _) = DeTable::parse_recoverable(text);
    let mut lines = BTreeMap::new();
    add(text, table.get_ref(), "", &mut lines);
    lines
}

fn add(text: &str, table: &DeTable<'_>, above: &str, lines: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let name = format!("{above}{}", key.get_ref());
        lines.insert(name.clone(), line_of(text, key.span().start));
        if let DeValue::Table(table) = value.get_ref() {
            add(text, table, &format!("{name}."), lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_line_however_it_is_written() {
        let text = "a = 1\n\n[b]\nc = { d = 2 }\ne.f = 3\n";
        let lines = lines(text);
        for (key, line) in [("a", 1), ("b", 3), ("b.c", 4), ("b.c.d", 4), ("b.e.f", 5)] {
            assert_eq!(lines.get(key), Some(&line), "{key}");
        }
    }
}
