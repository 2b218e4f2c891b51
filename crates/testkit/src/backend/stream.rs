//! A client's two ends of a fake session.

use std::sync::Arc;

use abide_core::{
    backend::{BackendError, InputSink, OutputEvent, OutputStream},
    id::{ClientId, SessionId},
    size::TermSize,
};
use async_trait::async_trait;
use bytes::Bytes;

use super::session::FakeSession;

/// A client's place in a session; it leaves when both of its ends are dropped.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) session: Arc<FakeSession>,
    pub(super) client: ClientId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.session.update(|state| state.dismiss(self.client));
    }
}

#[derive(Debug)]
pub(super) struct FakeOutput(pub(super) Arc<Seat>);

#[async_trait]
impl OutputStream for FakeOutput {
    async fn next(&mut self) -> Result<Option<OutputEvent>, BackendError> {
        let Seat { session, client } = &*self.0;
        Ok(session.when(|state| state.next_event(*client)).await)
    }
}

#[derive(Debug)]
pub(super) struct FakeInput(pub(super) Arc<Seat>);

#[async_trait]
impl InputSink for FakeInput {
    async fn write(&self, input: Bytes) -> Result<(), BackendError> {
        let Seat { session, client } = &*self.0;
        type_into(session, &input, Some(*client), &mut 0).await
    }

    async fn resize(&self, size: TermSize) -> Result<(), BackendError> {
        let Seat { session, client } = &*self.0;
        session.update(|state| {
            if !state.is_controlled_by(*client) {
                return Err(without_control("resize", &session.id));
            }
            state.resize(size);
            Ok(())
        })
    }
}

/// Types `input` to its end, alone; counts what was taken in `taken`.
///
/// A client needs control until its last byte was taken; without one, whoever has it is ignored.
pub(super) async fn type_into(
    session: &FakeSession,
    input: &[u8],
    client: Option<ClientId>,
    taken: &mut usize,
) -> Result<(), BackendError> {
    let _turn = session.typing.acquire().await.expect("it is never closed");
    loop {
        let step = session.when(|state| {
            if state.ended.is_some() {
                let session = session.id.clone();
                return Some(Err(BackendError::Ended { session }));
            }
            if client.is_some_and(|client| !state.is_controlled_by(client)) {
                return Some(Err(without_control("type into", &session.id)));
            }
            let rest = &input[*taken..];
            let more = state.take_input(rest);
            (more != 0 || rest.is_empty()).then_some(Ok(more))
        });
        *taken += step.await?;
        if *taken == input.len() {
            return Ok(());
        }
    }
}

fn without_control(action: &'static str, session: &SessionId) -> BackendError {
    BackendError::Refused {
        action,
        session: session.clone(),
        reason: "this client only watches".into(),
    }
}
