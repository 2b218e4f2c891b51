//! The real `abide`, end to end: real owners, real terminals, real programs.

#[cfg(unix)]
mod editor;
#[cfg(unix)]
mod kills;
#[cfg(unix)]
mod terminal;
