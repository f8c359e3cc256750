//! The model against the truth: what it is told, it spends, by its own account and by the driver's.
//! Nothing here compares a time with a bound that a busy machine could break: a spin can be too
//! long, never too short.

use std::sync::Barrier;

use mapbench_core::adapter::Tuning;
use mapbench_core::driver::clock::Clock;

use super::*;

type Hasher = foldhash::fast::FixedState;
type Map = Adapter<u64, u64, Hasher>;

fn tuned(settings: &[(&str, &str)]) -> Tuning {
    let mut tuning = Tuning::default();
    for (key, value) in settings {
        let setting = SETTINGS.iter().find(|setting| setting.key == *key).expect("a known key");
        tuning.set(setting, value).expect("a value within bounds");
    }
    tuning
}

fn map(settings: &[(&str, &str)]) -> Map {
    let tuning = tuned(settings);
    Map::build(&BuildSetup { capacity: None, hasher: Hasher::default(), tuning: &tuning })
}

/// Calls the map so often on this thread, and answers what that was accounted for.
fn account_of(map: &Map, calls: u64) -> Account {
    let mut handle = map.handle();
    for key in 0..calls {
        handle.contains(&key);
    }
    drop(handle);
    map.account()
}

fn ticks(ns: f64) -> f64 {
    Clock::new().ticks_in(1_000_000_000) as f64 / 1e9 * ns
}

/// Whether two numbers of ticks are the same within one in a million.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= b * 1e-6 + 2.0
}

#[test]
fn calls_are_told_the_time_of_the_settings_and_no_more() {
    const CALLS: u64 = 20_000;
    for (settings, ns) in [
        (&[][..], 100.0),
        (&[("ns", "250")], 250.0),
        (&[("ns", "250"), ("slow", "1.01")], 252.5),
        (&[("ns", "33.25"), ("slow", "2")], 66.5),
    ] {
        let account = account_of(&map(settings), CALLS);
        assert_eq!(account.calls, CALLS);
        let told = account.told_ticks as f64;
        assert!(same(told, ticks(ns) * CALLS as f64), "{settings:?}: {account:?}");
        // Nothing is lost on the way: what is spent is what is told and what disturbances added,
        // but for what the last call leaves to a next one, and a part of a tick per disturbance.
        let off = account.spent_ticks as f64 - account.disturbed_ticks as f64 - told;
        let parts = account.disturbed_ticks as f64 / ticks(1_000.0) + 2.0;
        assert!((-parts..=ticks(1_000.0) + parts).contains(&off), "{settings:?}: {account:?}");
    }
}

#[test]
fn a_share_of_a_step_is_not_lost() {
    for (steps, slow, expected) in [("100", "1.01", 101_000), ("10.5", "1", 10_500), ("3", "0", 0)]
    {
        let map = map(&[("steps", steps), ("slow", slow)]);
        let account = account_of(&map, 1_000);
        assert!(account.steps.abs_diff(expected) <= 1, "{steps} x {slow}: {account:?}");
        assert_eq!((account.told_ticks, account.spent_ticks), (0, 0));
    }
}

#[test]
fn the_law_makes_calls_longer_by_the_threads_that_hold_handles() {
    const CALLS: u64 = 2_000;
    let map = map(&[("ns", "100"), ("alpha", "0.1"), ("beta", "0.05")]);
    assert!(same(account_of(&map, CALLS).told_ticks as f64, ticks(100.0) * CALLS as f64));
    let before = map.account();
    let barrier = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                // Two handles of one thread are one thread.
                let (mut one, _two) = (map.handle(), map.handle());
                barrier.wait();
                (0..CALLS).for_each(|key| {
                    one.contains(&key);
                });
                barrier.wait();
            });
        }
    });
    // 1 + 0.1 * 2 + 0.05 * 3 * 2 = 1.5
    let told = map.account().told_ticks - before.told_ticks;
    assert!(same(told as f64, ticks(150.0) * (3 * CALLS) as f64), "{told}");
}

#[test]
fn whoever_calls_in_a_pause_waits_for_its_end() {
    let map = map(&[("ns", "0"), ("pause", "200us"), ("every", "100us")]);
    let clock = Clock::new();
    let (pause, every) = (clock.ticks_in(200_000), clock.ticks_in(100_000));
    let turn = pause + every;
    let mut handle = map.handle();
    let start = clock.ticks();
    let mut in_pauses = 0;
    while clock.ticks() - start < 20 * turn {
        let called = clock.ticks();
        handle.contains(&0);
        let ended = clock.ticks();
        let phase = (called - map.programme.built) % turn;
        if phase >= every {
            assert!(ended >= called - phase + turn, "it ended in the pause that it began in");
            in_pauses += 1;
        }
    }
    drop(handle);
    let account = map.account();
    assert!(in_pauses > 0 && account.paused_calls > 0 && account.paused_ticks > 0, "{account:?}");
}

#[test]
fn a_slowdown_can_begin_later() {
    let map = map(&[("ns", "100"), ("slow", "3"), ("after", "1h")]);
    let account = account_of(&map, 1_000);
    assert!(same(account.told_ticks as f64, ticks(100.0) * 1e3), "{account:?}");
}
