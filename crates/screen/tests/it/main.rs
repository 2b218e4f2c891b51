//! What a screen model promises, over streams and cuts that no one chose by hand.

mod answers;
mod cuts;
mod grammar;
mod judge;
mod reading;
mod recordings;
mod regressions;
mod sizes;
mod streams;
