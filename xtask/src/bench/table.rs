//! The figures as a Markdown table.

use super::figures::{Figures, Line, Mark, Target, Unit, judge};
use super::stats::median;
use super::tool::Tool;

/// Returns the table, one column for each tool that was measured.
pub(crate) fn markdown(figures: &Figures, tools: &[Tool]) -> String {
    let names: Vec<_> = tools.iter().map(|tool| tool.name()).collect();
    let mut text = format!("| measure | {} | target | |\n", names.join(" | "));
    text += &format!("|---|{}---|---|\n", "---|".repeat(tools.len()));
    for row in rows(figures, tools) {
        text += &row;
    }
    text
}

/// Returns the table's rows, each with its line end.
pub(crate) fn rows(figures: &Figures, tools: &[Tool]) -> impl Iterator<Item = String> {
    figures.lines().map(|(line, samples)| {
        let of = |tool: &Tool| samples.get(tool).and_then(|values| median(values));
        let raw = of(&Tool::Raw);
        let cells = tools.iter().map(|tool| match of(tool) {
            Some(value) => cell(line.unit, value, raw),
            None => "–".to_owned(),
        });
        let cells = cells.collect::<Vec<_>>().join(" | ");
        let mark = word(judge(line, samples));
        let target = wanted(line);
        format!("| {} | {cells} | {target} | {mark} |\n", line.title)
    })
}

fn cell(unit: Unit, value: f64, raw: Option<f64>) -> String {
    if value.is_infinite() {
        return "never".to_owned();
    }
    let shown = format!("{}{}", short(value), suffix(unit));
    match (unit, raw) {
        (Unit::Rate, Some(raw)) => format!("{shown} ({:.2})", value / raw),
        _ => shown,
    }
}

/// Returns a unit as it is written behind a number.
pub(crate) fn suffix(unit: Unit) -> &'static str {
    match unit {
        Unit::Rate => " MB/s",
        Unit::NanosPerByte => " ns/B",
        Unit::Micros => " µs",
        Unit::Millis => " ms",
        Unit::Kib => " KiB",
        Unit::Count | Unit::Ratio => "",
    }
}

/// Returns a number with as many digits as it deserves.
fn short(value: f64) -> String {
    match value.abs() {
        large if 100.0 <= large => format!("{value:.0}"),
        middle if 10.0 <= middle => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Returns a target as the table says it.
pub(crate) fn wanted(line: &Line) -> String {
    let unit = suffix(line.unit);
    match line.target {
        Target::AtMost(most) => format!("≤ {most}{unit}"),
        Target::PartOfRaw(part) => format!("≥ {part:.2} of raw"),
        Target::PartOfRawAndAhead(part) => format!("≥ {part:.2} of raw, ahead of all"),
        Target::AtMostOf(peer) => format!("≤ {}", peer.name()),
        Target::None => String::new(),
    }
}

/// Returns a mark as the table says it.
pub(crate) fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Ok => "ok",
        Mark::Short => "short",
        Mark::Open => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        let mut figures = Figures::default();
        let line = Line::new("attached: plain", Unit::Rate, Target::PartOfRaw(0.85));
        figures.add(&line, Tool::Raw, 100.0);
        figures.add(&line, Tool::Abide, 90.0);
        let line = Line::new("create", Unit::Millis, Target::AtMost(4.0));
        figures.add(&line, Tool::Abide, 5.0);
        figures.add(&line, Tool::Abide, 6.0);
        figures.add(&line, Tool::Tmux, f64::INFINITY);
        figures
    }

    #[test]
    fn table_names_figures_ratios_targets_and_marks() {
        let table = markdown(&figures(), &[Tool::Raw, Tool::Abide, Tool::Tmux]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[0], "| measure | raw | abide | tmux | target | |");
        assert_eq!(lines[1], "|---|---|---|---|---|---|");
        let row =
            "| attached: plain | 100 MB/s (1.00) | 90.0 MB/s (0.90) | – | ≥ 0.85 of raw | ok |";
        assert_eq!(lines[2], row);
        assert_eq!(
            lines[3],
            "| create | – | 5.50 ms | never | ≤ 4 ms | short |"
        );
    }
}
