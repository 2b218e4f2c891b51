//! Holds one terminal: reads it all the time, remembers everything, and passes it on to one relay.

use std::{
    ffi::OsString,
    io::{Read as _, Write},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    process::{ExitCode, exit},
    sync::{Arc, Mutex},
    thread,
};

use portable_pty::{CommandBuilder, MasterPty, PtyPair, PtySize, PtySystem as _};

use crate::greeting::{CONTROL, Command, DATA, END, EXIT, Exit, GREETING, Greeting, OUTPUT, frame};

/// What all threads share.
struct Shared {
    told: Mutex<Told>,
    sizer: Mutex<Box<dyn MasterPty + Send>>,
    typist: Mutex<Box<dyn Write + Send>>,
}

/// What a relay is told.
struct Told {
    greeting: Greeting,
    has_ended: bool,
    relay: Option<UnixStream>,
}

impl Told {
    fn tell(&mut self, kind: u8, body: &[u8]) {
        if let Some(relay) = &mut self.relay
            && relay.write_all(&frame(kind, body)).is_err()
        {
            self.relay = None;
        }
    }
}

/// `hold SOCKET GENERATION STARTED_MS ROWS COLS DIRECTORY PROGRAM ARGUMENT…`.
pub(crate) fn run() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [
        hold,
        socket,
        generation,
        started,
        rows,
        cols,
        cwd,
        program,
        args @ ..,
    ] = &words[..]
    else {
        return ExitCode::from(2);
    };
    assert_eq!(hold, "hold");
    let text = |word: &OsString| word.to_str().unwrap().to_owned();
    let (rows, cols) = (text(rows).parse().unwrap(), text(cols).parse().unwrap());
    let listener = UnixListener::bind(socket).unwrap();
    let PtyPair {
        master: controller,
        slave: terminal,
    } = portable_pty::NativePtySystem::default()
        .openpty(size(rows, cols))
        .unwrap();
    let mut reader = controller.try_clone_reader().unwrap();
    let typist = controller.take_writer().unwrap();
    let mut command = CommandBuilder::new(program);
    command.args(args);
    command.cwd(cwd);
    let mut child = terminal.spawn_command(command).unwrap();
    let shared = Arc::new(Shared {
        told: Mutex::new(Told {
            greeting: Greeting {
                generation: text(generation),
                started_ms: text(started).parse().unwrap(),
                child_pid: child.process_id().unwrap(),
                rows,
                cols,
                printed: Vec::new(),
                exit: None,
            },
            has_ended: false,
            relay: None,
        }),
        sizer: Mutex::new(controller),
        typist: Mutex::new(typist),
    });
    // Whoever started this process waits for it to say that the child runs.
    println!("{}", child.process_id().unwrap());

    let reading = Arc::clone(&shared);
    thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut chunk) {
            let mut told = reading.told.lock().unwrap();
            told.greeting.printed.extend_from_slice(&chunk[..count]);
            told.tell(OUTPUT, &chunk[..count]);
        }
        let mut told = reading.told.lock().unwrap();
        told.has_ended = true;
        told.tell(END, &[]);
    });
    let waiting = Arc::clone(&shared);
    thread::spawn(move || {
        let status = child.wait().unwrap();
        let exit = match status.signal() {
            Some(_) => Exit::Signal(signal_number(status.signal().unwrap())),
            None => Exit::Code(status.exit_code().cast_signed()),
        };
        let mut told = waiting.told.lock().unwrap();
        told.greeting.exit = Some(exit);
        told.tell(EXIT, &serde_json::to_vec(&exit).unwrap());
        drop(told);
        drop(terminal);
    });
    for stream in listener.incoming() {
        let shared = Arc::clone(&shared);
        let stream = stream.unwrap();
        thread::spawn(move || serve(&shared, stream));
    }
    ExitCode::SUCCESS
}

/// The name of a signal is all that is known here.
fn signal_number(name: &str) -> i32 {
    let known = [
        ("Hangup", 1),
        ("Killed", 9),
        ("Terminated", 15),
        ("Segmentation fault", 11),
        ("Aborted", 6),
        ("Interrupt", 2),
    ];
    known
        .iter()
        .find(|(known, _)| name.starts_with(known))
        .map_or(0, |(_, number)| *number)
}

fn serve(shared: &Shared, mut stream: UnixStream) {
    let mut first = [0];
    match stream.read(&mut first) {
        Ok(1) if first[0] == DATA => relay(shared, stream),
        Ok(1) if first[0] == CONTROL => {
            let mut body = Vec::new();
            stream.read_to_end(&mut body).unwrap();
            match serde_json::from_slice(&body).unwrap() {
                Command::Resize(rows, cols) => {
                    shared
                        .sizer
                        .lock()
                        .unwrap()
                        .resize(size(rows, cols))
                        .unwrap();
                    let mut told = shared.told.lock().unwrap();
                    (told.greeting.rows, told.greeting.cols) = (rows, cols);
                }
                Command::Forget => exit(0),
                Command::HangUp => {
                    if let Some(relay) = shared.told.lock().unwrap().relay.take() {
                        let _ = relay.shutdown(Shutdown::Both);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Greets a relay, in the place of the one before it, and types what it says.
fn relay(shared: &Shared, mut stream: UnixStream) {
    let mut told = shared.told.lock().unwrap();
    let greeting = serde_json::to_vec(&told.greeting).unwrap();
    told.relay = Some(stream.try_clone().unwrap());
    told.tell(GREETING, &greeting);
    if told.has_ended {
        told.tell(END, &[]);
    }
    drop(told);
    let mut typed = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut typed) {
        if shared
            .typist
            .lock()
            .unwrap()
            .write_all(&typed[..count])
            .is_err()
        {
            break;
        }
    }
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}
