//! A keeper's own endpoint: bound, looked after, and bound again when it is gone.
//!
//! Somebody may delete the socket of a live keeper, the directory it is in, or the file that says
//! where it is; a logout does, to the user's runtime directory. So a keeper looks after them at each
//! heartbeat, and when it is rung by somebody who wants it and finds nobody there. Nothing that took
//! the socket's place is ever removed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use abide_core::{
    id::{random_bytes, to_hex},
    lease::FencingToken,
};
use abide_local::endpoint::{self, Identity};
use interprocess::local_socket::{
    tokio::{Listener, Stream},
    traits::tokio::Listener as _,
};
use tracing::{info, warn};

use super::Place;

/// Time after an error until somebody is let in again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where the keeper of a grant listens. Dropping it takes the endpoint away, and the file that says
/// where it is.
pub(crate) struct Endpoint {
    place: Place,
    runtime_dir: PathBuf,
    epoch: FencingToken,
    bound: Option<Bound>,
}

impl Endpoint {
    /// Binds the endpoint of a keeper that was just granted the lease, and says where it is. What
    /// fails is logged, and tried again by each [`Endpoint::look_after`].
    pub(crate) fn bind(place: Place, runtime_dir: &Path, epoch: FencingToken) -> Self {
        place.clear_before(epoch);
        let mut endpoint = Self {
            place,
            runtime_dir: runtime_dir.to_owned(),
            epoch,
            bound: None,
        };
        let stem = endpoint.stem();
        let bound = endpoint::bind(runtime_dir, &stem).map(|bound| Bound::new(bound, stem));
        let said = bound.and_then(|bound| endpoint.bound.insert(bound).say(&endpoint.place, epoch));
        if let Err(err) = said {
            warn!(error = %err, "cannot be reached; tries again");
        }
        endpoint
    }

    /// Binds again if the endpoint is gone, and says again where it is if nothing does.
    pub(crate) fn look_after(&mut self) {
        match self.settle() {
            Ok(false) => {}
            Ok(true) => info!("can be reached again"),
            Err(err) => warn!(error = %err, "cannot be reached; tries again"),
        }
    }

    fn settle(&mut self) -> io::Result<bool> {
        let bound = match self.bound.take_if(|bound| bound.is_intact()) {
            Some(bound) => bound,
            None => self.bind_again()?,
        };
        let bound = self.bound.insert(bound);
        match self.place.said(self.epoch).as_ref() == Some(&bound.address) {
            true => Ok(false),
            false => bound.say(&self.place, self.epoch).map(|()| true),
        }
    }

    fn bind_again(&self) -> io::Result<Bound> {
        let stem = self.stem();
        let bound = endpoint::bind_again(&self.runtime_dir, &stem, &stem)?;
        Ok(Bound::new(bound, stem))
    }

    /// Waits for a connection: for ever while there is no endpoint. An error is told after a pause,
    /// since the next one may come at once: while there are no descriptors, for example.
    ///
    /// Cancel safety: safe to drop at any await.
    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        let Some(bound) = &self.bound else {
            return std::future::pending().await;
        };
        let accepted = bound.listener.accept().await;
        if accepted.is_err() {
            let pause = std::future::pending::<()>();
            let _ = tokio::time::timeout(ACCEPT_PAUSE, pause).await;
        }
        accepted
    }

    /// Returns a name for a socket that was never used.
    fn stem(&self) -> String {
        let chance = to_hex(&random_bytes::<4>());
        format!("{}{chance}", self.place.stem(self.epoch))
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let Some(bound) = self.bound.take() else {
            return;
        };
        // After a loss of lease and journal another keeper may have the same epoch, and its file here.
        if self.place.said(self.epoch).as_ref() == Some(&bound.address) {
            // One that stays leads nowhere.
            let _ = fs::remove_file(self.place.file(self.epoch));
        }
    }
}

/// A socket that is listened at; it goes when this is dropped, unless something took its place.
struct Bound {
    listener: Listener,
    address: String,
    identity: Option<Identity>,
    stem: String,
}

impl Bound {
    fn new((listener, address): (Listener, String), stem: String) -> Self {
        Self {
            listener,
            identity: endpoint::identity(&address),
            address,
            stem,
        }
    }

    fn is_intact(&self) -> bool {
        self.identity.is_some() && endpoint::identity(&self.address) == self.identity
    }

    fn say(&self, place: &Place, epoch: FencingToken) -> io::Result<()> {
        place.say(epoch, &self.address)
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if self.is_intact() {
            endpoint::remove(&self.address, &self.stem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Site {
        root: tempfile::TempDir,
        place: Place,
    }

    const EPOCH: FencingToken = FencingToken::LAST;

    impl Site {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            let place = Place::new(root.path(), root.path());
            drop(place.open_log().unwrap());
            Self { root, place }
        }

        fn runtime(&self) -> PathBuf {
            self.root.path().join("r")
        }

        fn bind(&self) -> Endpoint {
            Endpoint::bind(self.place.clone(), &self.runtime(), EPOCH)
        }

        async fn is_reached(&self, endpoint: &Endpoint) -> bool {
            let connected = self.place.connect(EPOCH).await;
            if connected.is_ok() {
                endpoint.accept().await.unwrap();
            }
            connected.is_ok()
        }
    }

    #[tokio::test]
    async fn a_keeper_leaves_the_address_that_another_of_the_same_epoch_put_in_its_place() {
        let site = Site::new();
        let earlier = site.bind();
        let later = site.bind();
        drop(earlier);
        assert!(site.is_reached(&later).await);
        drop(later);
        assert!(!site.place.file(EPOCH).exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_gone_of_an_endpoint_is_made_again_and_what_is_whole_is_left() {
        let site = Site::new();
        let mut endpoint = site.bind();
        let address = || site.place.said(EPOCH);
        let first = address();
        endpoint.look_after();
        assert_eq!(address(), first, "nothing was wrong with it");

        let keepers = site.root.path().join(super::super::KEEPERS_DIR);
        let losses: [&dyn Fn(); 4] = [
            &|| fs::remove_file(address().unwrap()).unwrap(),
            &|| fs::remove_dir_all(site.runtime()).unwrap(),
            &|| fs::remove_file(site.place.file(EPOCH)).unwrap(),
            &|| fs::remove_dir_all(&keepers).unwrap(),
        ];
        for (number, lose) in losses.into_iter().enumerate() {
            lose();
            assert!(!site.is_reached(&endpoint).await, "loss {number}");
            endpoint.look_after();
            assert!(site.is_reached(&endpoint).await, "loss {number}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_took_the_sockets_place_stays_and_another_name_is_said() {
        let site = Site::new();
        let mut endpoint = site.bind();
        let first = site.place.said(EPOCH).unwrap();
        fs::remove_file(&first).unwrap();
        fs::write(&first, "another's").unwrap();
        endpoint.look_after();
        assert!(site.is_reached(&endpoint).await);
        drop(endpoint);
        assert_eq!(fs::read_to_string(&first).unwrap(), "another's");
        assert_eq!(fs::read_dir(site.runtime()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn an_endpoint_that_could_not_be_bound_is_bound_once_it_can_be() {
        let site = Site::new();
        fs::write(site.runtime(), "in the way").unwrap();
        let mut endpoint = site.bind();
        assert!(!site.is_reached(&endpoint).await);
        fs::remove_file(site.runtime()).unwrap();
        endpoint.look_after();
        assert!(site.is_reached(&endpoint).await);
        assert!(
            site.place
                .said(EPOCH)
                .unwrap()
                .starts_with(site.root.path().to_str().unwrap())
        );
    }
}
