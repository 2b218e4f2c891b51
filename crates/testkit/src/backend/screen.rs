//! The screen of a fake session: enough of a terminal for snapshots and captures.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use abide_core::{backend::CaptureFormat, limits::SCROLLBACK_LINES, size::TermSize};
use alacritty_terminal::{
    event::{Event, EventListener},
    grid::Dimensions,
    index::{Column, Line},
    term::{
        Config, Term, TermMode,
        cell::{Cell, Flags},
    },
    vte::ansi::{Color, Processor},
};

/// Keeps the title that the program gave its terminal.
#[derive(Clone, Default)]
struct Title(Arc<Mutex<Option<String>>>);

impl EventListener for Title {
    fn send_event(&self, event: Event) {
        let title = match event {
            Event::Title(title) => Some(title),
            Event::ResetTitle => None,
            _ => return,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = title;
    }
}

/// A size, as the terminal model wants to be told it.
struct Cells(TermSize);

impl Dimensions for Cells {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }

    fn screen_lines(&self) -> usize {
        usize::from(self.0.rows())
    }

    fn columns(&self) -> usize {
        usize::from(self.0.cols())
    }
}

/// What a program prints to have the alternate screen; a fake one prints it in one piece.
const ENTER_ALTERNATE: &[u8] = b"\x1b[?1049h";

/// A terminal that is fed output and can be read.
pub(super) struct FakeScreen {
    term: Term<Title>,
    /// What paints the primary screen as it was when the alternate one was entered last.
    behind: String,
    parser: Processor,
    title: Title,
}

impl FakeScreen {
    pub(super) fn new(size: TermSize) -> Self {
        let title = Title::default();
        let config = Config {
            scrolling_history: SCROLLBACK_LINES,
            ..Config::default()
        };
        Self {
            term: Term::new(config, &Cells(size), title.clone()),
            behind: String::new(),
            parser: Processor::new(),
            title,
        }
    }

    pub(super) fn feed(&mut self, output: &[u8]) {
        let mut windows = output.windows(ENTER_ALTERNATE.len());
        let entry = windows.position(|window| window == ENTER_ALTERNATE);
        let (before, after) = output.split_at(entry.unwrap_or(0));
        self.parser.advance(&mut self.term, before);
        if entry.is_some() && !self.is_alternate() {
            self.behind = self.painting();
        }
        self.parser.advance(&mut self.term, after);
    }

    pub(super) fn resize(&mut self, size: TermSize) {
        self.term.resize(Cells(size));
    }

    pub(super) fn title(&self) -> Option<String> {
        self.title
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn is_alternate(&self) -> bool {
        self.term.mode().contains(TermMode::ALT_SCREEN)
    }

    /// Returns the cursor's row and column from zero, and whether it shows.
    pub(super) fn cursor(&self) -> (u16, u16, bool) {
        let point = self.term.grid().cursor.point;
        let cells = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        (
            cells(usize::try_from(point.line.0).unwrap_or(0)),
            cells(point.column.0),
            self.term.mode().contains(TermMode::SHOW_CURSOR),
        )
    }

    /// Renders the page under up to `history` lines above it, a line feed after each row.
    pub(super) fn render(&self, format: CaptureFormat, history: usize) -> String {
        self.rows(format, history)
            .into_iter()
            .fold(String::new(), |mut text, row| {
                text.push_str(&row);
                text.push('\n');
                text
            })
    }

    /// Returns what makes a fresh terminal of the same size show the same.
    pub(super) fn snapshot(&self) -> String {
        let painting = self.painting();
        if self.is_alternate() {
            return format!("\x1b[?1049l{}\x1b[?1049h{painting}", self.behind);
        }
        format!("\x1b[?1049l{painting}")
    }

    /// Returns what paints the screen that shows, with the lines above it.
    fn painting(&self) -> String {
        let rows = self.rows(CaptureFormat::Ansi, usize::MAX).join("\r\n");
        let (row, col, _) = self.cursor();
        let (row, col) = (row + 1, col + 1);
        format!("\x1b[H\x1b[2J{rows}\x1b[{row};{col}H")
    }

    fn rows(&self, format: CaptureFormat, history: usize) -> Vec<String> {
        let above = self.term.grid().history_size().min(history);
        let first = -i32::try_from(above).unwrap_or(i32::MAX);
        let end = i32::try_from(self.term.screen_lines()).unwrap_or(i32::MAX);
        (first..end)
            .map(|line| self.row(Line(line), format))
            .collect()
    }

    fn row(&self, line: Line, format: CaptureFormat) -> String {
        let row = &self.term.grid()[line];
        let mut text = String::new();
        let mut pen = String::new();
        for column in (0..self.term.columns()).map(Column) {
            let cell = &row[column];
            if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
                continue;
            }
            let wanted = sgr(cell);
            if format == CaptureFormat::Ansi && wanted != pen {
                let _ = write!(text, "\x1b[0{wanted}m");
                pen = wanted;
            }
            text.push(cell.c);
        }
        let mut text = text.trim_end_matches(' ').to_owned();
        if !pen.is_empty() {
            text.push_str("\x1b[0m");
        }
        text
    }
}

/// Returns the parameters that select a cell's colour and weight; the fake knows no others.
fn sgr(cell: &Cell) -> String {
    let mut parameters = String::new();
    if cell.flags.contains(Flags::BOLD) {
        parameters.push_str(";1");
    }
    if let Color::Named(name) = cell.fg
        && (name as usize) < 8
    {
        let _ = write!(parameters, ";{}", 30 + name as usize);
    }
    parameters
}
