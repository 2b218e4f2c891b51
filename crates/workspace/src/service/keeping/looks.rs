//! Looking again who is responsible, while keepers come and go.

use std::time::Duration;

use crate::keeper::KeeperError;

/// How often it is looked: for seven seconds.
const LOOKS: u32 = 20;

/// Time until it is looked again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// The longest that this becomes.
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// How often it was looked, and what stood in the way.
#[derive(Debug)]
pub(in crate::service) struct Looks {
    looks: u32,
    wait: Duration,
    unreachable: Option<KeeperError>,
}

impl Looks {
    pub(in crate::service) fn new() -> Self {
        Self {
            looks: 1,
            wait: FIRST_PAUSE,
            unreachable: None,
        }
    }

    /// Passes on what a keeper answered. One that could not be reached is no answer yet: it was asked
    /// to make itself reachable, or is gone, which the next look shows.
    pub(in crate::service) fn unless_unreachable<T>(
        &mut self,
        answer: Result<Option<T>, KeeperError>,
    ) -> Result<Option<T>, KeeperError> {
        match answer {
            Err(err @ KeeperError::Unreachable { .. }) => {
                self.unreachable = Some(err);
                Ok(None)
            }
            answer => {
                self.unreachable = None;
                answer
            }
        }
    }

    /// Lets a keeper that comes or goes get on with it, before it is looked again.
    ///
    /// # Errors
    ///
    /// When it was looked often enough.
    pub(in crate::service) async fn again(&mut self) -> Result<(), KeeperError> {
        if LOOKS <= self.looks {
            let restless = KeeperError::Restless { looks: self.looks };
            return Err(self.unreachable.take().unwrap_or(restless));
        }
        self.looks += 1;
        let _ = tokio::time::timeout(self.wait, std::future::pending::<()>()).await;
        self.wait = (2 * self.wait).min(LAST_PAUSE);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn unreachable() -> Result<Option<()>, KeeperError> {
        Err(KeeperError::Unreachable {
            holder: "pid 1".to_owned(),
            pid: 1,
            source: io::ErrorKind::NotFound.into(),
        })
    }

    fn last() -> Looks {
        let looks = LOOKS;
        Looks {
            looks,
            ..Looks::new()
        }
    }

    #[tokio::test]
    async fn looking_again_ends_with_what_stood_in_the_way_last() {
        let mut looks = last();
        assert_eq!(looks.unless_unreachable(unreachable()).unwrap(), None);
        let err = looks.again().await.unwrap_err();
        assert!(matches!(err, KeeperError::Unreachable { .. }), "{err}");

        let mut looks = last();
        assert_eq!(looks.unless_unreachable(unreachable()).unwrap(), None);
        assert_eq!(looks.unless_unreachable(Ok(Some(()))).unwrap(), Some(()));
        let err = looks.again().await.unwrap_err();
        assert!(
            matches!(err, KeeperError::Restless { looks: LOOKS }),
            "{err}"
        );
        let other = Err(KeeperError::Silent { log_tail: None });
        assert!(looks.unless_unreachable::<()>(other).is_err());
    }
}
