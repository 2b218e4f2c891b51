//! What tests of relays run: a program that holds terminals of its own, and relays to them.
//!
//! ```text
//! helper relay --from-launcher      a relay, by `host::run`
//! helper hold SOCKET …              holds one terminal for as long as its child runs, and until
//!                                   somebody has seen how it ended
//! ```

#![cfg_attr(
    unix,
    expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")
)]

#[cfg(unix)]
mod greeting;
#[cfg(unix)]
mod holder;
#[cfg(unix)]
mod source;
#[cfg(unix)]
mod terminal;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    let relay = abide_backend_ptyowner::Role {
        word: "relay",
        run: abide_backend_ptyowner::host::run::<source::HeldTerminals>,
    };
    match abide_backend_ptyowner::become_helper_or(&[relay]) {
        Some(code) => code,
        None => holder::run(),
    }
}

#[cfg(not(unix))]
fn main() {}
