//! The three threads behind a screen: one reads, one types, one waits for the program's end.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use super::{Terminal, sys};

/// Bytes taken from the terminal at once.
const READ_BYTES: usize = 16 * 1024;

/// Longest input that may wait to be typed; a test that types more has gone wrong.
const MAX_TYPED_BYTES: usize = 64 * 1024 * 1024;

/// What the threads and the test share.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Signalled when the screen, the exit or the number of threads changed.
    pub(super) changed: Condvar,
    /// Signalled when there is something to type, or nothing ever again.
    pub(super) typing: Condvar,
}

/// What is known of the program.
pub(super) struct State {
    /// What it shows.
    pub(super) terminal: Terminal,
    /// Every byte that it printed.
    pub(super) output: Vec<u8>,
    /// What is still to be typed.
    pub(super) typed: VecDeque<u8>,
    /// Its exit code once it has ended.
    pub(super) exit: Option<i32>,
    /// Whether its last byte was read.
    pub(super) drained: bool,
    /// Whether nothing is read of what the program prints.
    pub(super) away: bool,
    /// Whether the screen is being dropped.
    pub(super) closing: bool,
    /// How many of the threads still run.
    pub(super) threads: usize,
}

impl Shared {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self {
            state: Mutex::new(State {
                terminal,
                output: Vec::new(),
                typed: VecDeque::new(),
                exit: None,
                drained: false,
                away: false,
                closing: false,
                threads: 0,
            }),
            changed: Condvar::new(),
            typing: Condvar::new(),
        }
    }

    /// A test that failed inside a wait poisons nothing: each field is whole at any time.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
        self.typing.notify_all();
    }
}

/// Starts the three threads.
pub(super) fn start(
    shared: &Arc<Shared>,
    reader: Box<dyn Read + Send>,
    writer: Box<dyn Write + Send>,
    waiter: sys::Waiter,
) -> Vec<JoinHandle<()>> {
    let run = |work: Box<dyn FnOnce(&Shared) + Send>| {
        let shared = Arc::clone(shared);
        shared.lock().threads += 1;
        thread::spawn(move || {
            work(&shared);
            shared.update(|state| state.threads -= 1);
        })
    };
    vec![
        run(Box::new(move |shared| read(shared, reader))),
        run(Box::new(move |shared| type_out(shared, writer))),
        run(Box::new(move |shared| {
            let code = waiter.wait();
            shared.update(|state| state.exit = Some(code));
        })),
    ]
}

fn read(shared: &Shared, mut reader: Box<dyn Read + Send>) {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        // What was asked of the system before is still taken in.
        let is_away = |state: &mut State| state.away && !state.closing;
        drop(shared.changed.wait_while(shared.lock(), is_away));
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => shared.update(|state| {
                let bytes = &buffer[..count];
                state.output.extend(bytes);
                let replies = state.terminal.feed(bytes);
                state.typed.extend(replies);
            }),
            Err(err) if err.kind() == std::io::ErrorKind::Interrupted => {}
            // Linux reports EIO once no process has the terminal end open.
            Err(_) => break,
        }
    }
    shared.update(|state| state.drained = true);
}

fn type_out(shared: &Shared, mut writer: Box<dyn Write + Send>) {
    loop {
        let mut state = shared
            .typing
            .wait_while(shared.lock(), |state| {
                state.typed.is_empty() && !state.closing && !state.drained
            })
            .unwrap_or_else(PoisonError::into_inner);
        assert!(
            state.typed.len() <= MAX_TYPED_BYTES,
            "more was typed than a test can mean"
        );
        if state.closing || state.drained {
            return;
        }
        let bytes: Vec<u8> = state.typed.drain(..).collect();
        drop(state);
        if writer.write_all(&bytes).is_err() {
            // The program is gone; the other threads say so.
            return;
        }
    }
}
