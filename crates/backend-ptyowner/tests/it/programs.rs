//! Real programs: a terminal that comes late shows what one that was there all along shows.

use abide_core::{
    backend::{AttachMode, Attachment, Command, OutputEvent, TerminalBackend as _},
    replay::Offset,
    size::TermSize,
};
use abide_testkit::screen::{Flags, ScreenView, Terminal};

use crate::place::{DEADLINE, Place};

/// A terminal, and how much of the session's output it has seen.
struct Watcher {
    terminal: Terminal,
    attachment: Attachment,
    offset: Offset,
}

impl Watcher {
    async fn attach(place: &Place, size: TermSize) -> Self {
        Self {
            terminal: Terminal::new(size),
            attachment: place.attach("a", AttachMode::View).await,
            offset: Offset::START,
        }
    }

    /// Shows the next event, if it is one that shows; a snapshot makes the terminal answer nothing.
    async fn step(&mut self) {
        let event = tokio::time::timeout(DEADLINE, self.attachment.output.next()).await;
        let event = event.unwrap_or_else(|_| {
            panic!(
                "nothing more was printed; the screen is\n{}",
                self.terminal.view().framed()
            )
        });
        match event.expect("the connection lasts") {
            Some(OutputEvent::Snapshot { offset, data, .. }) => {
                let typed = self.terminal.feed(&data);
                assert_eq!(typed, b"", "the snapshot made the terminal answer");
                self.offset = offset;
            }
            Some(OutputEvent::Output { offset, data }) => {
                assert_eq!(offset, self.offset);
                self.terminal.feed(&data);
                self.offset = offset.advanced(data.len());
            }
            other => panic!("instead of output: {other:?}"),
        }
    }

    async fn until(&mut self, reached: impl Fn(&ScreenView) -> bool) {
        while !reached(&self.terminal.view()) {
            self.step().await;
        }
    }
}

/// Whether the lines above the page are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    Compared,
    /// The program clears the page as a whole. This judge then moves the page above itself; xterm
    /// and the model do not.
    Cleared,
}

impl Above {
    fn of(self, watcher: &Watcher) -> ScreenView {
        let mut view = watcher.terminal.view();
        if self == Self::Cleared {
            view.history.clear();
        }
        // Terminals disagree on which rows are one line once parts of a line were drawn anew. The
        // model means what xterm.js means, which compares this; the judge here means less.
        let rows = view.history.iter_mut().chain(&mut view.rows);
        for cell in rows.flat_map(|row| &mut row.cells) {
            cell.flags.remove(Flags::WRAPLINE);
        }
        view
    }
}

/// Runs a program, types into it, and lets a second terminal come late.
async fn late_equals_early(argv: &[&str], above: Above, steps: &[(&str, &str)]) {
    let place = Place::new();
    let (program, args) = argv.split_first().expect("a program");
    let mut spec = place.command_spec("a", Command::new(*program, args.iter().copied()));
    spec.size = TermSize::clamped(30, 100);
    place.backend.ensure(&spec).await.unwrap();
    let mut early = Watcher::attach(&place, spec.size).await;
    for (typed, shown) in steps {
        place
            .backend
            .send(&spec.session, typed.to_string().into())
            .await
            .unwrap();
        early.until(|view| view.text().contains(shown)).await;
        let mut late = Watcher::attach(&place, spec.size).await;
        late.step().await;
        while early.offset != late.offset {
            if early.offset < late.offset {
                early.step().await;
            } else {
                late.step().await;
            }
        }
        let (early, late) = (above.of(&early), above.of(&late));
        if let Some(difference) = early.diff(&late) {
            panic!(
                "after {typed:?}: {difference}\nearly\n{}\nlate\n{}",
                early.framed(),
                late.framed()
            );
        }
    }
    drop(early);
    place.clear("a").await;
}

/// proves O11
#[tokio::test]
async fn vim_with_colours_splits_and_a_message() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs");
    let set = "set nocompatible number laststatus=2 ruler mouse=a noswapfile viminfo=";
    late_equals_early(
        &["vim", "-u", "NONE", "-c", set, "-c", "syntax on", source],
        Above::Compared,
        &[
            ("", "abide's own backend"),
            (":vsplit\r\x06", "become_helper"),
            (":echo 'a message'\r", "a message"),
            ("ione more line", "one more line"),
        ],
    )
    .await;
}

/// proves O11
#[tokio::test]
async fn less_with_a_search_and_a_long_line() {
    let text = concat!(env!("CARGO_MANIFEST_DIR"), "/src/state.rs");
    late_equals_early(
        &["less", "-N", text],
        Above::Compared,
        &[("", "state.rs"), ("/lock\r", "lock"), ("G", "END")],
    )
    .await;
}

/// One key at a time: what comes in one read, `top` takes for one unknown key.
///
/// proves O11
#[tokio::test]
async fn top_with_its_highlights() {
    late_equals_early(
        &["top", "-d", "60"],
        Above::Cleared,
        &[("", "COMMAND"), ("?", "Help")],
    )
    .await;
}

/// proves O11
#[tokio::test]
async fn a_shell_with_a_coloured_prompt_and_scrollback() {
    let prompt = "PS1='\\[\\e[1;32m\\]here\\[\\e[0m\\]:\\[\\e[34m\\]\\w\\[\\e[0m\\]\\$ '\r";
    late_equals_early(
        &["bash", "--norc", "--noprofile"],
        Above::Compared,
        &[
            (prompt, "here"),
            (
                "seq 1 200; printf '\\e]0;a title\\a\\e[4:3mcurly\\e[0m\\n'\r",
                "curly",
            ),
            (
                "printf '\\e[?2004h%0120d' 7; echo; echo wide 漢字 🙂 done\r",
                "done",
            ),
            (
                "printf '\\e[5;9r\\e[?6h\\e[3;3Hin the region'\r",
                "in the region",
            ),
        ],
    )
    .await;
}
