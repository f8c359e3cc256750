//! Maps with one defect each, to show that the suite sees it and in which of its two parts.

use std::ops::ControlFlow;
use std::thread::yield_now;

use mapbench_core::adapter::{
    BuildSetup, Capabilities, MapAdapter, MapFamily, MapHandle, MapHasher, Meta, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

use crate::conformance::{Violation, verify};
use crate::{evmap, std_rwlock};

const UPSERT_SAYS_ABSENT: u8 = 0;
const UPSERT_DOES_NOT_SAY: u8 = 1;
const INSERT_IF_ABSENT_OVERWRITES: u8 = 2;
const REMOVE_KEEPS_THE_ENTRY: u8 = 3;
const UPDATE_CHANGES_NOTHING: u8 = 4;
const SCAN_SHOWS_AN_ENTRY_TWICE: u8 = 5;
const SCAN_GOES_ON_AFTER_A_BREAK: u8 = 6;
const LEN_IS_ONE_TOO_MANY: u8 = 7;
const CONTAINS_SAYS_YES: u8 = 8;
const UPDATE_IS_TWO_STEPS: u8 = 9;
const UPSERT_IS_REMOVE_AND_INSERT: u8 = 10;
const INSERT_IF_ABSENT_IS_TWO_STEPS: u8 = 11;

struct Defective<const DEFECT: u8>;

impl<const DEFECT: u8> MapFamily for Defective<DEFECT> {
    const META: Meta = Meta { name: "test/defective", ..Meta::NEW };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S, DEFECT>;
}

struct Adapter<K: BenchKey, V: BenchValue, S: MapHasher, const DEFECT: u8>(
    std_rwlock::Adapter<K, V, S>,
);

struct Handle<'m, K: BenchKey, V: BenchValue, S: MapHasher, const DEFECT: u8>(
    std_rwlock::Handle<'m, K, V, S>,
);

impl<K, V, S, const DEFECT: u8> MapAdapter<K, V, S> for Adapter<K, V, S, DEFECT>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    type Handle<'m> = Handle<'m, K, V, S, DEFECT>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        Adapter(std_rwlock::Adapter::build(setup))
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(self.0.handle())
    }
}

impl<K, V, S, const DEFECT: u8> MapHandle<K, V> for Handle<'_, K, V, S, DEFECT>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.0.read(key, f)
    }

    fn contains(&mut self, key: &K) -> bool {
        DEFECT == CONTAINS_SAYS_YES || self.0.contains(key)
    }

    fn upsert(&mut self, key: K, value: V) -> Was {
        if DEFECT == UPSERT_IS_REMOVE_AND_INSERT {
            let was = self.0.remove(&key);
            yield_now();
            self.0.upsert(key, value);
            return was;
        }
        match (DEFECT, self.0.upsert(key, value)) {
            (UPSERT_SAYS_ABSENT, _) => Was::Absent,
            (UPSERT_DOES_NOT_SAY, _) => Was::Unknown,
            (_, was) => was,
        }
    }

    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        match DEFECT {
            INSERT_IF_ABSENT_OVERWRITES => self.0.upsert(key, value),
            INSERT_IF_ABSENT_IS_TWO_STEPS => {
                if self.0.contains(&key) {
                    return Was::Present;
                }
                yield_now();
                self.0.upsert(key, value);
                Was::Absent
            }
            _ => self.0.insert_if_absent(key, value),
        }
    }

    fn remove(&mut self, key: &K) -> Was {
        if DEFECT == REMOVE_KEEPS_THE_ENTRY {
            return Was::present(self.0.contains(key));
        }
        self.0.remove(key)
    }

    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        match DEFECT {
            UPDATE_CHANGES_NOTHING => self.0.update(key, V::clone),
            UPDATE_IS_TWO_STEPS => {
                let Some(value) = self.0.read(key, f) else { return Was::Absent };
                yield_now();
                self.0.upsert(*key, value)
            }
            _ => self.0.update(key, f),
        }
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        self.0.scan(|key, value| match DEFECT {
            SCAN_SHOWS_AN_ENTRY_TWICE => {
                f(key, value)?;
                f(key, value)
            }
            SCAN_GOES_ON_AFTER_A_BREAK => {
                let _ = f(key, value);
                ControlFlow::Continue(())
            }
            _ => f(key, value),
        });
    }

    fn len(&mut self) -> usize {
        self.0.len() + usize::from(DEFECT == LEN_IS_ONE_TOO_MANY)
    }
}

#[test]
fn sequences_show_defects_of_one_thread() {
    fn shown<const DEFECT: u8>(expected: &str) {
        match verify::<Defective<DEFECT>>() {
            Err(Violation::Sequence { what, .. }) if what.contains(expected) => {}
            other => panic!("defect {DEFECT}: {expected:?} was to be said, not {other:?}"),
        }
    }
    shown::<UPSERT_SAYS_ABSENT>("`upsert` says Absent");
    shown::<UPSERT_DOES_NOT_SAY>("`upsert` says Unknown");
    shown::<INSERT_IF_ABSENT_OVERWRITES>("is shown as");
    shown::<REMOVE_KEEPS_THE_ENTRY>("key");
    shown::<UPDATE_CHANGES_NOTHING>("is shown as");
    shown::<SCAN_SHOWS_AN_ENTRY_TWICE>("twice");
    shown::<SCAN_GOES_ON_AFTER_A_BREAK>("the scan visited");
    shown::<LEN_IS_ONE_TOO_MANY>("`len` is");
    shown::<CONTAINS_SAYS_YES>("`contains` says true");
}

#[test]
fn threads_show_defects_that_one_thread_cannot() {
    fn shown<const DEFECT: u8>(expected: &str) {
        // A race is seen when it happens, which on a busy machine is not every time.
        let violation = (0..20).find_map(|_| verify::<Defective<DEFECT>>().err());
        match violation {
            Some(Violation::Threads { what, .. }) if what.contains(expected) => {}
            other => panic!("defect {DEFECT}: {expected:?} was to be said, not {other:?}"),
        }
    }
    shown::<UPDATE_IS_TWO_STEPS>("concurrent updates left a sum");
    shown::<UPSERT_IS_REMOVE_AND_INSERT>("was hidden while it was overwritten");
    shown::<INSERT_IF_ABSENT_IS_TWO_STEPS>("was not inserted exactly once");
}

#[test]
fn the_shortest_sequence_is_shown() {
    let violation = verify::<Defective<UPSERT_SAYS_ABSENT>>();
    let Err(Violation::Sequence { steps, .. }) = violation else { panic!("{violation:?}") };
    assert_eq!(steps.matches("Upsert").count(), 2, "{steps}");
}

/// Publishes every n writes and says that each is visible at once.
struct Boastful;

impl MapFamily for Boastful {
    const META: Meta = Meta {
        capabilities: Capabilities {
            immediate_visibility: true,
            ..evmap::PublishEveryN::META.capabilities
        },
        ..evmap::PublishEveryN::META
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> =
        <evmap::PublishEveryN as MapFamily>::Map<K, V, S>;
}

#[test]
fn a_map_that_is_late_must_declare_it() {
    let violation = verify::<Boastful>();
    assert!(matches!(violation, Err(Violation::Sequence { .. })), "{violation:?}");
}
