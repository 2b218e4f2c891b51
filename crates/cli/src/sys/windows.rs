//! The console on Windows: modes, input records and console events.
//!
//! With virtual terminal input the console turns keys into the bytes that a Unix terminal sends, and
//! hands them over one character a record. Records are read instead of characters because the
//! window's size arrives as a record too, so nothing has to look at it from time to time, and
//! because what was read in vain can be put back.
//!
//! There is no safe wrapper of these calls in reach; each is one line in here.

#![expect(unsafe_code, reason = "console calls have no safe wrapper in reach")]

mod client;
mod group;

use std::{
    io::{self, Write},
    os::windows::io::{AsRawHandle, RawHandle},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use abide_core::size::TermSize;
use windows_sys::Win32::System::Console::{
    CONSOLE_MODE, CONSOLE_SCREEN_BUFFER_INFO, DISABLE_NEWLINE_AUTO_RETURN, ENABLE_ECHO_INPUT,
    ENABLE_LINE_INPUT, ENABLE_PROCESSED_INPUT, ENABLE_PROCESSED_OUTPUT, ENABLE_QUICK_EDIT_MODE,
    ENABLE_VIRTUAL_TERMINAL_INPUT, ENABLE_VIRTUAL_TERMINAL_PROCESSING, ENABLE_WINDOW_INPUT,
    GetConsoleMode, GetConsoleOutputCP, GetConsoleScreenBufferInfo, INPUT_RECORD, KEY_EVENT,
    MENU_EVENT, ReadConsoleInputW, SetConsoleMode, SetConsoleOutputCP, WINDOW_BUFFER_SIZE_EVENT,
    WriteConsoleInputW,
};

pub(crate) use self::{
    client::{become_program, run_program},
    group::{kill_group, lead_group},
};
use super::{Signal, Typed};

/// UTF-8, as a code page.
const UTF_8: u32 = 65001;

/// The key whose release carries a character typed by its number: alt.
const VK_MENU: u16 = 0x12;

/// Keys as bytes, output as sequences; dropping it gives back what was before.
#[derive(Debug)]
pub(crate) struct RawMode {
    input: CONSOLE_MODE,
    output: CONSOLE_MODE,
    code_page: u32,
}

impl RawMode {
    /// Takes the console into raw mode.
    pub(crate) fn enter() -> io::Result<Self> {
        let mode = Self {
            input: mode_of(input())?,
            output: mode_of(output())?,
            // SAFETY: takes nothing.
            code_page: unsafe { GetConsoleOutputCP() },
        };
        mode.again().inspect_err(|_| drop(mode.restore()))?;
        Ok(mode)
    }

    /// Takes it into raw mode once more, after somebody else changed it.
    pub(crate) fn again(&self) -> io::Result<()> {
        let cooked =
            ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT | ENABLE_QUICK_EDIT_MODE;
        set_mode(
            input(),
            (self.input & !cooked) | ENABLE_VIRTUAL_TERMINAL_INPUT | ENABLE_WINDOW_INPUT,
        )?;
        let drawing = ENABLE_PROCESSED_OUTPUT
            | ENABLE_VIRTUAL_TERMINAL_PROCESSING
            | DISABLE_NEWLINE_AUTO_RETURN;
        set_mode(output(), self.output | drawing)?;
        set_code_page(UTF_8)
    }

    /// Gives it back as it was; can be called more than once, and from a panic hook.
    pub(crate) fn restore(&self) -> io::Result<()> {
        let restored = [
            set_mode(input(), self.input),
            set_mode(output(), self.output),
            set_code_page(self.code_page),
        ];
        restored.into_iter().collect()
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // If this fails the console is gone.
        let _ = self.restore();
    }
}

fn input() -> RawHandle {
    io::stdin().as_raw_handle()
}

fn output() -> RawHandle {
    io::stdout().as_raw_handle()
}

fn check(done: i32) -> io::Result<()> {
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn mode_of(console: RawHandle) -> io::Result<CONSOLE_MODE> {
    let mut mode = 0;
    // SAFETY: the handle is a standard one, which lives as long as the process; `mode` is ours.
    check(unsafe { GetConsoleMode(console, &raw mut mode) })?;
    Ok(mode)
}

fn set_mode(console: RawHandle, mode: CONSOLE_MODE) -> io::Result<()> {
    // SAFETY: the handle is a standard one, which lives as long as the process.
    check(unsafe { SetConsoleMode(console, mode) })
}

fn set_code_page(page: u32) -> io::Result<()> {
    // SAFETY: takes a number.
    check(unsafe { SetConsoleOutputCP(page) })
}

/// Returns the size of the window; none where there is no console.
/// Returns that a console cannot be found by others.
pub(crate) fn terminal_device() -> Option<super::TerminalDevice> {
    None
}

pub(crate) fn terminal_size() -> Option<TermSize> {
    let mut info = CONSOLE_SCREEN_BUFFER_INFO::default();
    // SAFETY: the handle is a standard one, which lives as long as the process; `info` is ours.
    check(unsafe { GetConsoleScreenBufferInfo(output(), &raw mut info) }).ok()?;
    let window = info.srWindow;
    let cells = |first: i16, last: i16| u16::try_from(i32::from(last) - i32::from(first) + 1).ok();
    let rows = cells(window.Top, window.Bottom)?;
    let cols = cells(window.Left, window.Right)?;
    Some(TermSize::clamped(rows, cols))
}

/// Opens what is typed, and what wakes a read of it.
pub(crate) fn keyboard() -> io::Result<(Keyboard, Waker)> {
    let woken = Arc::new(AtomicBool::new(false));
    let keyboard = Keyboard {
        woken: Arc::clone(&woken),
        high_surrogate: None,
    };
    Ok((keyboard, Waker { woken }))
}

/// What is typed.
#[derive(Debug)]
pub(crate) struct Keyboard {
    woken: Arc<AtomicBool>,
    /// The first half of a character whose second is still to come.
    high_surrogate: Option<u16>,
}

impl Keyboard {
    /// Waits until something is typed, and takes at most `limit` records of it.
    ///
    /// Once woken it takes nothing: what it has read by then is put back.
    pub(crate) fn read(&mut self, limit: usize) -> io::Result<Typed> {
        loop {
            let records = read_records(limit)?;
            if self.woken.load(Ordering::Acquire) {
                let typed: Vec<_> = records.into_iter().filter(is_typed).collect();
                write_records(&typed)?;
                return Ok(Typed::Woken);
            }
            let bytes = self.characters(&records).into_bytes();
            if !bytes.is_empty() {
                return Ok(Typed::Bytes(bytes));
            }
            let resized = |record: &INPUT_RECORD| kind(record) == WINDOW_BUFFER_SIZE_EVENT;
            if records.iter().any(resized) {
                return Ok(Typed::Resized);
            }
        }
    }

    fn characters(&mut self, records: &[INPUT_RECORD]) -> String {
        let units = records.iter().filter_map(unit_of);
        let mut all: Vec<u16> = self.high_surrogate.take().into_iter().collect();
        units.for_each(|(unit, times)| all.extend(std::iter::repeat_n(unit, times)));
        if let Some(high) = all.pop_if(|last| (0xd800..=0xdbff).contains(last)) {
            self.high_surrogate = Some(high);
        }
        String::from_utf16_lossy(&all)
    }
}

fn kind(record: &INPUT_RECORD) -> u32 {
    u32::from(record.EventType)
}

fn is_typed(record: &INPUT_RECORD) -> bool {
    kind(record) == KEY_EVENT
}

/// Returns the character unit that a record types, and how often; most releases type none.
fn unit_of(record: &INPUT_RECORD) -> Option<(u16, usize)> {
    if !is_typed(record) {
        return None;
    }
    // SAFETY: the kind was checked, so the system wrote this variant.
    let key = unsafe { record.Event.KeyEvent };
    // SAFETY: both variants are plain numbers at the same place.
    let unit = unsafe { key.uChar.UnicodeChar };
    let pressed = key.bKeyDown != 0;
    let by_number = !pressed && key.wVirtualKeyCode == VK_MENU;
    // Ctrl-space and ctrl-@ are the character zero; other keys with it are no characters.
    let zero = unit == 0 && !matches!(key.wVirtualKeyCode, 0 | 0x20 | 0x32);
    let counts = (pressed || by_number && unit != 0) && !zero;
    counts.then_some((unit, usize::from(key.wRepeatCount.max(1))))
}

fn read_records(limit: usize) -> io::Result<Vec<INPUT_RECORD>> {
    let mut records = vec![INPUT_RECORD::default(); limit.clamp(1, 1024)];
    let mut count = 0;
    let room = u32::try_from(records.len()).unwrap_or(1);
    // SAFETY: the buffer has room for as many records as said; the handle is a standard one.
    check(unsafe { ReadConsoleInputW(input(), records.as_mut_ptr(), room, &raw mut count) })?;
    records.truncate(usize::try_from(count).unwrap_or_default());
    Ok(records)
}

fn write_records(records: &[INPUT_RECORD]) -> io::Result<()> {
    let mut written = 0;
    let count = u32::try_from(records.len()).unwrap_or_default();
    // SAFETY: the buffer has as many records as said; the handle is a standard one.
    check(unsafe { WriteConsoleInputW(input(), records.as_ptr(), count, &raw mut written) })
}

/// Wakes a read of the keyboard.
#[derive(Debug)]
pub(crate) struct Waker {
    woken: Arc<AtomicBool>,
}

impl Waker {
    /// Wakes the read; returns whether it will notice.
    pub(crate) fn wake(&self) -> bool {
        self.woken.store(true, Ordering::Release);
        // A record that nobody else minds; it ends the read.
        let record = INPUT_RECORD {
            EventType: u16::try_from(MENU_EVENT).unwrap_or_default(),
            ..INPUT_RECORD::default()
        };
        write_records(&[record]).is_ok()
    }
}

/// Where to draw: the console on standard output, past the checks that std makes there (it refuses
/// what is not UTF-8, and a read may cut a character).
#[derive(Debug)]
pub(crate) struct Screen(std::fs::File);

impl Screen {
    /// Opens it.
    pub(crate) fn open() -> io::Result<Self> {
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(true).open("CONOUT$").map(Self)
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The console events that a viewer answers to.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    stop: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    logoff: tokio::signal::windows::CtrlLogoff,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

impl Signals {
    /// Begins to listen; needs a runtime.
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::windows;
        Ok(Self {
            interrupt: windows::ctrl_c()?,
            stop: windows::ctrl_break()?,
            close: windows::ctrl_close()?,
            logoff: windows::ctrl_logoff()?,
            shutdown: windows::ctrl_shutdown()?,
        })
    }

    /// Waits for the next one. Safe to drop at any await.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::End,
            _ = self.stop.recv() => Signal::End,
            _ = self.close.recv() => Signal::End,
            _ = self.logoff.recv() => Signal::End,
            _ = self.shutdown.recv() => Signal::End,
        }
    }
}

/// Does nothing: no process is stopped here.
pub(crate) fn stop_self() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
