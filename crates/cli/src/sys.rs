//! The platform surface of the program: the person's terminal, and the signals sent to it.
//!
//! Both sides provide
//!
//! - [`RawMode`]: keys byte by byte, and everything as it was when it is dropped
//! - [`terminal_size`], [`keyboard`], [`Screen`]: its size, what is typed, where to draw
//! - [`terminal_device`]: how another process finds it
//! - [`Signals`], [`stop_self`]: what others ask of this process
//! - [`become_program`], [`run_program`]: another program on this terminal
//! - [`lead_group`], [`kill_group`]: a program that is ended with what it started
//!
//! Nothing here puts the terminal into non-blocking mode: that belongs to the open file, which
//! the shell and everything else on the terminal share with this process.

use std::io;

use abide_core::{backend::ClientProgram, size::TermSize};

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use self::unix::{
    Keyboard, RawMode, Screen, Signals, Waker, become_program, keyboard, kill_group, lead_group,
    run_program, stop_self, terminal_device, terminal_size,
};
#[cfg(windows)]
pub(crate) use self::windows::{
    Keyboard, RawMode, Screen, Signals, Waker, become_program, keyboard, kill_group, lead_group,
    run_program, stop_self, terminal_device, terminal_size,
};

/// A terminal as another process finds it.
#[derive(Debug)]
pub(crate) struct TerminalDevice {
    /// The path of its device.
    pub(crate) path: std::path::PathBuf,
    /// The number of the device.
    pub(crate) device: u64,
    /// The file system that the device's file is on.
    pub(crate) file_system: u64,
    /// The number of that file.
    pub(crate) inode: u64,
}

/// What a read from the keyboard brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// What was typed; never empty.
    Bytes(Vec<u8>),
    /// The window has another size.
    #[cfg_attr(unix, expect(dead_code, reason = "said with a signal there"))]
    Resized,
    /// The terminal is gone.
    Closed,
    /// The waker was used; nothing was taken from the terminal.
    Woken,
}

/// What another process, or the system, asks of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The window has another size.
    #[cfg_attr(windows, expect(dead_code, reason = "said with an input record there"))]
    Resize,
    /// It is to end, or its terminal is gone.
    End,
    /// It is to stop until it is told to go on.
    #[cfg_attr(windows, expect(dead_code, reason = "no process is stopped there"))]
    Stop,
    /// It goes on after a stop.
    #[cfg_attr(windows, expect(dead_code, reason = "no process is stopped there"))]
    Continue,
}

/// The surface as types, so that a side which drifts from it does not build.
const _: () = {
    fn _same_on_both_sides(raw: &RawMode, keyboard: &mut Keyboard, waker: &Waker) {
        let _: fn() -> io::Result<RawMode> = RawMode::enter;
        let _: io::Result<()> = raw.restore();
        let _: io::Result<()> = raw.again();
        let _: fn() -> Option<TermSize> = terminal_size;
        let _: io::Result<Typed> = keyboard.read(1);
        let _: bool = waker.wake();
        let _: fn() -> io::Result<Signals> = Signals::new;
        let _: fn() -> io::Result<()> = stop_self;
        let _: fn(&ClientProgram) -> io::Result<i32> = become_program;
        let _: fn(&ClientProgram) -> io::Result<i32> = run_program;
        let _: fn(&mut tokio::process::Command) = lead_group;
        let _: fn(u32) = kill_group;
    }
};
