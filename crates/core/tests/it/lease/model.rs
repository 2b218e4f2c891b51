//! Any history of a lease, against a model that knows the truth.
//!
//! The model knows how much time really passed and who was granted what. Wall clocks are set at
//! will, files are torn and removed, and what is known of a keeper's life may be anything.

use std::time::Duration;

use abide_core::{
    clock::Timestamp,
    lease::{
        Consent, FencingToken, Grant, Keeper, LEASE_TTL, LeaseEvent, LeaseState, Liveness, Look,
        Moment, Next, StoredLease, Uptime,
    },
};
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestCaseError};

use super::fixture::{START, claim, keeper};

#[derive(Debug, Clone)]
enum Step {
    Claim(usize, Liveness, Consent),
    Renew(usize),
    Release(usize),
    Pass(u64),
    SetClock(u64),
    Tear,
    Remove,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..KEEPERS;
    let liveness = select(vec![Liveness::Alive, Liveness::Dead, Liveness::Unknown]);
    let consent = select(vec![Consent::None, Consent::Any]);
    let step = prop_oneof![
        4 => (who, liveness, consent).prop_map(|(who, live, yes)| Step::Claim(who, live, yes)),
        4 => any::<usize>().prop_map(Step::Renew),
        2 => any::<usize>().prop_map(Step::Release),
        3 => (1..70_000_u64).prop_map(Step::Pass),
        1 => (0..2 * START).prop_map(Step::SetClock),
        1 => Just(Step::Tear),
        1 => Just(Step::Remove),
    ];
    vec(step, 0..60)
}

/// Two on one machine, one on another.
const KEEPERS: usize = 3;

struct World {
    keepers: [Keeper; KEEPERS],
    /// Every grant there ever was, with whose it is; a process may come back with an old one.
    grants: Vec<(usize, Grant)>,
    file: Option<Vec<u8>>,
    /// The greatest token that was ever granted; what the journal knows.
    greatest: FencingToken,
    /// Which grant the file holds, and when it was truly renewed.
    holder: Option<(usize, u64)>,
    /// What truly passed, in milliseconds.
    passed: u64,
    wall: u64,
}

impl World {
    fn new() -> Self {
        Self {
            keepers: [keeper("here", 1), keeper("here", 2), keeper("there", 1)],
            grants: Vec::new(),
            file: None,
            greatest: FencingToken::NONE,
            holder: None,
            passed: 0,
            wall: START,
        }
    }

    fn at(&self) -> Moment {
        Moment {
            now: Timestamp::from_millis(self.wall),
            uptime: Some(Uptime::from_millis(self.passed)),
        }
    }

    fn seen_by(&self, who: usize, liveness: Liveness) -> LeaseState {
        let stored = StoredLease::parse(self.file.as_deref()).unwrap();
        let look = Look {
            place: &self.keepers[who].place,
            at: self.at(),
            liveness,
            unchanged_for: Duration::ZERO,
        };
        LeaseState::judge(stored, &look)
    }

    /// Whether the holder runs where this keeper does, and how long ago it truly renewed.
    fn neighbour(&self, who: usize) -> Option<u64> {
        let (grant, renewed) = self.holder?;
        let holder = self.grants[grant].0;
        let is_near = self.keepers[holder].place == self.keepers[who].place;
        is_near.then(|| self.passed - renewed)
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Claim(who, liveness, consent) => self.claim(who, liveness, consent)?,
            Step::Renew(any) => self.renew(any)?,
            Step::Release(any) => self.release(any)?,
            Step::Pass(millis) => {
                self.passed += millis;
                self.wall += millis;
            }
            Step::SetClock(wall) => self.wall = wall,
            Step::Tear => {
                self.file = self.file.take().map(|file| file[..file.len() / 2].to_vec());
                self.holder = None;
            }
            Step::Remove => (self.file, self.holder) = (None, None),
        }
        Ok(())
    }

    fn claim(
        &mut self,
        who: usize,
        liveness: Liveness,
        consent: Consent,
    ) -> Result<(), TestCaseError> {
        let near = self.neighbour(who);
        let event = claim(&self.keepers[who], self.greatest, consent);
        let answer = self.seen_by(who, liveness).apply(event, self.at());
        match near {
            Some(millis) => {
                let over = liveness == Liveness::Dead || LEASE_TTL <= Duration::from_millis(millis);
                prop_assert_eq!(answer.is_ok(), over, "{:?} after {} ms", answer, millis);
            }
            None if self.holder.is_none() => prop_assert!(answer.is_ok(), "{answer:?}"),
            None => {}
        }
        if let Ok(next) = answer {
            let Next::Write(lease) = next else {
                return Err(TestCaseError::fail("a claim removed the lease"));
            };
            prop_assert!(self.greatest < lease.epoch, "tokens only grow");
            self.greatest = lease.epoch;
            self.holder = Some((self.grants.len(), self.passed));
            self.grants.push((who, lease.grant()));
            self.file = Some(lease.to_json().into_bytes());
        }
        Ok(())
    }

    /// Whether the file holds this grant; no other may be renewed or released.
    fn holds(&self, number: usize) -> bool {
        self.holder.is_some_and(|(held, _)| held == number)
    }

    fn granted(&self, any: usize) -> Option<(usize, usize, Grant)> {
        let number = any.checked_rem(self.grants.len())?;
        let (who, grant) = self.grants[number].clone();
        Some((number, who, grant))
    }

    fn renew(&mut self, any: usize) -> Result<(), TestCaseError> {
        let Some((number, who, grant)) = self.granted(any) else {
            return Ok(());
        };
        let generation = None;
        let state = self.seen_by(who, Liveness::Alive);
        let answer = state.apply(LeaseEvent::Renew { grant, generation }, self.at());
        prop_assert_eq!(answer.is_ok(), self.holds(number), "{:?}", answer);
        if let Ok(Next::Write(lease)) = answer {
            prop_assert_eq!(lease.epoch, self.greatest);
            self.holder = Some((number, self.passed));
            self.file = Some(lease.to_json().into_bytes());
        }
        Ok(())
    }

    fn release(&mut self, any: usize) -> Result<(), TestCaseError> {
        let Some((number, who, grant)) = self.granted(any) else {
            return Ok(());
        };
        let state = self.seen_by(who, Liveness::Alive);
        let answer = state.apply(LeaseEvent::Release { grant }, self.at());
        prop_assert_eq!(answer.is_ok(), self.holds(number), "{:?}", answer);
        if answer.is_ok() {
            (self.file, self.holder) = (None, None);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// proves L3, L6, L8
    #[test]
    fn tokens_only_grow_and_there_are_never_two_holders(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.step(step)?;
        }
    }
}
