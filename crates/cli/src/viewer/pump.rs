//! The loop between a session and a person's terminal.

mod lent;

use abide_core::{
    backend::{
        AttachMode, Attachment, BackendError, Ended, Holder, OutputEvent, OutputStream,
        TerminalLoan,
    },
    size::TermSize,
};
use bytes::Bytes;

use super::{
    End, Left, Options,
    alarm::Alarm,
    canvas::{Canvas, Gone, Mark},
    detach::{DetachScanner, Verdict},
    error::ViewerError,
    guard::Guard,
    keyboard::Keyboard,
    typist::Typist,
};
use crate::sys::{self, Signal, Signals, Typed};

/// Rings the terminal's bell.
const BELL: &[u8] = b"\x07";

/// Shows the session until there is a reason not to, and gives the terminal back.
pub(super) async fn run(attachment: Attachment, options: Options) -> Result<Left, ViewerError> {
    let signals = Signals::new().map_err(|source| ViewerError::Terminal {
        action: "hear of changes of",
        source,
    })?;
    let Attachment {
        controls,
        size,
        mut output,
        input,
        loan,
        ..
    } = attachment;
    let guard = Guard::enter()?;
    let canvas = Canvas::start()?;
    let mut pump = Pump {
        output: &mut *output,
        typist: Typist::new(&*input),
        scanner: DetachScanner::new(options.keys),
        key_alarm: Alarm::default(),
        rest_alarm: Alarm::default(),
        controls: controls && options.mode != AttachMode::View,
        size,
        lost_to: None,
        again: None,
        guard,
        loan,
        awaited: None,
        keys_are_ours: true,
        keyboard: None,
        canvas,
        signals,
    };
    let reason = pump.serve().await;
    pump.leave(reason, options.name).await
}

/// One thing that happened.
enum Event {
    Signal(Signal),
    Typed(Typed),
    KeyAlarm,
    RestAlarm,
    Progress(Result<(), BackendError>),
    Output(Result<Option<OutputEvent>, BackendError>),
    TerminalGone,
    /// The terminal took what was waited for.
    Taken,
}

/// What is done once the terminal took everything before it: a person may keep it from that for as
/// long as they like.
enum Awaited {
    /// It is lent.
    Lend(Mark),
    /// The end is told.
    End(Mark, Ended),
}

impl Awaited {
    fn mark(&mut self) -> &mut Mark {
        match self {
            Self::Lend(mark) | Self::End(mark, _) => mark,
        }
    }
}

/// Why to stop showing the session.
enum Reason {
    Detached,
    Ended(Ended),
    Hangup,
    Lost(BackendError),
    Failed(ViewerError),
    Closed,
}

impl From<Gone> for Reason {
    fn from(Gone: Gone) -> Self {
        Self::Hangup
    }
}

struct Pump<'a> {
    output: &'a mut dyn OutputStream,
    typist: Typist<'a>,
    scanner: DetachScanner,
    key_alarm: Alarm,
    rest_alarm: Alarm,
    controls: bool,
    size: TermSize,
    lost_to: Option<Holder>,
    /// What to write when this process goes on after a stop.
    again: Option<Bytes>,
    guard: Guard,
    /// While our terminal is lent: output does not come through here.
    loan: Option<Box<dyn TerminalLoan>>,
    awaited: Option<Awaited>,
    /// Whether keys are read here, and not by the one to whom the terminal is lent.
    keys_are_ours: bool,
    /// Reads keys, once they are ours.
    keyboard: Option<Keyboard>,
    canvas: Canvas,
    signals: Signals,
}

impl Pump<'_> {
    async fn serve(&mut self) -> Reason {
        if let Err(reason) = self.open().await {
            return reason;
        }
        loop {
            let event = self.next().await;
            let handled = self.handle(event).await;
            let settled = match handled {
                Ok(()) => self.settle_keys().await,
                Err(reason) => Err(reason),
            };
            if let Err(reason) = settled {
                return reason;
            }
        }
    }

    /// Waits for the next event. Every branch is safe to drop.
    async fn next(&mut self) -> Event {
        let listening = self.keys_are_ours && self.typist.has_room();
        self.key_alarm.set(self.scanner.key_wait());
        // What is not read has no rest to wait for.
        let rest = self.scanner.rest_wait().filter(|_| listening);
        self.rest_alarm.set(rest);
        let (canvas, output) = (&self.canvas, &mut *self.output);
        let keyboard = self.keyboard.as_mut();
        let appetite = self.scanner.appetite();
        let typed = async {
            match keyboard {
                Some(keyboard) => keyboard.read(appetite).await,
                None => std::future::pending().await,
            }
        };
        let is_over = matches!(self.awaited, Some(Awaited::End(..)));
        let awaited = self.awaited.as_mut();
        let taken = async {
            match awaited {
                Some(awaited) => match awaited.mark().passed().await {
                    Ok(()) => Event::Taken,
                    Err(Gone) => Event::TerminalGone,
                },
                None => std::future::pending().await,
            }
        };
        let shown = async {
            match canvas.room().await {
                Ok(()) => Event::Output(output.next().await),
                Err(Gone) => Event::TerminalGone,
            }
        };
        tokio::select! {
            biased;
            signal = self.signals.next() => Event::Signal(signal),
            typed = typed, if listening => Event::Typed(typed),
            () = self.key_alarm.ring() => Event::KeyAlarm,
            () = self.rest_alarm.ring() => Event::RestAlarm,
            done = self.typist.progress() => Event::Progress(done),
            () = canvas.gone() => Event::TerminalGone,
            event = taken => event,
            event = shown, if !is_over => event,
        }
    }

    async fn handle(&mut self, event: Event) -> Result<(), Reason> {
        match event {
            Event::Signal(signal) => self.obey(signal).await,
            Event::Typed(typed) => self.take(typed),
            Event::KeyAlarm => self.scan(DetachScanner::key_expired),
            Event::RestAlarm => self.scan(DetachScanner::rest_expired),
            Event::Progress(done) => self.note_progress(done),
            Event::Output(Ok(Some(event))) => self.show(event).await,
            Event::Output(Ok(None)) => Err(Reason::Closed),
            Event::Output(Err(error)) => Err(Reason::Lost(error)),
            Event::TerminalGone => Err(Reason::Hangup),
            Event::Taken => match self.awaited.take() {
                Some(Awaited::Lend(_)) => self.begin_loan().await,
                Some(Awaited::End(_, ended)) => Err(Reason::Ended(ended)),
                None => Ok(()),
            },
        }
    }

    async fn obey(&mut self, signal: Signal) -> Result<(), Reason> {
        match signal {
            Signal::Resize => self.resize(),
            Signal::End => return Err(Reason::Hangup),
            Signal::Stop => self.stop().await?,
            Signal::Continue => self.go_on().await?,
        }
        Ok(())
    }

    /// Gives the terminal back, and stops until somebody lets this process go on.
    async fn stop(&mut self) -> Result<(), Reason> {
        // One that was not lent yet is lent after the stop.
        if !matches!(self.awaited, Some(Awaited::Lend(_))) {
            self.take_back().await;
        }
        let (closing, again) = self.guard.pause();
        self.again = Some(again);
        if self.canvas.flush(closing).await.is_err() {
            tracing::debug!("the terminal is blocked, or gone, and is left as it is");
        }
        self.guard.restore();
        if let Err(error) = sys::stop_self() {
            tracing::warn!(%error, "this process cannot be stopped");
            self.go_on().await?;
        }
        Ok(())
    }

    /// Takes the terminal again. What it showed meanwhile is gone: the program has to draw.
    async fn go_on(&mut self) -> Result<(), Reason> {
        self.guard.again();
        if !self.keys_are_ours {
            // They are not read for one that is stopped.
            self.lend_keys().await;
        }
        if let Some(again) = self.again.take() {
            self.canvas.write(self.guard.opening()).await?;
            self.draw(again).await?;
        }
        if let (Some(size), true) = (sys::terminal_size(), self.controls) {
            self.size = size;
            self.typist.redraw(size);
        }
        Ok(())
    }

    fn resize(&mut self) {
        let Some(size) = sys::terminal_size() else {
            return;
        };
        if self.controls && size != self.size {
            self.size = size;
            self.typist.resize(size);
        }
    }

    fn take(&mut self, typed: Typed) -> Result<(), Reason> {
        match typed {
            Typed::Bytes(bytes) => self.scan(|scanner, on| scanner.feed(&bytes, on)),
            Typed::Resized => {
                self.resize();
                Ok(())
            }
            Typed::Closed | Typed::Woken => Err(Reason::Hangup),
        }
    }

    fn scan(
        &mut self,
        step: impl FnOnce(&mut DetachScanner, &mut Vec<u8>) -> Verdict,
    ) -> Result<(), Reason> {
        let mut on = Vec::new();
        let verdict = step(&mut self.scanner, &mut on);
        if self.controls {
            self.typist.push(&on);
        }
        match verdict {
            Verdict::Continue => Ok(()),
            Verdict::Detach => Err(Reason::Detached),
        }
    }

    fn note_progress(&mut self, done: Result<(), BackendError>) -> Result<(), Reason> {
        match done {
            Ok(()) => Ok(()),
            // Control went to another, the session ended, or the connection is lost. The output will
            // say which.
            Err(error) => {
                tracing::debug!(%error, "the session takes no input any more");
                self.give_up_control();
                Ok(())
            }
        }
    }

    fn give_up_control(&mut self) {
        self.controls = false;
        self.keys_are_ours = true;
        self.typist.clear();
    }

    async fn show(&mut self, event: OutputEvent) -> Result<(), Reason> {
        match event {
            OutputEvent::Snapshot { data, .. } if self.loan.is_some() => {
                self.loan = None;
                self.keys_are_ours = true;
                if let Some(Awaited::Lend(_)) = self.awaited.take() {
                    // It was over before it could be lent.
                    return self.draw(data).await;
                }
                // It is on the terminal already, which is ours again.
                self.guard.modes().become_what_follows(&data);
                Ok(())
            }
            OutputEvent::Snapshot { data, .. } | OutputEvent::Output { data, .. } => {
                self.draw(data).await
            }
            OutputEvent::Keys { data } => {
                self.keys_are_ours = true;
                self.scan(|scanner, on| scanner.feed(&data, on))
            }
            // Nobody knows what it shows; the snapshot that follows is ours to draw.
            OutputEvent::Lagged { skipped: 0 } if self.loan.is_some() => {
                self.loan = None;
                self.keys_are_ours = true;
                Ok(())
            }
            // A snapshot follows, which puts everything right.
            OutputEvent::Lagged { skipped } => {
                tracing::debug!(bytes = skipped, "output was skipped");
                if self.loan.is_some() {
                    return Ok(());
                }
                let titles = self.guard.modes().drop_titles();
                self.canvas.write(titles.into()).await.map_err(Reason::from)
            }
            OutputEvent::Resized { size } => {
                tracing::debug!(%size, "the session has another size");
                Ok(())
            }
            OutputEvent::ControlLost { by } => {
                self.lost_to = Some(by);
                self.give_up_control();
                let at_rest = self.loan.is_none() && self.guard.modes().at_rest();
                if at_rest {
                    self.canvas.write(Bytes::from_static(BELL)).await?;
                }
                Ok(())
            }
            OutputEvent::Ended(ended) => {
                self.awaited = Some(Awaited::End(self.canvas.mark().await?, ended));
                Ok(())
            }
        }
    }

    async fn draw(&mut self, data: Bytes) -> Result<(), Reason> {
        self.guard.modes().note(&data);
        self.canvas.write(data).await.map_err(Reason::from)
    }

    /// Gives the terminal back, and says why in the caller's words.
    async fn leave(mut self, reason: Reason, name: String) -> Result<Left, ViewerError> {
        if matches!(reason, Reason::Detached) {
            self.typist.flush().await;
        }
        self.take_back().await;
        // What is typed after leaving is for whoever comes next.
        let _ = self.keyboard.take().map(Keyboard::stop);
        let drawn = self.canvas.finish(self.guard.closing()).await;
        drop(self.guard);
        let end = match reason {
            Reason::Detached => End::Detached,
            Reason::Ended(ended) => End::Ended(ended),
            Reason::Hangup => End::Hangup,
            Reason::Lost(source) => return Err(ViewerError::Lost { name, source }),
            Reason::Failed(error) => return Err(error),
            Reason::Closed => return Err(ViewerError::Closed { name }),
        };
        Ok(Left {
            end,
            lost_to: self.lost_to,
            drawn: drawn.is_ok(),
        })
    }
}
