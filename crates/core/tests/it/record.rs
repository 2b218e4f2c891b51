//! Records: lines, what is read of a journal, and the view of it.

mod fixture;
mod lines;
mod summary;
