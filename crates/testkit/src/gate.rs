//! Gates: hold code at a named point, do something else meanwhile, let it go.
//!
//! [`Gate`] holds threads of the test itself: it is a [`Probe`] to be injected. The point blocks
//! its thread, so what is held must not share a thread with the test that waits for it.
//! [`ProcessGate`] holds another process, that was given `ABIDE_PROBE_DIR`.

mod process;

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use abide_core::probe::Probe;

pub use self::process::ProcessGate;

#[derive(Debug, Default)]
struct State {
    arrivals: usize,
    open: bool,
}

#[derive(Debug)]
struct Barrier {
    point: &'static str,
    state: Mutex<State>,
    changed: Condvar,
}

/// Holds every thread of this process that reaches a point, until released or dropped.
#[derive(Debug)]
pub struct Gate(Arc<Barrier>);

impl Gate {
    /// Returns a closed gate at a point.
    #[must_use]
    pub fn new(point: &'static str) -> Self {
        Self(Arc::new(Barrier {
            point,
            state: Mutex::default(),
            changed: Condvar::new(),
        }))
    }

    /// Returns the probe to inject into what is to be held.
    #[must_use]
    pub fn probe(&self) -> Arc<dyn Probe> {
        Arc::new(GateProbe(Arc::clone(&self.0)))
    }

    /// Waits until somebody has reached the point.
    ///
    /// # Panics
    ///
    /// When nobody has by the deadline.
    pub fn wait_reached(&self, deadline: Duration) {
        let state = self.0.lock();
        let nobody = |state: &mut State| state.arrivals == 0;
        let waited = self.0.changed.wait_timeout_while(state, deadline, nobody);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let (point, arrivals) = (self.0.point, state.arrivals);
        drop(state);
        assert!(
            arrivals != 0,
            "nobody reached `{point}` within {deadline:?}"
        );
    }

    /// Returns how many times the point was reached.
    #[must_use]
    pub fn arrivals(&self) -> usize {
        self.0.lock().arrivals
    }

    /// Lets everybody who is held go, and everybody who comes later pass.
    pub fn release(&self) {
        self.0.lock().open = true;
        self.0.changed.notify_all();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.release();
    }
}

impl Barrier {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct GateProbe(Arc<Barrier>);

impl Probe for GateProbe {
    fn reached(&self, point: &'static str) {
        if point != self.0.point {
            return;
        }
        let mut state = self.0.lock();
        state.arrivals += 1;
        self.0.changed.notify_all();
        let open = self.0.changed.wait_while(state, |state| !state.open);
        drop(open.unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_is_held_at_the_point_and_at_no_other() {
        let gate = Gate::new("held");
        let probe = gate.probe();
        let held = thread::spawn(move || {
            probe.reached("elsewhere");
            probe.reached("held");
        });
        gate.wait_reached(Duration::from_secs(5));
        assert!(!held.is_finished());
        assert_eq!(gate.arrivals(), 1);
        gate.release();
        held.join().unwrap();
    }

    #[test]
    fn a_dropped_gate_holds_nobody() {
        let gate = Gate::new("held");
        let probe = gate.probe();
        drop(gate);
        probe.reached("held");
    }

    #[test]
    #[should_panic(expected = "nobody reached `never`")]
    fn a_point_that_is_not_reached_fails_at_the_deadline() {
        Gate::new("never").wait_reached(Duration::from_millis(1));
    }
}
