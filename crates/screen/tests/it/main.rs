//! What a screen model promises, over streams and cuts that no one chose by hand.

mod answers;
mod cuts;
mod judge;
mod reading;
mod regressions;
mod streams;
