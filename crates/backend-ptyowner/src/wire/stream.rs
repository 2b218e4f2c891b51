//! Frames from an asynchronous stream.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{
    error::WireError,
    frame::{Decoder, Frame, Sender},
};

/// Bytes asked of the stream at once.
const READ_BYTES: usize = 16 * 1024;

/// Why no further frame can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The stream failed.
    #[error("the connection failed")]
    Io(#[from] io::Error),
    /// The bytes were no frame.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// Reads frames from a stream.
#[derive(Debug)]
pub struct FrameReader<R> {
    stream: R,
    decoder: Decoder,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Returns a reader for what `sender` writes to `stream`.
    pub fn new(stream: R, sender: Sender) -> Self {
        Self {
            stream,
            decoder: Decoder::new(sender),
        }
    }

    /// Lets a client that proved itself send what clients send.
    pub fn trust(&mut self) {
        self.decoder.trust();
    }

    /// Waits for the next frame; `None` once the stream ended between two.
    ///
    /// Cancel safety: safe to drop at any await; bytes read so far are kept.
    ///
    /// # Errors
    ///
    /// When the stream fails, ends inside a frame, or carries what is no frame.
    pub async fn next(&mut self) -> Result<Option<Frame>, ReadError> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                return Ok(Some(frame));
            }
            let buffer = self.decoder.buffer_mut();
            buffer.reserve(READ_BYTES);
            if self.stream.read_buf(buffer).await? == 0 {
                self.decoder.finish()?;
                return Ok(None);
            }
        }
    }
}
