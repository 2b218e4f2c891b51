//! A client's terminal that is lent to the owner: a real one, of which the test has the other end.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    os::{
        fd::AsFd as _,
        unix::{
            ffi::OsStringExt as _,
            fs::{MetadataExt as _, OpenOptionsExt as _},
        },
    },
    path::PathBuf,
};

use abide_core::{
    backend::{
        AttachMode, AttachRequest, Attachment, OutputEvent, Scrollback, TerminalBackend as _,
        TerminalOffer,
    },
    size::TermSize,
};
use abide_screen::{ScreenLimits, ScreenModel};
use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};
use tokio::io::unix::AsyncFd;

use crate::place::{DEADLINE, Place, request, session};

/// Both ends of a terminal in raw mode.
struct Pair {
    controller: AsyncFd<File>,
    terminal: File,
    path: PathBuf,
    seen: Vec<u8>,
}

impl Pair {
    fn open() -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let controller = openpt(flags).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        rustix::io::ioctl_fionbio(&controller, true).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let path = PathBuf::from(std::ffi::OsString::from_vec(name.into_bytes()));
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let no_controlling_terminal = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap();
        let terminal = options.custom_flags(no_controlling_terminal).open(&path);
        let terminal = terminal.unwrap();
        let mut raw = tcgetattr(&terminal).unwrap();
        raw.make_raw();
        tcsetattr(&terminal, OptionalActions::Now, &raw).unwrap();
        Self {
            // SAFETY: the file is owned, stays open and keeps its number until it is dropped.
            controller: unsafe { AsyncFd::register(File::from(controller)) }.unwrap(),
            terminal,
            path,
            seen: Vec::new(),
        }
    }

    fn offer(&self) -> TerminalOffer {
        let file = self.terminal.metadata().unwrap();
        TerminalOffer {
            path: self.path.clone(),
            device: file.rdev(),
            file_system: file.dev(),
            inode: file.ino(),
            own_keys: vec![0x1c],
        }
    }

    fn press(&self, keys: &[u8]) {
        self.controller.get_ref().write_all(keys).unwrap();
    }

    /// Reads what is shown until `reached` says so of all of it.
    async fn wait(&mut self, what: &str, reached: impl Fn(&[u8]) -> bool) {
        let read = async {
            while !reached(&self.seen) {
                let mut ready = self.controller.readable().await.unwrap();
                let mut bytes = [0; 4096];
                let read = ready.try_io(|file| file.get_ref().read(&mut bytes));
                if let Ok(count) = read {
                    self.seen.extend_from_slice(&bytes[..count.unwrap()]);
                }
            }
        };
        let done = tokio::time::timeout(DEADLINE, read).await;
        let seen = String::from_utf8_lossy(&self.seen).into_owned();
        assert!(done.is_ok(), "{what} did not come; seen:\n{seen}");
    }

    async fn wait_text(&mut self, text: &str) {
        let wanted = text.as_bytes();
        self.wait(text, |seen| {
            seen.windows(wanted.len()).any(|part| part == wanted)
        })
        .await;
    }
}

async fn attach(place: &Place, id: &str, pair: &Pair, mode: AttachMode) -> Attachment {
    let request = AttachRequest {
        scrollback: Scrollback::Keep,
        terminal: Some(pair.offer()),
        ..request(mode)
    };
    place.backend.attach(&session(id), request).await.unwrap()
}

/// Waits for an event that `is` it, dropping others.
async fn event<T>(
    attachment: &mut Attachment,
    what: &str,
    is: impl Fn(OutputEvent) -> Option<T>,
) -> T {
    let read = async {
        loop {
            let event = attachment.output.next().await.unwrap();
            if let Some(found) = is(event.expect("it goes on")) {
                return found;
            }
        }
    };
    tokio::time::timeout(DEADLINE, read)
        .await
        .unwrap_or_else(|_| panic!("{what} did not come"))
}

fn snapshot(event: OutputEvent) -> Option<Vec<u8>> {
    match event {
        OutputEvent::Snapshot { data, .. } => Some(data.to_vec()),
        _ => None,
    }
}

/// proves O9, O13
#[tokio::test]
async fn what_is_printed_and_typed_goes_past_the_client() {
    let place = Place::new();
    let script = "stty raw -echo; echo ready; exec cat";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut pair = Pair::open();
    let mut attachment = attach(&place, "a", &pair, AttachMode::Control).await;
    assert!(attachment.controls);
    let loan = attachment.loan.take().expect("the terminal is near");
    pair.press(b"early ");
    loan.begin().await.unwrap();
    pair.wait_text("ready").await;
    pair.wait_text("early").await;
    pair.press(b"typed");
    pair.wait_text("typed").await;

    // Its own key comes to the client, and nothing after it to anybody.
    pair.press(b"x\x1cy");
    let keys = event(&mut attachment, "the keys", |event| match event {
        OutputEvent::Keys { data } => Some(data),
        _ => None,
    })
    .await;
    assert_eq!(keys, b"x\x1cy"[..]);
    pair.press(b"later");
    attachment.input.write(b"between"[..].into()).await.unwrap();
    loan.take_keys().await.unwrap();
    pair.wait_text("betweenlater").await;

    // Given back, it shows nothing more; the stream does.
    loan.end().await.unwrap();
    let page = event(&mut attachment, "the snapshot", snapshot).await;
    let mut model = ScreenModel::new(TermSize::DEFAULT, ScreenLimits::default());
    model.feed(&page);
    assert!(model.text(0).join("\n").contains("betweenlater"));
    let shown = pair.seen.len();
    attachment.input.write(b"apart"[..].into()).await.unwrap();
    let streamed = event(&mut attachment, "the output", |event| match event {
        OutputEvent::Output { data, .. } => Some(data),
        _ => None,
    });
    assert_eq!(streamed.await, b"apart"[..]);
    assert_eq!(pair.seen.len(), shown);
    drop(attachment);
    place.clear("a").await;
    place.env.finish();
}

/// proves O11, O14
#[tokio::test]
async fn the_last_byte_is_shown_before_the_end_is_told_with_the_modes_left_behind() {
    let place = Place::new();
    let script = "printf 'begin\\033[?2004h'; read line; printf 'last\\033[?1049hover'; exit 3";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut pair = Pair::open();
    let mut attachment = attach(&place, "a", &pair, AttachMode::Control).await;
    let loan = attachment.loan.take().expect("the terminal is near");
    loan.begin().await.unwrap();
    pair.wait_text("begin").await;
    pair.press(b"\r");
    let page = event(&mut attachment, "the snapshot", snapshot).await;
    let ended = event(&mut attachment, "the end", |event| match event {
        OutputEvent::Ended(ended) => Some(ended),
        _ => None,
    })
    .await;
    assert_eq!(ended.outcome.to_string(), "exited with code 3");
    pair.wait_text("over").await;
    let mut shown = ScreenModel::new(TermSize::DEFAULT, ScreenLimits::default());
    shown.feed(&pair.seen);
    let mut told = ScreenModel::new(TermSize::DEFAULT, ScreenLimits::default());
    told.feed(&page);
    assert_eq!(told.first_difference(&mut shown), None);
    place.clear("a").await;
    place.env.finish();
}

/// proves O12
#[tokio::test]
async fn a_terminal_that_is_not_read_holds_up_nobody_and_shows_the_last_screen_in_the_end() {
    let place = Place::new();
    let flood = "read go; seq 1 400000; echo the end; read stay";
    place
        .backend
        .ensure(&place.script("a", flood))
        .await
        .unwrap();
    let mut pair = Pair::open();
    let mut attachment = attach(&place, "a", &pair, AttachMode::Control).await;
    let loan = attachment.loan.take().expect("the terminal is near");
    loan.begin().await.unwrap();
    let started = std::pin::pin!(event(&mut attachment, "lag", |event| match event {
        OutputEvent::Lagged { skipped } => Some(skipped),
        _ => None,
    }));
    pair.press(b"\n");
    let mut viewer = place.attach("a", AttachMode::View).await;
    crate::place::read_until(&mut viewer, "the end", |seen| {
        seen.windows(7).any(|part| part == b"the end")
    })
    .await;
    // Only now is it read: what it shows was skipped to, not printed from the beginning.
    pair.wait_text("the end").await;
    assert!(0 < started.await);
    assert!(pair.seen.len() < 1024 * 1024, "{}", pair.seen.len());
    drop((viewer, loan));
    place.clear("a").await;
    place.env.finish();
}

/// proves O9, O12
#[tokio::test]
async fn a_terminal_that_is_blocked_holds_up_no_word_to_its_client() {
    let place = Place::new();
    let flood = "read go; seq 1 400000; read stay";
    place
        .backend
        .ensure(&place.script("a", flood))
        .await
        .unwrap();
    let pair = Pair::open();
    let mut attachment = attach(&place, "a", &pair, AttachMode::Control).await;
    let loan = attachment.loan.take().expect("the terminal is near");
    loan.begin().await.unwrap();
    pair.press(b"\n");
    let mut viewer = place.attach("a", AttachMode::View).await;
    crate::place::read_text(&mut viewer, "400000").await;
    pair.press(b"\x1c");
    let keys = event(&mut attachment, "the keys", |event| match event {
        OutputEvent::Keys { data } => Some(data),
        _ => None,
    });
    assert_eq!(keys.await, b"\x1c"[..]);
    loan.end().await.unwrap();
    let is_behind = event(&mut attachment, "the page", |event| match event {
        OutputEvent::Lagged { .. } => Some(true),
        OutputEvent::Snapshot { .. } => Some(false),
        _ => None,
    });
    assert!(
        is_behind.await,
        "not everything was shown, and nobody said so"
    );
    event(&mut attachment, "the page", snapshot).await;
    drop((attachment, viewer));
    place.clear("a").await;
    place.env.finish();
}

/// proves O9
#[tokio::test]
async fn a_terminal_that_is_not_the_one_meant_is_not_touched() {
    let place = Place::new();
    place
        .backend
        .ensure(&place.script("a", "echo here; exec cat"))
        .await
        .unwrap();
    let (pair, other) = (Pair::open(), Pair::open());
    let file = place.env.work_dir().join("file");
    std::fs::write(&file, "as it was").unwrap();
    let wrong = [
        TerminalOffer {
            path: other.path.clone(),
            ..pair.offer()
        },
        TerminalOffer {
            inode: pair.offer().inode + 1,
            ..pair.offer()
        },
        TerminalOffer {
            path: file.clone(),
            ..pair.offer()
        },
        TerminalOffer {
            path: place.env.work_dir().join("none"),
            ..pair.offer()
        },
    ];
    for offer in wrong {
        let request = AttachRequest {
            terminal: Some(offer),
            ..request(AttachMode::View)
        };
        let mut attachment = place.backend.attach(&session("a"), request).await.unwrap();
        assert!(attachment.loan.is_none());
        let page = event(&mut attachment, "a snapshot", snapshot).await;
        assert!(!page.is_empty(), "it comes as a stream instead");
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"as it was");
    assert!(rustix::io::ioctl_fionread(other.controller.get_ref().as_fd()).unwrap() == 0);
    place.clear("a").await;
    place.env.finish();
}

/// proves O9
#[tokio::test]
async fn who_loses_control_keeps_its_terminal_and_its_keys() {
    let place = Place::new();
    let script = "stty raw -echo; echo ready; exec cat";
    place
        .backend
        .ensure(&place.script("a", script))
        .await
        .unwrap();
    let mut pair = Pair::open();
    let mut loser = attach(&place, "a", &pair, AttachMode::Control).await;
    let loan = loser.loan.take().expect("the terminal is near");
    loan.begin().await.unwrap();
    pair.wait_text("ready").await;
    let thief = place.attach("a", AttachMode::Steal).await;
    event(&mut loser, "the loss", |event| {
        matches!(event, OutputEvent::ControlLost { .. }).then_some(())
    })
    .await;
    pair.press(b"for nobody");
    loan.take_keys().await.unwrap();
    thief
        .input
        .write(b"from the thief"[..].into())
        .await
        .unwrap();
    pair.wait_text("from the thief").await;
    let mut typed = [0; 10];
    (&pair.terminal).read_exact(&mut typed).unwrap();
    assert_eq!(&typed, b"for nobody", "its client can read them");
    drop((loser, thief));
    place.clear("a").await;
    place.env.finish();
}
