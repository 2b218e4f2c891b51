//! What real programs print, recorded on the spot: each is run on a terminal and typed into.
//!
//! A [`Script`] names its program and says what is typed; [`Script::record`] runs it and returns
//! every byte that it printed. Nothing is kept in the repository, so that a recording is always of
//! the program that is installed. One that needs a program that is not there says which.

mod editors;
mod lists;
mod shells;
mod stage;

use abide_core::size::TermSize;

use crate::screen::ScreenCommand;

use self::stage::Stage;

/// A program, and what is typed into it.
#[derive(Debug)]
pub struct Script {
    /// What it is called in reports.
    pub name: &'static str,
    /// What happens in it.
    pub about: &'static str,
    needs: &'static [&'static str],
    rows: u16,
    cols: u16,
    play: fn(&Stage) -> Vec<u8>,
}

/// What a program printed.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The name of its script.
    pub name: &'static str,
    /// The size of the terminal, which did not change.
    pub size: TermSize,
    /// Every byte, in order.
    pub output: Vec<u8>,
}

/// Returns every script.
pub fn scripts() -> impl Iterator<Item = &'static Script> {
    [shells::SCRIPTS, editors::SCRIPTS, lists::SCRIPTS]
        .into_iter()
        .flatten()
}

/// Returns the script of this name.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn script(name: &str) -> &'static Script {
    scripts()
        .find(|script| script.name == name)
        .unwrap_or_else(|| panic!("there is no recording `{name}`"))
}

impl Script {
    /// Returns the program that it needs and that is not installed.
    #[must_use]
    pub fn missing(&self) -> Option<&'static str> {
        let mut needs = self.needs.iter().copied();
        needs.find(|program| !ScreenCommand::exists(program))
    }

    /// Runs it.
    ///
    /// # Panics
    ///
    /// When a program is missing, or does not show what it should.
    #[must_use]
    pub fn record(&self) -> Recording {
        let size = TermSize::clamped(self.rows, self.cols);
        Recording {
            name: self.name,
            size,
            output: (self.play)(&Stage::new(size)),
        }
    }
}
