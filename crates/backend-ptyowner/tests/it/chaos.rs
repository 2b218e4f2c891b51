//! Clients by the hundred, and such that do everything but what a client should.

mod crowd;
mod frames;
mod paste;
mod resize;
mod stopped;
