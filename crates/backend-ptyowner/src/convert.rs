//! Between the frozen messages of the wire and the vocabulary of `abide_core`.

use abide_core::{
    activity::{Activity, ActivityState, Evidence},
    backend::{
        AttachMode, AttachRequest, BackendError, CaptureFormat, CaptureRequest, EndCause, Ended,
        ExitOutcome, Holder, LostReason, Running, Scrollback, Survivor, TerminalOffer,
    },
    clock::Timestamp,
    id::{ClientId, Generation, SessionId},
    replay::Offset,
    size::TermSize,
};

use crate::{
    sys,
    wire::{event, request},
};

impl From<TermSize> for request::Size {
    fn from(size: TermSize) -> Self {
        Self {
            rows: size.rows(),
            cols: size.cols(),
        }
    }
}

impl From<request::Size> for TermSize {
    fn from(size: request::Size) -> Self {
        Self::clamped(size.rows, size.cols)
    }
}

impl From<&AttachRequest> for request::Attach {
    fn from(wanted: &AttachRequest) -> Self {
        Self {
            mode: match wanted.mode {
                AttachMode::Control => request::Mode::Control,
                AttachMode::View => request::Mode::View,
                AttachMode::Steal => request::Mode::Steal,
            },
            size: wanted.size.map(Into::into),
            from: wanted.from.map(Offset::get),
            scrollback: match wanted.scrollback {
                Scrollback::Replace => request::Scrollback::Replace,
                Scrollback::Keep => request::Scrollback::Keep,
            },
        }
    }
}

impl From<&TerminalOffer> for request::Terminal {
    fn from(offer: &TerminalOffer) -> Self {
        Self {
            path: sys::os_bytes::to_bytes(offer.path.as_os_str()),
            device: offer.device,
            file_system: offer.file_system,
            inode: offer.inode,
            own_keys: offer.own_keys.clone(),
        }
    }
}

impl From<CaptureRequest> for request::Capture {
    fn from(wanted: CaptureRequest) -> Self {
        Self {
            format: match wanted.format {
                CaptureFormat::Text => request::Format::Text,
                CaptureFormat::Ansi => request::Format::Ansi,
            },
            history_lines: wanted.history_lines,
        }
    }
}

impl From<event::Holder> for Holder {
    fn from(holder: event::Holder) -> Self {
        Self {
            client: ClientId::new(holder.client),
            label: holder.label,
            since: Timestamp::from_millis(holder.since_ms),
        }
    }
}

impl From<&Holder> for event::Holder {
    fn from(holder: &Holder) -> Self {
        Self {
            client: holder.client.get(),
            label: holder.label.clone(),
            since_ms: holder.since.as_millis(),
        }
    }
}

impl From<event::Running> for Running {
    fn from(running: event::Running) -> Self {
        Self {
            pid: running.pid,
            started_at: Timestamp::from_millis(running.started_ms),
            last_output_at: running.last_output_ms.map(Timestamp::from_millis),
            size: running.size.into(),
            offset: Offset::new(running.offset),
            title: running.title,
            controller: running.controller.map(Into::into),
            viewers: running.viewers,
            problem: running.problem,
        }
    }
}

impl From<event::Outcome> for ExitOutcome {
    fn from(outcome: event::Outcome) -> Self {
        match outcome {
            event::Outcome::Exited(code) => Self::Exited { code },
            event::Outcome::Signaled(signal) => Self::Signaled { signal },
            event::Outcome::Lost(reason) => Self::Lost {
                reason: match reason {
                    event::LostReason::HolderDied => LostReason::HolderDied,
                    event::LostReason::HostLost => LostReason::HostLost,
                    event::LostReason::Rebooted => LostReason::Rebooted,
                },
            },
        }
    }
}

impl From<&ExitOutcome> for event::Outcome {
    fn from(outcome: &ExitOutcome) -> Self {
        match outcome {
            ExitOutcome::Exited { code } => Self::Exited(*code),
            ExitOutcome::Signaled { signal } => Self::Signaled(*signal),
            ExitOutcome::Lost { reason } => Self::Lost(match reason {
                LostReason::HolderDied => event::LostReason::HolderDied,
                LostReason::HostLost => event::LostReason::HostLost,
                LostReason::Rebooted => event::LostReason::Rebooted,
            }),
        }
    }
}

impl From<event::Ended> for Ended {
    fn from(ended: event::Ended) -> Self {
        Self {
            outcome: ended.outcome.into(),
            cause: None,
            started_at: Timestamp::from_millis(ended.started_ms),
            ended_at: Some(Timestamp::from_millis(ended.ended_ms)),
            offset: Offset::new(ended.offset),
        }
    }
}

impl From<event::Over> for Ended {
    fn from(over: event::Over) -> Self {
        Self {
            cause: over.cause.map(Into::into),
            ..over.ended.into()
        }
    }
}

impl From<event::Cause> for EndCause {
    fn from(cause: event::Cause) -> Self {
        match cause {
            event::Cause::Shutdown => Self::Shutdown,
            event::Cause::Stopped => Self::Stopped,
        }
    }
}

impl From<EndCause> for event::Cause {
    fn from(cause: EndCause) -> Self {
        match cause {
            EndCause::Shutdown => Self::Shutdown,
            EndCause::Stopped => Self::Stopped,
        }
    }
}

impl From<event::Activity> for Activity {
    fn from(activity: event::Activity) -> Self {
        Self {
            state: match activity.state {
                event::Doing::Working => ActivityState::Working,
                event::Doing::Waiting => ActivityState::Waiting,
                event::Doing::Idle => ActivityState::Idle,
                event::Doing::Exited => ActivityState::Exited,
                event::Doing::Unknown => ActivityState::Unknown,
            },
            source: activity.source.into(),
            since: Timestamp::from_millis(activity.since_ms),
            last_output: activity.last_output_ms.map(Timestamp::from_millis),
            title: activity.title,
            notification: activity.notification,
            last_code: activity.last_code,
        }
    }
}

impl From<&Activity> for event::Activity {
    fn from(activity: &Activity) -> Self {
        Self {
            state: match activity.state {
                ActivityState::Working => event::Doing::Working,
                ActivityState::Waiting => event::Doing::Waiting,
                ActivityState::Idle => event::Doing::Idle,
                ActivityState::Exited => event::Doing::Exited,
                ActivityState::Unknown => event::Doing::Unknown,
            },
            source: activity.source.into(),
            since_ms: activity.since.as_millis(),
            last_output_ms: activity.last_output.map(Timestamp::as_millis),
            title: activity.title.clone(),
            notification: activity.notification.clone(),
            last_code: activity.last_code,
        }
    }
}

impl From<event::Evidence> for Evidence {
    fn from(evidence: event::Evidence) -> Self {
        match evidence {
            event::Evidence::None => Self::None,
            event::Evidence::Output => Self::Output,
            event::Evidence::Silence => Self::Silence,
            event::Evidence::Title => Self::Title,
            event::Evidence::Progress => Self::Progress,
            event::Evidence::Bell => Self::Bell,
            event::Evidence::Notification => Self::Notification,
            event::Evidence::Prompt => Self::Prompt,
            event::Evidence::Command => Self::Command,
            event::Evidence::Finished => Self::Finished,
            event::Evidence::End => Self::End,
        }
    }
}

impl From<Evidence> for event::Evidence {
    fn from(evidence: Evidence) -> Self {
        match evidence {
            Evidence::None => Self::None,
            Evidence::Output => Self::Output,
            Evidence::Silence => Self::Silence,
            Evidence::Title => Self::Title,
            Evidence::Progress => Self::Progress,
            Evidence::Bell => Self::Bell,
            Evidence::Notification => Self::Notification,
            Evidence::Prompt => Self::Prompt,
            Evidence::Command => Self::Command,
            Evidence::Finished => Self::Finished,
            Evidence::End => Self::End,
        }
    }
}

impl From<event::Survivor> for Survivor {
    fn from(survivor: event::Survivor) -> Self {
        Self {
            pid: survivor.pid,
            name: survivor.name,
        }
    }
}

impl From<Survivor> for event::Survivor {
    fn from(survivor: Survivor) -> Self {
        Self {
            pid: survivor.pid,
            name: survivor.name,
        }
    }
}

/// Returns the error that a failure of a request is to the caller.
pub(crate) fn failure(
    action: &'static str,
    session: &SessionId,
    wanted: Option<Generation>,
    failure: event::Failure,
) -> BackendError {
    let session = session.clone();
    let refused = |reason: &str| BackendError::Refused {
        action,
        session: session.clone(),
        reason: reason.to_owned(),
    };
    match failure {
        event::Failure::Busy(holder) => BackendError::Busy {
            session,
            holder: holder.into(),
        },
        event::Failure::NotController => refused("this client has no control of it"),
        event::Failure::AlreadyAttached => refused("this connection is attached to it already"),
        event::Failure::WrongGeneration(found) => match wanted {
            Some(wanted) => BackendError::WrongGeneration {
                session,
                wanted,
                found: Generation::from_bytes(found),
            },
            None => refused("it was started again in the meantime"),
        },
        event::Failure::Ended => BackendError::Ended { session },
        event::Failure::NoLoan => BackendError::Refused {
            action,
            session: session.clone(),
            reason: "the client has lent no terminal".into(),
        },
        event::Failure::System(reason) => BackendError::Failed {
            action,
            session,
            source: reason.into(),
        },
    }
}
