//! Each fault is a correct map before it strikes, and then does what its name says. `fault/abort`
//! cannot be shown inside the test's own process; the program's tests show it.

use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::sync::mpsc::channel;

use mapbench_core::adapter::Tuning;
use mapbench_core::value::ValueWord;

use super::*;
use crate::conformance::{self, Violation};

type Hasher = BuildHasherDefault<std::hash::DefaultHasher>;
type Map<M> = Adapter<u64, u64, Hasher, M, AFTER>;

/// Calls before the faults of this file strike.
const AFTER: u64 = 10_000;
const KEYS: u64 = 100;

fn word(key: u64) -> u64 {
    u64::new(ValueWord::new(key as u32, 0, 1))
}

/// A map that has taken [`AFTER`] calls, of which every one was answered rightly.
fn due<M: Misbehaviour>() -> Map<M> {
    let setup = BuildSetup { capacity: None, hasher: Hasher::new(), tuning: &Tuning::default() };
    let map = Map::<M>::build(&setup);
    let mut handle = map.handle();
    for key in 0..KEYS {
        assert_eq!(handle.upsert(key, word(key)), Was::Absent);
    }
    for call in KEYS..AFTER {
        let key = call % KEYS;
        assert_eq!(handle.read(&key, |value| *value), Some(word(key)));
    }
    map
}

/// Whether `call` is still running after other calls on the same map have finished.
fn hangs<M: Misbehaviour>(call: impl FnOnce(&Map<M>) + Send + 'static) -> bool {
    let map = Arc::new(due::<M>());
    let (returned, returns) = channel();
    let (started, starts) = channel();
    let caller = Arc::clone(&map);
    // Never joined: it is there until the process ends.
    std::thread::spawn(move || {
        let _ = started.send(());
        call(&caller);
        let _ = returned.send(());
    });
    starts.recv().expect("the thread starts");
    while map.calls.load(Ordering::Relaxed) == AFTER {
        std::thread::yield_now();
    }
    let mut handle = map.handle();
    for _ in 0..AFTER {
        assert!(handle.contains(&0), "the others go on");
    }
    returns.try_recv().is_err()
}

#[test]
fn hang_never_returns_from_one_call_and_lets_others_pass() {
    assert!(hangs::<Hang>(|map| assert!(map.handle().contains(&0))));
}

#[test]
fn hang_in_scan_never_returns_from_a_scan_and_lets_reads_pass() {
    assert!(hangs::<HangInScan>(|map| map.handle().scan(|_, _| ControlFlow::Continue(()))));
}

#[test]
fn a_call_that_is_no_fault_returns() {
    let map = due::<HangInScan>();
    assert!(map.handle().contains(&0));
}

#[test]
#[should_panic(expected = "fault/panic panics on purpose")]
fn panic_panics() {
    due::<Panic>().handle().contains(&0);
}

#[test]
fn panic_panics_once() {
    let map = due::<Panic>();
    let call = || map.handle().contains(&0);
    assert!(std::thread::scope(|scope| scope.spawn(call).join()).is_err());
    assert!(call());
}

#[test]
fn wrong_value_answers_with_the_value_of_another_key() {
    let map = due::<WrongValue>();
    let mut handle = map.handle();
    let answers: Vec<_> = (0..80).map(|_| handle.get_cloned(&5)).collect();
    let wrong: Vec<_> = answers.iter().flatten().filter(|value| **value != word(5)).collect();
    assert_eq!(wrong.len(), 10);
    assert!(wrong.iter().all(|value| u64::from(value.word().key()) < KEYS));
}

#[test]
fn lost_update_answers_and_does_nothing() {
    let map = due::<LostUpdate>();
    let mut handle = map.handle();
    for key in KEYS..KEYS + 80 {
        assert_eq!(handle.upsert(key, word(key)), Was::Absent);
    }
    let stored = (KEYS..KEYS + 80).filter(|key| map.map.handle().contains(key)).count();
    assert_eq!(stored, 70);

    let before = map.map.handle().get_cloned(&0).map(|value| value.word().version());
    for _ in 0..80 {
        assert_eq!(handle.update(&0, |value| u64::new(value.word().bumped(0))), Was::Present);
    }
    let after = map.map.handle().get_cloned(&0).map(|value| value.word().version());
    assert_eq!(after, before.map(|version| version + 70));
}

#[test]
fn eat_memory_keeps_what_it_takes() {
    let map = due::<EatMemory>();
    assert_eq!(map.fault.eaten_bytes(), 0);
    let mut handle = map.handle();
    for _ in 0..4 * 1_024 {
        assert!(handle.contains(&0));
    }
    assert_eq!(map.fault.eaten_bytes(), 64 << 20);
}

#[test]
fn bimodal_slows_one_read_in_eight() {
    let slow = (0..80_000).filter(|call| Bimodal::is_slow(*call)).count();
    assert!((9_500..10_500).contains(&slow), "{slow}");
}

#[test]
fn faults_conform_as_long_as_they_have_not_struck() {
    conformance::check::<Faulty<LostUpdate>>();
    conformance::check::<Faulty<Bimodal>>();
}

#[test]
fn the_suite_sees_a_wrong_value_in_a_sequence() {
    let violation = conformance::verify::<Faulty<WrongValue, 20>>();
    assert!(matches!(violation, Err(Violation::Sequence { .. })), "{violation:?}");
}

#[test]
fn the_suite_sees_a_lost_update_in_a_sequence() {
    let violation = conformance::verify::<Faulty<LostUpdate, 20>>();
    assert!(matches!(violation, Err(Violation::Sequence { .. })), "{violation:?}");
}

#[test]
fn the_suite_sees_a_lost_update_that_only_threads_reach() {
    // No sequence is that long, as often as it replaces everything.
    let violation = conformance::verify::<Faulty<LostUpdate, 7_000>>();
    assert!(matches!(violation, Err(Violation::Threads { .. })), "{violation:?}");
}

#[test]
fn the_suite_reports_a_panic_as_a_violation() {
    let violation = conformance::verify::<Faulty<Panic, 20>>();
    assert!(matches!(violation, Err(Violation::Sequence { .. })), "{violation:?}");
}
