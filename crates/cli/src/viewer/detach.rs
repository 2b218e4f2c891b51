//! Looks for the detach keys in what is typed, and passes everything else on.
//!
//! ```text
//!             key 1                key n of n
//!  Idle ─────────────► Partway ─────────────────► detach
//!   ▲  ◄─ another key, or PREFIX_TIMEOUT: all of it is sent on
//!   │
//!   │        the key of a sequence of one
//!   ├──────────────────────────────────► Pressed ─ another key, or SECOND_PRESS_TIMEOUT ─► detach
//!   └───────── the same key again: one is sent on ─┘
//! ```
//!
//! Docker detaches at once where a sequence has one key; then that key can never be typed. Here a
//! second press sends it on, so after the first there is a short wait.
//!
//! Within a paste nothing detaches. What a person does not press (mouse and focus reports, a
//! terminal's replies, keys let go) neither completes a sequence nor breaks one.

use std::time::Duration;

use super::{
    keys::{DetachKeys, Key, Reported},
    tokens::{Kind, Tokens},
};

/// Time for the second press that sends a detach key on instead of detaching.
pub(crate) const SECOND_PRESS_TIMEOUT: Duration = Duration::from_millis(300);

/// Time between two keys of a longer sequence; after that what was typed is sent on.
pub(crate) const PREFIX_TIMEOUT: Duration = Duration::from_secs(1);

/// Time for the rest of an escape sequence after its ESC; after that it was the escape key.
pub(crate) const ESCAPE_TIMEOUT: Duration = Duration::from_millis(10);

/// Silence after which a paste that was never ended is over, so that detaching works again.
pub(crate) const PASTE_TIMEOUT: Duration = Duration::from_secs(1);

/// Bytes to read at once while the next key may end the viewer: what comes after it is not ours.
const CAREFUL_READ_BYTES: usize = 1;

/// Bytes to read at once otherwise.
const READ_BYTES: usize = 16 * 1024;

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Verdict {
    /// Nothing was said to the contrary.
    Continue,
    /// The detach keys were pressed.
    Detach,
}

/// A wait for more input: how long, and which one, so that a new one is told from the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    /// How long to wait.
    pub(crate) time: Duration,
    /// Its number; grows with each wait.
    pub(crate) number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// This many keys of the sequence were pressed, fewer than it has.
    Partway(usize),
    /// The only key of the sequence was pressed.
    Pressed,
}

/// Looks for the detach keys.
#[derive(Debug)]
pub(crate) struct DetachScanner {
    keys: DetachKeys,
    tokens: Tokens,
    matcher: Matcher,
    /// How often input came, which numbers the waits for the rest of it.
    feeds: u64,
}

#[derive(Debug)]
struct Matcher {
    state: State,
    /// What was held back since the sequence began.
    held: Vec<u8>,
    /// The same without the detach key's first press and what followed from it.
    aside: Vec<u8>,
    pasting: bool,
    waits: u64,
    detached: bool,
}

impl DetachScanner {
    /// Looks for these keys.
    pub(crate) fn new(keys: DetachKeys) -> Self {
        Self {
            keys,
            tokens: Tokens::default(),
            matcher: Matcher {
                state: State::Idle,
                held: Vec::new(),
                aside: Vec::new(),
                pasting: false,
                waits: 0,
                detached: false,
            },
            feeds: 0,
        }
    }

    /// Takes what was typed, and appends to `on` what is to be sent on.
    ///
    /// After [`Verdict::Detach`] the rest of the input is dropped: it was not typed for the
    /// session.
    pub(crate) fn feed(&mut self, input: &[u8], on: &mut Vec<u8>) -> Verdict {
        self.feeds += 1;
        let (keys, matcher) = (self.keys.keys(), &mut self.matcher);
        for &byte in input {
            self.tokens
                .feed(byte, |kind, bytes| matcher.take(keys, kind, bytes, on));
            if matcher.detached {
                return Verdict::Detach;
            }
        }
        Verdict::Continue
    }

    /// Returns how many bytes to read at most before feeding them.
    pub(crate) fn appetite(&self) -> usize {
        match self.matcher.state {
            State::Idle => READ_BYTES,
            State::Partway(_) | State::Pressed => CAREFUL_READ_BYTES,
        }
    }

    /// Returns whether nothing that was typed is waited for, so that others may look at what is
    /// typed next.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.key_wait().is_none() && self.rest_wait().is_none()
    }

    /// Returns how long to wait for the next key before [`Self::key_expired`].
    pub(crate) fn key_wait(&self) -> Option<Wait> {
        let time = match self.matcher.state {
            State::Idle => return None,
            State::Partway(_) => PREFIX_TIMEOUT,
            State::Pressed => SECOND_PRESS_TIMEOUT,
        };
        let number = self.matcher.waits;
        Some(Wait { time, number })
    }

    /// Returns how long to wait for the rest of what came before [`Self::rest_expired`].
    pub(crate) fn rest_wait(&self) -> Option<Wait> {
        let time = if self.tokens.unfinished() {
            ESCAPE_TIMEOUT
        } else if self.matcher.pasting {
            PASTE_TIMEOUT
        } else {
            return None;
        };
        let number = self.feeds;
        Some(Wait { time, number })
    }

    /// Decides without another key.
    pub(crate) fn key_expired(&mut self, on: &mut Vec<u8>) -> Verdict {
        match self.matcher.state {
            State::Idle => Verdict::Continue,
            State::Partway(_) => {
                self.matcher.give_up(on);
                Verdict::Continue
            }
            State::Pressed => Verdict::Detach,
        }
    }

    /// Takes what came for all there is.
    pub(crate) fn rest_expired(&mut self, on: &mut Vec<u8>) -> Verdict {
        if !self.tokens.unfinished() {
            self.matcher.pasting = false;
            return Verdict::Continue;
        }
        self.feeds += 1;
        let (keys, matcher) = (self.keys.keys(), &mut self.matcher);
        self.tokens
            .finish(|kind, bytes| matcher.take(keys, kind, bytes, on));
        if matcher.detached {
            return Verdict::Detach;
        }
        Verdict::Continue
    }
}

impl Matcher {
    fn take(&mut self, keys: &[Key], kind: Kind, bytes: &[u8], on: &mut Vec<u8>) {
        match kind {
            Kind::Byte(byte) => self.press(keys, |key| key.is_byte(byte), bytes, on),
            Kind::Press(key) => self.press(keys, |wanted| wanted.is_reported(key), bytes, on),
            Kind::Follow(key) => self.follow(keys, key, bytes, on),
            Kind::Report => self.pass(bytes, on),
            Kind::Other => self.press(keys, |_| false, bytes, on),
            Kind::Paste(begins) => {
                self.press(keys, |_| false, bytes, on);
                self.pasting = begins;
            }
        }
    }

    fn press(&mut self, keys: &[Key], is: impl Fn(Key) -> bool, bytes: &[u8], on: &mut Vec<u8>) {
        match self.state {
            _ if self.pasting => on.extend(bytes),
            State::Pressed if is(keys[0]) => {
                on.append(&mut self.aside);
                on.extend(bytes);
                self.held.clear();
                self.state = State::Idle;
            }
            State::Pressed => self.detached = true,
            State::Partway(pressed) if is(keys[pressed]) => {
                self.hold(bytes);
                self.advance(keys, pressed + 1);
            }
            State::Partway(_) => {
                self.give_up(on);
                self.begin(keys, is, bytes, on);
            }
            State::Idle => self.begin(keys, is, bytes, on),
        }
    }

    fn begin(&mut self, keys: &[Key], is: impl Fn(Key) -> bool, bytes: &[u8], on: &mut Vec<u8>) {
        if is(keys[0]) {
            self.hold(bytes);
            self.advance(keys, 1);
        } else {
            on.extend(bytes);
        }
    }

    fn advance(&mut self, keys: &[Key], pressed: usize) {
        self.waits += 1;
        if keys.len() == 1 {
            self.state = State::Pressed;
        } else if pressed < keys.len() {
            self.state = State::Partway(pressed);
        } else {
            self.detached = true;
        }
    }

    /// Takes a key that was let go, or repeats.
    fn follow(&mut self, keys: &[Key], key: Reported, bytes: &[u8], on: &mut Vec<u8>) {
        if self.state == State::Pressed && keys[0].is_reported(key) {
            self.hold(bytes);
        } else {
            self.pass(bytes, on);
        }
    }

    /// Takes what is no press: it keeps its place in the order.
    fn pass(&mut self, bytes: &[u8], on: &mut Vec<u8>) {
        if self.state == State::Idle {
            on.extend(bytes);
        } else {
            self.hold(bytes);
            self.aside.extend(bytes);
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.held.extend(bytes);
    }

    fn give_up(&mut self, on: &mut Vec<u8>) {
        on.append(&mut self.held);
        self.aside.clear();
        self.state = State::Idle;
    }
}

#[cfg(test)]
mod tests;
