//! A gate for another process: two FIFOs that a debug build of an owner knows.
//!
//! ```text
//!   test                                owner, at point `p`
//!   makes $DIR/p and $DIR/p.go
//!   wait_reached: reads $DIR/p   ◄────  writes its pid and a line feed to $DIR/p
//!                                       opens $DIR/p.go for reading: held
//!   release: opens $DIR/p.go,    ────►  reads to its end: goes on
//!            closes it
//! ```

use std::{
    cell::{Cell, OnceCell, RefCell},
    path::Path,
    time::Duration,
};

use abide_core::clock::{Clock as _, SystemClock};

use crate::{
    child::pause,
    sys::{self, Fifo, FifoReader},
};

/// Time in which a process that announced itself comes to where it is held.
const HELD_DEADLINE: Duration = Duration::from_secs(5);

/// Time that a gate which is taken away waits for somebody who is just coming.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// Time between two looks whether it is there.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Holds each process that reaches a point, until let go one by one.
///
/// Dropping the gate takes it away and lets go whoever is held there.
#[derive(Debug)]
pub struct ProcessGate {
    point: String,
    arrivals: Fifo,
    departures: Fifo,
    /// Opened by the first wait and kept, so that nobody who announces itself later is cut off.
    reader: OnceCell<FifoReader>,
    /// What was read and not yet looked at.
    announced: RefCell<Vec<u8>>,
    held: Cell<Option<u32>>,
}

impl ProcessGate {
    /// Sets up a gate at `point`, in the directory that the process has as `ABIDE_PROBE_DIR`.
    ///
    /// # Panics
    ///
    /// When the FIFOs cannot be made; always on Windows.
    #[must_use]
    pub fn new(dir: &Path, point: &str) -> Self {
        let make = |name: String| {
            let path = dir.join(name);
            Fifo::make(path.clone())
                .unwrap_or_else(|err| panic!("cannot make `{}`: {err}", path.display()))
        };
        Self {
            point: point.to_owned(),
            // The first is what a process looks for, so it comes last.
            departures: make(format!("{point}.go")),
            arrivals: make(point.to_owned()),
            reader: OnceCell::new(),
            announced: RefCell::default(),
            held: Cell::new(None),
        }
    }

    /// Waits until a process has reached the point, and returns its id.
    ///
    /// # Panics
    ///
    /// When none has by the deadline.
    #[must_use]
    pub fn wait_reached(&self, deadline: Duration) -> u32 {
        let line = self.wait_line(deadline);
        let text = String::from_utf8_lossy(&line);
        let pid = text.trim_end().parse().ok();
        let pid =
            pid.unwrap_or_else(|| panic!("expected a pid at `{}`, read {text:?}", self.point));
        self.held.set(Some(pid));
        pid
    }

    fn wait_line(&self, deadline: Duration) -> Vec<u8> {
        let point = &self.point;
        let open = || self.arrivals.reader().expect("the FIFO is there");
        let reader = self.reader.get_or_init(open);
        let started = SystemClock.now();
        let mut announced = self.announced.borrow_mut();
        loop {
            if let Some(end) = announced.iter().position(|byte| *byte == b'\n') {
                return announced.drain(..=end).collect();
            }
            let left = deadline.saturating_sub(SystemClock.now().since(started));
            let seen = String::from_utf8_lossy(&announced).into_owned();
            assert!(
                !left.is_zero(),
                "nobody reached `{point}` within {deadline:?}; read {seen:?}"
            );
            match Fifo::read(reader, left).expect("the FIFO can be read") {
                // Every writer so far has closed it; poll does not wait for the next.
                Some(bytes) if bytes.is_empty() => pause(LOOK_AGAIN),
                Some(bytes) => announced.extend(bytes),
                None => {}
            }
        }
    }

    /// Lets the process that was waited for go on.
    ///
    /// # Panics
    ///
    /// When none was waited for, or it is alive and not held.
    pub fn release(&self) {
        let pid = self
            .held
            .take()
            .expect("`wait_reached` comes before `release`");
        let point = &self.point;
        assert!(
            self.let_go(pid),
            "process {pid} announced `{point}` and was not held there within {HELD_DEADLINE:?}"
        );
    }

    /// Lets the process go, when it has come to where it is held; a dead one needs nothing.
    fn let_go(&self, pid: u32) -> bool {
        let started = SystemClock.now();
        loop {
            if self.departures.let_go().unwrap_or(true) || !sys::process_is_alive(pid) {
                return true;
            }
            if HELD_DEADLINE < SystemClock.now().since(started) {
                return false;
            }
            pause(LOOK_AGAIN);
        }
    }
}

impl Drop for ProcessGate {
    fn drop(&mut self) {
        if let Some(pid) = self.held.take() {
            self.let_go(pid);
        }
        // Whoever came unseen: its open waits for a reader, and its id follows.
        let Ok(reader) = self.arrivals.reader() else {
            return;
        };
        let announced = Fifo::read(&reader, LAST_LOOK).ok().flatten();
        let announced = announced.unwrap_or_default();
        for pid in String::from_utf8_lossy(&announced).lines() {
            if let Ok(pid) = pid.parse() {
                self.let_go(pid);
            }
        }
    }
}
