//! What was measured: a sample for each line, tool and run; and what a line must reach.

use std::collections::BTreeMap;

use super::stats;
use super::tool::Tool;

/// What a line's figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Millions of bytes each second; shown with its ratio to the bare terminal.
    Rate,
    /// Nanoseconds of processor time for each byte.
    NanosPerByte,
    /// Microseconds.
    Micros,
    /// Milliseconds.
    Millis,
    /// KiB of memory.
    Kib,
    /// A plain number.
    Count,
    /// A part of something, 1 being all of it.
    Ratio,
}

/// What abide's figure must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    /// At most this, in the line's unit.
    AtMost(f64),
    /// At least this part of the bare terminal's.
    PartOfRaw(f64),
    /// At least this part of the bare terminal's, and more than every peer's.
    PartOfRawAndAhead(f64),
    /// At most that peer's in the same run.
    AtMostOf(Tool),
    /// Shown only.
    None,
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// What is measured, as the table says it.
    pub(crate) title: String,
    /// In what.
    pub(crate) unit: Unit,
    /// What must be reached.
    pub(crate) target: Target,
}

impl Line {
    /// Returns a line.
    pub(crate) fn new(title: impl Into<String>, unit: Unit, target: Target) -> Self {
        Self {
            title: title.into(),
            unit,
            target,
        }
    }
}

/// Whether a target was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It was.
    Ok,
    /// It was not, or abide could not be measured.
    Short,
    /// There is no target, or nothing to compare with.
    Open,
}

/// All samples of a bench, line by line in the order in which lines were first seen.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    lines: Vec<(Line, BTreeMap<Tool, Vec<f64>>)>,
    notes: Vec<String>,
}

impl Figures {
    /// Adds one run's figure of one tool.
    pub(crate) fn add(&mut self, line: &Line, tool: Tool, value: f64) {
        let known = self.lines.iter().position(|(known, _)| known == line);
        let at = known.unwrap_or_else(|| {
            self.lines.push((line.clone(), BTreeMap::new()));
            self.lines.len() - 1
        });
        self.lines[at].1.entry(tool).or_default().push(value);
    }

    /// Adds a remark, once.
    pub(crate) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Returns the remarks.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the lines, with the samples of each tool.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&Line, &BTreeMap<Tool, Vec<f64>>)> {
        self.lines.iter().map(|(line, samples)| (line, samples))
    }
}

/// Tells whether abide reaches a line's target.
pub(crate) fn judge(line: &Line, samples: &BTreeMap<Tool, Vec<f64>>) -> Mark {
    if line.target == Target::None {
        return Mark::Open;
    }
    let middle = |tool: Tool| samples.get(&tool).and_then(|values| stats::median(values));
    let Some(abide) = middle(Tool::Abide) else {
        return Mark::Short;
    };
    let mut peers = Tool::ALL
        .into_iter()
        .filter(|tool| tool.is_peer())
        .filter_map(middle);
    let part = |part: f64| middle(Tool::Raw).map(|raw| part * raw <= abide);
    let reached = match line.target {
        Target::AtMost(most) => Some(abide <= most),
        Target::PartOfRaw(least) => part(least),
        Target::PartOfRawAndAhead(least) => {
            part(least).map(|enough| enough && peers.all(|peer| peer < abide))
        }
        Target::AtMostOf(peer) => middle(peer).map(|peer| abide <= peer),
        Target::None => None,
    };
    match reached {
        Some(true) => Mark::Ok,
        Some(false) => Mark::Short,
        None => Mark::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(target: Target, samples: &[(Tool, f64)]) -> Mark {
        let line = Line::new("x", Unit::Rate, target);
        let samples = samples.iter().map(|(tool, value)| (*tool, vec![*value]));
        judge(&line, &samples.collect())
    }

    #[test]
    fn part_of_raw_must_also_be_ahead_of_every_peer_where_that_is_asked() {
        let samples = [(Tool::Raw, 100.0), (Tool::Abide, 90.0), (Tool::Dtach, 95.0)];
        assert_eq!(marked(Target::PartOfRaw(0.9), &samples), Mark::Ok);
        assert_eq!(marked(Target::PartOfRaw(0.91), &samples), Mark::Short);
        assert_eq!(
            marked(Target::PartOfRawAndAhead(0.9), &samples),
            Mark::Short
        );
        assert_eq!(
            marked(Target::PartOfRawAndAhead(0.9), &samples[..2]),
            Mark::Ok
        );
    }

    #[test]
    fn peer_that_is_missing_judges_nothing() {
        let samples = [(Tool::Abide, 90.0)];
        assert_eq!(marked(Target::AtMostOf(Tool::Tmux), &samples), Mark::Open);
        assert_eq!(marked(Target::None, &samples), Mark::Open);
    }

    #[test]
    fn abide_that_was_not_measured_is_short() {
        assert_eq!(
            marked(Target::AtMost(1.0), &[(Tool::Tmux, 0.5)]),
            Mark::Short
        );
        assert_eq!(marked(Target::AtMost(1.0), &[(Tool::Abide, 1.0)]), Mark::Ok);
    }

    #[test]
    fn samples_of_equal_lines_are_gathered() {
        let mut figures = Figures::default();
        let line = Line::new("x", Unit::Count, Target::None);
        figures.add(&line, Tool::Abide, 1.0);
        figures.add(&line.clone(), Tool::Abide, 2.0);
        assert_eq!(figures.lines().count(), 1);
        assert_eq!(figures.lines().next().unwrap().1[&Tool::Abide], [1.0, 2.0]);
    }
}
