//! What a terminal shows at an instant, as plain data that two terminals can be compared by.

use std::fmt::Write;

use abide_core::size::TermSize;
use alacritty_terminal::{
    grid::Dimensions,
    index::{Column, Line},
    term::{
        Term, TermMode,
        cell::{Cell, Flags},
    },
    vte::ansi::{Color, CursorShape, NamedColor, Rgb},
};

/// How many colours a terminal's palette has, dynamic and derived ones included.
const PALETTE: usize = alacritty_terminal::term::color::COUNT;

/// Everything that a terminal shows and keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenView {
    /// Its size.
    pub size: TermSize,
    /// The rows of the page, from the top.
    pub rows: Vec<RowView>,
    /// The lines above the page, the oldest first; empty where only the page was asked for.
    pub history: Vec<RowView>,
    /// The cursor.
    pub cursor: CursorView,
    /// What the next character will look like.
    pub pen: CellView,
    /// The modes that are on.
    pub modes: TermMode,
    /// The palette's colours that were set, by index.
    pub palette: Vec<(usize, Rgb)>,
    /// The title.
    pub title: Option<String>,
}

/// One row; blank cells of the default look at its end are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowView {
    /// The cells, from the left.
    pub cells: Vec<CellView>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellView {
    /// Its character; a blank if it has none.
    pub character: char,
    /// The combining characters on it.
    pub combining: Vec<char>,
    /// The colour of the character.
    pub foreground: Color,
    /// The colour behind it.
    pub background: Color,
    /// Its attributes, and how it hangs together with its neighbours.
    pub flags: Flags,
    /// The colour of its underline, if it has one of its own.
    pub underline: Option<Color>,
    /// The address that it links to.
    pub link: Option<String>,
}

/// The cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorView {
    /// Its row, from zero at the top of the page.
    pub row: usize,
    /// Its column, from zero.
    pub col: usize,
    /// Whether the next character goes to the next row first.
    pub wraps_next: bool,
    /// Its shape.
    pub shape: CursorShape,
    /// Whether it blinks.
    pub blinks: bool,
    /// Whether it shows.
    pub visible: bool,
}

impl ScreenView {
    /// Returns the page as text: a line per row, without the blanks at its end.
    #[must_use]
    pub fn text(&self) -> String {
        let rows: Vec<String> = self.rows.iter().map(RowView::text).collect();
        rows.join("\n")
    }

    /// Returns the colours of the characters in a row, each once, in order of appearance.
    ///
    /// Blanks have none. A row that is not there has none either.
    #[must_use]
    pub fn fg_colors_in_row(&self, row: usize) -> Vec<Color> {
        let mut colors = Vec::new();
        let cells = self.rows.get(row).map_or(&[][..], |row| &row.cells);
        for cell in cells.iter().filter(|cell| cell.character != ' ') {
            if !colors.contains(&cell.foreground) {
                colors.push(cell.foreground);
            }
        }
        colors
    }

    /// Says in words where the other view first differs; none if it does not.
    #[must_use]
    pub fn diff(&self, other: &Self) -> Option<String> {
        if self.size != other.size {
            return Some(differ("the size", &self.size, &other.size));
        }
        diff_rows("row", &self.rows, &other.rows)
            .or_else(|| diff_rows("line of history", &self.history, &other.history))
            .or_else(|| unequal("the cursor", &self.cursor, &other.cursor))
            .or_else(|| unequal("the set of modes", &self.modes, &other.modes))
            .or_else(|| unequal("the pen", &self.pen, &other.pen))
            .or_else(|| unequal("the palette", &self.palette, &other.palette))
            .or_else(|| unequal("the title", &self.title, &other.title))
    }

    /// Returns the page as text in a frame, with the cursor's place, for messages.
    #[must_use]
    pub fn framed(&self) -> String {
        let edge = format!("+{}+", "-".repeat(usize::from(self.size.cols())));
        let mut framed = format!("{edge}\n");
        for row in &self.rows {
            let width = usize::from(self.size.cols());
            let _ = writeln!(framed, "|{:width$}|", row.text());
        }
        let CursorView { row, col, .. } = self.cursor;
        let _ = write!(framed, "{edge}\ncursor at row {row}, column {col}");
        framed
    }
}

impl RowView {
    /// Returns the row as text, without the blanks at its end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let spacers = Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER;
        for cell in &self.cells {
            if cell.flags.intersects(spacers) {
                continue;
            }
            text.push(cell.character);
            text.extend(&cell.combining);
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// Returns whether the row goes on in the next one.
    #[must_use]
    pub fn wraps(&self) -> bool {
        let last = self.cells.last();
        last.is_some_and(|cell| cell.flags.contains(Flags::WRAPLINE))
    }
}

impl From<&Cell> for CellView {
    fn from(cell: &Cell) -> Self {
        Self {
            // A tab keeps its place in the emulator's cell; it shows as a blank.
            character: if cell.c == '\t' { ' ' } else { cell.c },
            combining: cell.zerowidth().unwrap_or_default().to_vec(),
            foreground: cell.fg,
            background: cell.bg,
            flags: cell.flags,
            underline: cell.underline_color(),
            link: cell.hyperlink().map(|link| link.uri().to_owned()),
        }
    }
}

/// Returns what the page shows, without the lines above it.
pub(super) fn page<T>(term: &Term<T>, title: Option<String>) -> ScreenView {
    let (rows, cols) = (term.screen_lines(), term.columns());
    let cells = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let lines = 0..=term.bottommost_line().0;
    let colors = term.colors();
    ScreenView {
        size: TermSize::clamped(cells(rows), cells(cols)),
        rows: lines.map(|line| row(term, Line(line))).collect(),
        history: Vec::new(),
        cursor: cursor(term),
        pen: (&term.grid().cursor.template).into(),
        modes: *term.mode(),
        palette: (0..PALETTE)
            .filter_map(|index| colors[index].map(|color| (index, color)))
            .collect(),
        title,
    }
}

/// Returns the lines above the page, the oldest first.
pub(super) fn history<T>(term: &Term<T>) -> Vec<RowView> {
    (term.topmost_line().0..0)
        .map(|line| row(term, Line(line)))
        .collect()
}

fn row<T>(term: &Term<T>, line: Line) -> RowView {
    let row = &term.grid()[line];
    let mut cells: Vec<CellView> = (0..term.columns())
        .map(|col| (&row[Column(col)]).into())
        .collect();
    let blank = CellView::from(&Cell::default());
    let kept = cells.iter().rposition(|cell| *cell != blank);
    cells.truncate(kept.map_or(0, |last| last + 1));
    RowView { cells }
}

fn cursor<T>(term: &Term<T>) -> CursorView {
    let cursor = &term.grid().cursor;
    let style = term.cursor_style();
    CursorView {
        row: usize::try_from(cursor.point.line.0).unwrap_or_default(),
        col: cursor.point.column.0,
        wraps_next: cursor.input_needs_wrap,
        shape: style.shape,
        blinks: style.blinking,
        visible: term.mode().contains(TermMode::SHOW_CURSOR),
    }
}

fn diff_rows(what: &str, ours: &[RowView], theirs: &[RowView]) -> Option<String> {
    for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        if ours == theirs {
            continue;
        }
        let (our_text, their_text) = (ours.text(), theirs.text());
        if our_text != their_text {
            return Some(differ(&format!("{what} {index}"), &our_text, &their_text));
        }
        let blank = CellView::from(&Cell::default());
        let cell = |row: &RowView, col: usize| row.cells.get(col).unwrap_or(&blank).clone();
        let width = ours.cells.len().max(theirs.cells.len());
        let col = (0..width).find(|&col| cell(ours, col) != cell(theirs, col))?;
        let place = format!("{what} {index}, column {col} of `{our_text}`");
        return Some(differ(&place, &cell(ours, col), &cell(theirs, col)));
    }
    unequal(
        &format!("the number of {what}s"),
        &ours.len(),
        &theirs.len(),
    )
}

fn unequal<T: PartialEq + std::fmt::Debug>(what: &str, ours: &T, theirs: &T) -> Option<String> {
    (ours != theirs).then(|| differ(what, ours, theirs))
}

fn differ<T: std::fmt::Debug>(what: &str, ours: &T, theirs: &T) -> String {
    format!("{what} differs:\n  here:  {ours:?}\n  there: {theirs:?}")
}

/// Returns the default colour of characters.
#[must_use]
pub fn default_foreground() -> Color {
    Color::Named(NamedColor::Foreground)
}

#[cfg(test)]
mod tests {
    use super::super::Terminal;

    use super::*;

    fn showing(bytes: &[u8]) -> ScreenView {
        let mut terminal = Terminal::new(TermSize::clamped(3, 10));
        terminal.feed(bytes);
        terminal.view()
    }

    #[test]
    fn equal_screens_do_not_differ_and_unequal_ones_say_where() {
        let plain = showing(b"one\r\ntwo");
        assert_eq!(plain.diff(&showing(b"one\r\ntw\x1b[mo")), None);
        let cases: [(&[u8], &str); 8] = [
            (b"one\r\ntwp", "row 1 differs"),
            (b"one\r\n\x1b[31mtw\x1b[mo", "row 1, column 0 of `two`"),
            (b"one\r\ntwo\x1b[31m", "the pen"),
            (b"one\r\ntwo\x1b[D", "the cursor"),
            (b"one\r\ntwo\x1b[4 q", "the cursor"),
            (b"one\r\ntwo\x1b[?2004h", "the set of modes"),
            (b"one\r\ntwo\x1b]2;title\x07", "the title"),
            (b"one\r\ntwo\x1b]4;1;#010203\x07", "the palette"),
        ];
        for (bytes, place) in cases {
            let found = plain.diff(&showing(bytes)).unwrap();
            assert!(found.contains(place), "{place}: {found}");
        }
    }

    #[test]
    fn lines_above_the_page_are_kept_and_compared() {
        let (ours, theirs) = (showing(b"1\r\n2\r\n3\r\n4"), showing(b"x\r\n2\r\n3\r\n4"));
        assert_eq!(ours.history[0].text(), "1");
        let found = ours.diff(&theirs).unwrap();
        assert!(found.contains("line of history 0"), "{found}");
    }

    #[test]
    fn colors_of_a_row_are_listed_once_each_without_those_of_blanks() {
        let view = showing(b"a\x1b[31mb \x1b[32m \x1b[31mc");
        let red = Color::Named(NamedColor::Red);
        assert_eq!(view.fg_colors_in_row(0), [default_foreground(), red]);
        assert!(view.fg_colors_in_row(99).is_empty());
    }

    #[test]
    fn wide_and_combining_characters_are_one_cell_of_text() {
        let view = showing("日e\u{301}!".as_bytes());
        assert_eq!(view.rows[0].text(), "日e\u{301}!");
    }
}
