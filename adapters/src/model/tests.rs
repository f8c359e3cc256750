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

#[test]
fn reads_and_writes_have_lengths_of_their_own_and_two_models_cross_where_the_form_says() {
    // w* = (200 - 100) / ((200 - 100) + (500 - 200)) = one call in four.
    let steep = map(&[("read-ns", "100"), ("write-ns", "500")]);
    let flat = map(&[("read-ns", "200"), ("write-ns", "200")]);
    let told = |map: &Map, writes_in_8: u64| {
        let before = map.account().told_ticks;
        let mut handle = map.handle();
        for call in 0..8_000 {
            if call % 8 < writes_in_8 {
                handle.upsert(call, 0);
            } else {
                handle.contains(&call);
            }
        }
        drop(handle);
        (map.account().told_ticks - before) as f64
    };
    assert!(same(told(&steep, 0), ticks(100.0) * 8e3));
    assert!(same(told(&steep, 2), told(&flat, 2)));
    assert!(told(&steep, 1) < told(&flat, 1) && told(&steep, 3) > told(&flat, 3));
}

/// Ticks per call of a map with so many entries that sees so many writes in eight calls, after it
/// has looked at itself.
fn bent(settings: &[(&str, &str)], entries: u64, writes_in_8: u64) -> f64 {
    const CALLS: u64 = 16_384;
    let map = map(settings);
    let mut handle = map.handle();
    (0..entries).for_each(|key| {
        handle.map.upsert(key, 0);
    });
    let mut told = Vec::new();
    for _ in 0..2 {
        let before = handle.service.account().told_ticks;
        for call in 0..CALLS {
            if call % 8 < writes_in_8 {
                handle.update(&call, |value| *value);
            } else {
                handle.contains(&call);
            }
        }
        told.push((handle.service.account().told_ticks - before) as f64 / CALLS as f64);
    }
    told[1]
}

#[test]
fn lengths_bend_with_the_entries_and_with_the_share_of_writes() {
    let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-3;
    let keys = [("ns", "20"), ("break-keys", "1000"), ("below", "0.25"), ("above", "0.5")];
    for (entries, ns) in [(1_000, 20.0), (4_000, 40.0), (62, 20.0 * 0.062_f64.powf(0.25))] {
        let told = bent(&keys, entries, 0);
        assert!(close(told, ticks(ns)), "{entries} entries: {told} for {}", ticks(ns));
    }
    let writes = [("ns", "20"), ("break-writes", "25"), ("above", "1")];
    for (writes_in_8, ns) in [(0, 20.0), (1, 20.0), (2, 20.0), (4, 40.0), (8, 80.0)] {
        let told = bent(&writes, 10, writes_in_8);
        assert!(close(told, ticks(ns)), "{writes_in_8} of 8 write: {told} for {}", ticks(ns));
    }
    let shards = [("ns", "20"), ("break-shards", "4"), ("below", "1"), ("above", "0")];
    for (count, ns) in [("1", 80.0), ("4", 20.0), ("64", 20.0)] {
        let told = bent(&[&shards[..], &[("shards", count)]].concat(), 10, 0);
        assert!(close(told, ticks(ns)), "{count} shards: {told} for {}", ticks(ns));
    }
}

/// The 99th percentile of the time from due to done, in mean lengths of a call, of one thread that
/// is offered calls at `load` of what it can do, after so many times between two of them.
fn p99_in_means(load: f64, mut between: impl FnMut() -> f64) -> f64 {
    const CALLS: usize = 400_000;
    let programme = Programme::new(&tuned(&[("ns", "1000"), ("exponential", "1"), ("seed", "7")]));
    let mut service = Service::new(&programme);
    let mean = ticks(1_000.0) * 65_536.0;
    let mut wait = 0.0_f64;
    let mut sojourns: Vec<f64> = (0..CALLS)
        .map(|_| {
            let length = service.length(0, Call::Read).ticks as f64 / mean;
            let sojourn = wait + length;
            wait = (sojourn - between() / load).max(0.0);
            sojourn
        })
        .collect();
    sojourns.sort_by(f64::total_cmp);
    sojourns[CALLS * 99 / 100]
}

#[test]
fn drawn_lengths_make_the_queues_whose_percentiles_are_known() {
    let percentile = 100.0_f64.ln();
    let load = 0.5;
    let mut state = 1_u64;
    let poisson = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        -((state >> 11) as f64 / (1_u64 << 53) as f64).max(1e-18).ln()
    };
    let found = p99_in_means(load, poisson);
    let known = percentile / (1.0 - load);
    assert!((found / known - 1.0).abs() < 0.03, "M/M/1: {found}, not {known}");
    let mut s = 0.5_f64;
    (0..200).for_each(|_| s = (-(1.0 - s) / load).exp());
    let found = p99_in_means(load, || 1.0);
    let known = percentile / (1.0 - s);
    assert!((found / known - 1.0).abs() < 0.03, "D/M/1: {found}, not {known}");
}

#[test]
fn drawn_lengths_are_those_of_the_seed() {
    let told = |seed| {
        let map = map(&[("ns", "100"), ("exponential", "1"), ("seed", seed)]);
        account_of(&map, 1_000).told_ticks
    };
    // The clocks of two maps may differ by a part in a million.
    assert!(same(told("1") as f64, told("1") as f64));
    assert!(!same(told("1") as f64, told("2") as f64));
}

#[test]
fn whoever_is_told_to_sleep_sleeps_for_what_is_due_and_not_for_less() {
    const CALLS: u64 = 2_000;
    let map = map(&[("ns", "2000"), ("sleep", "200us")]);
    let account = account_of(&map, CALLS);
    assert!(same(account.told_ticks as f64, ticks(2_000.0) * CALLS as f64), "{account:?}");
    // A nap is for a hundred calls at least; what is not slept at the end is less than one.
    assert!((1..=CALLS / 100).contains(&account.naps), "{account:?}");
    assert!(account.spent_ticks as f64 > account.told_ticks as f64 - ticks(200_000.0) - 2.0);
}
