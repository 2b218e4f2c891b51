//! A person's terminal, for tests: a real program on a real PTY, in front of a real emulator.
//!
//! [`Screen`] starts the program and keeps what it prints in a [`Terminal`], which answers the
//! program's queries as a terminal emulator does. A test types, and waits until the screen shows
//! what it should; nothing is polled. A wait that fails shows the whole screen as it was.
//!
//! ```text
//!  program ◄─PTY─► reader thread ─► Terminal ─► condvar ─► the test's waits
//!             └──◄ typist thread ◄─ what the test types, and the Terminal's replies
//! ```
//!
//! The typist is a thread of its own because a program that does not read must never keep the
//! reader from reading: that is how real emulators avoid a deadlock.

mod command;
mod sys;
mod terminal;
mod threads;
mod view;

use std::{
    fmt,
    sync::{Arc, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use abide_core::size::TermSize;
use portable_pty::{MasterPty, PtyPair, PtySize, native_pty_system};

pub use self::{
    command::ScreenCommand,
    terminal::{SCROLLBACK_LINES, Terminal},
    view::{CellView, CursorView, RowView, ScreenView, default_foreground},
};
pub use alacritty_terminal::{
    term::{TermMode, cell::Flags},
    vte::ansi::{Color, CursorShape, NamedColor, Rgb},
};

use self::threads::{Shared, State};

/// How long a wait lasts before it fails, unless [`Screen::with_deadline`] says otherwise.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// How long the threads get to end once the program is gone.
const JOIN_DEADLINE: Duration = Duration::from_secs(5);

/// Bytes of raw output that a failed wait shows.
const TAIL_BYTES: usize = 600;

/// A real program on a real PTY, seen through a terminal emulator.
///
/// Dropping it kills the program, collects it, and joins its threads.
pub struct Screen {
    program: String,
    pid: u32,
    deadline: Duration,
    shared: Arc<Shared>,
    killer: Arc<sys::Killer>,
    controller: Option<Box<dyn MasterPty + Send>>,
    threads: Vec<JoinHandle<()>>,
}

impl Screen {
    /// Starts the program on a new terminal of this size.
    ///
    /// # Panics
    ///
    /// When it cannot be started; the message names the program.
    #[must_use]
    pub fn spawn(command: &ScreenCommand, size: TermSize) -> Self {
        let program = command.display();
        let pair = native_pty_system()
            .openpty(pty_size(size))
            .unwrap_or_else(|err| panic!("cannot open a terminal for {program}: {err}"));
        let PtyPair {
            master: controller,
            slave: terminal,
        } = pair;
        let child = terminal
            .spawn_command(command.to_builder())
            .unwrap_or_else(|err| panic!("cannot start {program}: {err}"));
        // The program alone keeps the terminal end open: its end is then the reader's.
        drop(terminal);
        let reader = controller
            .try_clone_reader()
            .unwrap_or_else(|err| panic!("cannot read from the terminal of {program}: {err}"));
        let writer = controller
            .take_writer()
            .unwrap_or_else(|err| panic!("cannot write to the terminal of {program}: {err}"));
        let pid = child.process_id().unwrap_or_default();
        let (killer, waiter) = sys::watch(child);
        let killer = Arc::new(killer);
        let shared = Arc::new(Shared::new(Terminal::new(size)));
        let threads = threads::start(&shared, reader, writer, waiter);
        Self {
            program,
            pid,
            deadline: DEADLINE,
            shared,
            killer,
            controller: Some(controller),
            threads,
        }
    }

    /// Makes every wait last this long instead of [`DEADLINE`].
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Waits until the page shows the text within one row.
    ///
    /// # Panics
    ///
    /// At the deadline; the message shows the screen.
    pub fn wait_for_text(&self, text: &str) {
        self.wait_until(&format!("the screen shows `{text}`"), |view| {
            view.rows.iter().any(|row| row.text().contains(text))
        });
    }

    /// Waits until `reached` holds for the page, looking again at each change of it.
    ///
    /// The view it is shown has no history; ask [`Screen::view`] for that.
    ///
    /// # Panics
    ///
    /// At the deadline; the message has the description and shows the screen.
    pub fn wait_until(&self, description: &str, reached: impl Fn(&ScreenView) -> bool) {
        self.wait(description, |state| reached(&state.terminal.page()));
    }

    /// Returns the page as text: a line per row, without the blanks at its end.
    #[must_use]
    pub fn text(&self) -> String {
        self.lock().terminal.page().text()
    }

    /// Returns everything that the terminal shows and keeps.
    #[must_use]
    pub fn view(&self) -> ScreenView {
        self.lock().terminal.view()
    }

    /// Returns the lines above the page, the oldest first.
    #[must_use]
    pub fn scrollback(&self) -> Vec<String> {
        let view = self.view();
        view.history.iter().map(RowView::text).collect()
    }

    /// Types a text.
    pub fn type_text(&self, text: &str) {
        self.type_bytes(text.as_bytes());
    }

    /// Types bytes, and returns at once; they reach the program in order.
    pub fn type_bytes(&self, bytes: &[u8]) {
        self.lock().typed.extend(bytes);
        self.shared.typing.notify_all();
    }

    /// Gives the terminal another size, as dragging a window's corner does.
    ///
    /// # Panics
    ///
    /// When the system refuses.
    pub fn resize(&self, size: TermSize) {
        let mut state = self.lock();
        state.terminal.resize(size);
        if let Some(controller) = &self.controller {
            controller
                .resize(pty_size(size))
                .unwrap_or_else(|err| panic!("cannot resize {}: {err}", self.program));
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Takes nothing more of what the program prints, as a window that hangs: what the system holds
    /// fills up, and then the program waits.
    pub fn look_away(&self) {
        self.lock().away = true;
    }

    /// Takes what the program prints again.
    pub fn look_again(&self) {
        self.lock().away = false;
        self.shared.changed.notify_all();
    }

    /// Returns whether the program still runs after this time; once it ends, at once.
    #[must_use]
    pub fn runs_for(&self, time: Duration) -> bool {
        let running = |state: &mut State| state.exit.is_none();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(self.lock(), time, running);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.exit.is_none()
    }

    /// Returns the program's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Kills the program as `kill -9` does; nothing that has ended is ever hit.
    pub fn kill9(&self) {
        self.killer.kill();
    }

    /// Tells the program that its window was closed: it gets SIGHUP, where there is one.
    pub fn hang_up(&self) {
        self.killer.hang_up();
    }

    /// Waits until the program has ended and its last output was taken in.
    ///
    /// Returns its exit code, or 128 and the number of the signal that ended it.
    ///
    /// # Panics
    ///
    /// At the deadline; the message shows the screen.
    pub fn wait_exit(&self) -> i32 {
        self.wait("the program has ended and closed its terminal", |state| {
            state.exit.is_some() && state.drained
        });
        self.lock().exit.unwrap_or_default()
    }

    /// Returns every byte that the program has printed.
    #[must_use]
    pub fn output(&self) -> Vec<u8> {
        self.lock().output.clone()
    }

    fn wait(&self, description: &str, reached: impl Fn(&State) -> bool) {
        let (state, timeout) = self
            .shared
            .changed
            .wait_timeout_while(self.lock(), self.deadline, |state| !reached(state))
            .unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() && !reached(&state) {
            let report = self.report(&state);
            drop(state);
            panic!(
                "waited {:?} until {description}, in vain\n{report}",
                self.deadline
            );
        }
    }

    /// Waits for what dropping needs; returns whether it came to be.
    fn settle(&self, reached: impl Fn(&State) -> bool) -> bool {
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(self.lock(), JOIN_DEADLINE, |state| !reached(state))
            .unwrap_or_else(PoisonError::into_inner);
        reached(&state)
    }

    fn report(&self, state: &State) -> String {
        let page = state.terminal.page();
        let tail = &state.output[state.output.len().saturating_sub(TAIL_BYTES)..];
        let ended = match state.exit {
            Some(code) => format!("has ended with code {code}"),
            None => "runs".to_owned(),
        };
        format!(
            "{} (pid {}) {ended}; {} bytes printed; modes {:?}\n{}\nlast bytes: {}",
            self.program,
            self.pid,
            state.output.len(),
            page.modes,
            page.framed(),
            tail.escape_ascii(),
        )
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.killer.kill();
        // Only then may the typist end: its library types an end of file when it is dropped.
        self.settle(|state| state.exit.is_some());
        self.lock().closing = true;
        self.shared.typing.notify_all();
        self.shared.changed.notify_all();
        // On Windows this is what ends the program's output.
        self.controller = None;
        if !self.settle(|state| state.threads == 0) {
            // A panic here would end the test binary if the test is failing already.
            eprintln!("something still holds the terminal after {JOIN_DEADLINE:?}\n{self:?}");
            return;
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                eprintln!("a thread of the screen of {} panicked", self.program);
            }
        }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report(&self.lock()))
    }
}

fn pty_size(size: TermSize) -> PtySize {
    PtySize {
        rows: size.rows(),
        cols: size.cols(),
        pixel_width: 0,
        pixel_height: 0,
    }
}
