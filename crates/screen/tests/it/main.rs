//! What a screen model promises, over streams and cuts that no one chose by hand.

mod answers;
mod charsets;
mod cuts;
mod floods;
mod gaps;
mod grammar;
mod judge;
mod lazy;
mod reading;
mod recordings;
mod regressions;
mod screens;
mod signals;
mod sizes;
mod smallest;
mod speed;
mod streams;
