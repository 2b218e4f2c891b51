//! The figures as JSON, with every sample.
//!
//! Written here rather than with a library: it is numbers and a few short texts, and nothing is
//! read.

use super::figures::{Figures, judge};
use super::stats::median;
use super::table;

/// Returns all samples, medians and marks.
pub(crate) fn write(figures: &Figures, machine: &[(String, String)]) -> String {
    let machine = machine
        .iter()
        .map(|(name, value)| (name.as_str(), text(value)));
    let measures = figures.lines().map(|(line, samples)| {
        let tools = samples.iter().map(|(tool, values)| {
            let middle = median(values).map_or("null".to_owned(), number);
            let samples = list(values.iter().map(|value| number(*value)));
            (
                tool.name(),
                object([("median", middle), ("samples", samples)]),
            )
        });
        object([
            ("measure", text(&line.title)),
            ("unit", text(table::suffix(line.unit).trim())),
            ("target", text(&table::wanted(line))),
            ("mark", text(table::word(judge(line, samples)))),
            ("tools", object(tools)),
        ])
    });
    object([
        ("version", "1".to_owned()),
        ("machine", object(machine)),
        ("measures", list(measures)),
        ("notes", list(figures.notes().iter().map(|note| text(note)))),
    ])
}

fn object<'a>(members: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let members = members.into_iter();
    let members: Vec<_> = members
        .map(|(name, value)| format!("{}:{value}", text(name)))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn list(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(","))
}

/// Returns a number; what never happened is `null`.
fn number(value: f64) -> String {
    if value.is_finite() {
        value.to_string()
    } else {
        "null".to_owned()
    }
}

fn text(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        control if control.is_control() => format!("\\u{:04x}", u32::from(control)),
        other => other.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::figures::{Line, Target, Unit};
    use super::super::tool::Tool;
    use super::*;

    #[test]
    fn every_sample_is_there() {
        let mut figures = Figures::default();
        let line = Line::new("create", Unit::Millis, Target::AtMost(4.0));
        figures.add(&line, Tool::Abide, 5.5);
        figures.add(&line, Tool::Abide, 6.0);
        figures.add(&line, Tool::Dtach, f64::INFINITY);
        figures.note("\"x\" is\tmissing".to_owned());
        let expected = r#"{"version":1,"machine":{"cores":"2"},"measures":[{"measure":"create","unit":"ms","target":"≤ 4 ms","mark":"short","tools":{"abide":{"median":5.75,"samples":[5.5,6]},"dtach":{"median":null,"samples":[null]}}}],"notes":["\"x\" is\u0009missing"]}"#;
        assert_eq!(write(&figures, &[("cores".into(), "2".into())]), expected);
    }
}
