//! The two threads that wait for a pseudo console, one for each direction.

use std::{
    io::{self, Read, Write},
    thread::Builder,
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::start::{ANSWER, Start};

/// Most output that is read at once, in bytes.
const PIECE_BYTES: usize = 16 * 1024;

/// Reads the console to its end and passes the output on, for as long as somebody wants it.
///
/// The queue ends when the output does.
pub(super) fn read(
    reader: Box<dyn Read + Send>,
    printed: mpsc::Sender<Bytes>,
    input: mpsc::Sender<Bytes>,
) -> io::Result<()> {
    Builder::new().name("output".into()).spawn(move || {
        let mut pump = Pump {
            printed: Some(printed),
            input: Some(input),
            start: Start::new(),
        };
        pump.run(reader);
    })?;
    Ok(())
}

/// Types what comes out of the queue, until the queue ends or the console takes no more.
pub(super) fn write(
    mut writer: Box<dyn Write + Send>,
    mut typed: mpsc::Receiver<Bytes>,
) -> io::Result<()> {
    Builder::new().name("input".into()).spawn(move || {
        while let Some(piece) = typed.blocking_recv() {
            if writer.write_all(&piece).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

/// The reader's state.
struct Pump {
    /// Until nobody wants the output any more.
    printed: Option<mpsc::Sender<Bytes>>,
    /// Until the console's question is answered.
    input: Option<mpsc::Sender<Bytes>>,
    start: Start,
}

impl Pump {
    fn run(&mut self, mut reader: impl Read) {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match reader.read(&mut piece) {
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                // A closed console is reported as a broken pipe or as an end.
                Err(_) | Ok(0) => break,
                Ok(count) => self.take(&piece[..count]),
            }
        }
        let start = std::mem::replace(&mut self.start, Start::Over);
        self.print(start.rest());
    }

    fn take(&mut self, piece: &[u8]) {
        let passed = self.start.pass(piece);
        if passed.asked {
            self.answer();
        }
        self.print(passed.output);
    }

    fn answer(&mut self) {
        if let Some(input) = self.input.take() {
            // A terminal that is gone needs no answer.
            let _ = input.blocking_send(Bytes::from_static(ANSWER));
        }
    }

    fn print(&mut self, output: Vec<u8>) {
        if output.is_empty() {
            return;
        }
        let is_wanted =
            |printed: &mpsc::Sender<Bytes>| printed.blocking_send(output.into()).is_ok();
        self.printed = self.printed.take().filter(is_wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pump(printed: mpsc::Sender<Bytes>, input: mpsc::Sender<Bytes>) -> Pump {
        Pump {
            printed: Some(printed),
            input: Some(input),
            start: Start::new(),
        }
    }

    #[test]
    fn the_question_is_answered_once_and_the_output_passed_on_to_its_end() {
        let (printed, mut output) = mpsc::channel(4);
        let (input, mut typed) = mpsc::channel(4);
        pump(printed, input).run(&b"a\x1b[6nb\x1b[6n\x1b"[..]);
        assert_eq!(output.blocking_recv().unwrap(), b"ab\x1b[6n\x1b"[..]);
        assert_eq!(output.blocking_recv(), None);
        assert_eq!(typed.blocking_recv().unwrap(), ANSWER);
        assert_eq!(typed.blocking_recv(), None);
    }

    #[test]
    fn output_is_read_to_its_end_when_nobody_wants_it() {
        let (printed, output) = mpsc::channel(1);
        let (input, _typed) = mpsc::channel(1);
        drop(output);
        let mut rest = io::Cursor::new(vec![b'x'; 10 * PIECE_BYTES]);
        pump(printed, input).run(&mut rest);
        assert_eq!(rest.position(), 10 * PIECE_BYTES as u64);
    }
}
