//! `model`: a tool for testing the tool. A correct map, the in-house one, whose every call takes
//! the time that it is told to take, so that what the program measures, models and judges can be
//! held against a truth that is known beforehand. It says nothing about any map that a program
//! could use, belongs to no group, and runs only where it is named.
//!
//! | setting | meaning |
//! |---|---|
//! | `ns` | every call takes this long, the map's own work included; 100 where neither this nor `steps` is set |
//! | `read-ns`, `write-ns` | reads or writes take this long instead |
//! | `steps` | every call also runs so many dependent multiplications |
//! | `slow` | multiplies all lengths |
//! | `after` | `slow` holds from this long after the map was built |
//! | `alpha`, `beta` | contention and coherence of the Universal Scalability Law |
//! | `pause`, `every` | the map works for `every` (1 s), then whoever calls waits for the end of `pause` |
//! | `break-keys`, `break-writes`, `break-shards` | lengths have a slope break at so many entries, at this share of writes in percent, at so many shards |
//! | `below`, `above` | the exponents on both sides of the break: 0 and 1 unless set |
//! | `exponential`, `seed` | 1: lengths are drawn from an exponential law, by this seed (1), and the settings are its mean |
//! | `sleep` | calls are slept through, in naps of this long or longer |
//!
//! **Two ways to spend time, because they answer two questions.** `ns` spins on the tick counter
//! until the call is due to end. Calls that follow each other within 40 ns are charged from the end
//! of the one before, and what a call overshoots is taken off the next, so that the *mean* is
//! exact to a part in 10,000 although one look at the counter costs 5 to 20 ns: a closed loop
//! then turns at `1 / ns` per thread, and `slow=1.01` makes that 1.00 % slower, neither more nor
//! less. It hides what disturbs a call for less than its own length, so it is made for the
//! *arithmetic*: laws, queues, pauses, offered load. `steps` spends processor cycles in a chain of
//! multiplications and rotations, 4 cycles each on processors of this decade, that nothing can
//! shorten or overlap with itself; like the work of a real map it feels every change of frequency
//! and every neighbour, and costs the same instructions every time, so it is made for studies of
//! *noise and power*. There `slow=1.01` makes the chain 1 % longer and leaves alone what surrounds it, about
//! 15 ns of map and harness: with `steps=1500`, some 2 µs, that is less than 1 % of a call.
//! Neither is calibrated against the other: calibrating anew in each process would make two copies
//! of one map differ by more than what is to be found.
//!
//! # Known truths
//!
//! Each is what a sweep over the model must find. `r` is a call's mean length by one thread.
//!
//! **Peak of the threads.** With N threads that hold a handle a call takes
//! `1 + alpha (N - 1) + beta N (N - 1)` times as long (Gunther, *Guerrilla Capacity Planning*, 2007,
//! chapter 4), so that N threads on N processors do `N / (1 + alpha (N - 1) + beta N (N - 1))` times
//! the work of one, with the peak at `N* = sqrt((1 - alpha) / beta)`. Threads that share a processor
//! share its time as well, which the law does not know of, unless they sleep: with `sleep=500us`
//! any number of threads does what the law says, as long as all their calls' real work, some 100 ns
//! each, is well within the processors. Take `ns` from 2,000 on and rounds from 200 ms on: a round
//! ends at the end of a batch of 256 calls, thread by thread.
//!
//! **Slope break.** On the axis of `x` (entries, percent of writes) a call takes `r (x / at)^below` up
//! to the break and `r (x / at)^above` beyond it; with shards the exponents are those of the inverse.
//! The logarithm of the throughput over that of x is two straight lines which meet at `at`. Entries
//! and the share of writes are looked at every 4,096 calls of a thread (sooner at first), so a
//! warm-up of some thousand calls is needed. The number of entries is that of the map, not of the keys
//! that a scenario has.
//!
//! **Crossover.** At a share w of writes a call takes `(1 - w) read-ns + w write-ns`. Two models A and
//! B are equally fast at `w* = (rB - rA) / ((rB - rA) + (wA - wB))`, with r and w their lengths of
//! reads and of writes, if both differences have one sign.
//!
//! **Load that an SLO allows.** One thread with `exponential=1` that is offered calls in open loop at a
//! rate l is a queue of one server, of rate m = 1 / r. By a Poisson schedule it is M/M/1: the
//! time from due to done is exponential with rate m - l, so `p99 = ln(100) / (m - l)`, and the highest
//! rate with p99 ≤ t is `l* = m - ln(100) / t`. By a uniform schedule it is D/M/1:
//! `p99 = ln(100) / (m (1 - s))`, where s is the root below 1 of `s = exp(-(1 - s) m / l)`. Both are in
//! Kleinrock, *Queueing Systems* I, 1975, sections 3.2 and 6.4. Calls that follow each other within a
//! twentieth of the mean are charged from the end of the one before, so that what the harness does
//! between two calls is no part of the server; it is part of the latency of the call that it is
//! done for. Take `ns` from 10,000 on.

mod bend;
mod programme;
mod service;

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use mapbench_core::adapter::{
    AdapterClass, AdapterSetting, BuildSetup, Capabilities, LenCost, MapAdapter, MapFamily,
    MapHandle, MapHasher, Meta, ScanConsistency, SettingValue, Waits, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

use crate::sharded;
use programme::{Call, Programme};
pub use service::Account;
use service::Service;

/// The family `model`.
#[derive(Debug, Clone, Copy)]
pub struct Model;

const fn number(key: &'static str, max: u32, summary: &'static str) -> AdapterSetting {
    AdapterSetting { key, takes: SettingValue::Number { min: 0, max }, summary }
}

const fn time(key: &'static str, summary: &'static str) -> AdapterSetting {
    AdapterSetting { key, takes: SettingValue::Duration, summary }
}

const fn count(key: &'static str, min: u32, max: u32, summary: &'static str) -> AdapterSetting {
    AdapterSetting { key, takes: SettingValue::Count { min, max }, summary }
}

const SETTINGS: [AdapterSetting; 19] = [
    number("ns", 1_000_000, "length of a call in ns"),
    number("read-ns", 1_000_000, "length of a read in ns"),
    number("write-ns", 1_000_000, "length of a write in ns"),
    number("steps", 10_000_000, "dependent multiplications in a call, 4 cycles each"),
    number("slow", 1_000, "factor on all lengths"),
    time("after", "slow holds from so long after the build"),
    number("alpha", 1, "contention of the scalability law"),
    number("beta", 1, "coherence of the scalability law"),
    time("pause", "everybody waits so long"),
    time("every", "work between two pauses"),
    count("break-keys", 1, u32::MAX, "entries at which lengths have a slope break"),
    number("break-writes", 100, "percent of writes at which lengths have a slope break"),
    count("break-shards", 1, 1 << 20, "shards at which lengths have a slope break"),
    number("below", 10, "exponent of lengths below the break"),
    number("above", 10, "exponent of lengths above the break"),
    count("exponential", 0, 1, "1 draws lengths from an exponential law"),
    count("seed", 0, u32::MAX, "seed of drawn lengths"),
    time("sleep", "calls are slept through, in naps of so long or longer"),
    AdapterSetting::SHARDS,
];

impl MapFamily for Model {
    const META: Meta = Meta {
        name: "model",
        version: concat!("mapbench ", env!("CARGO_PKG_VERSION")),
        summary: "a tool for testing the tool: takes the time it is told to take",
        trade_offs: "Not a contestant. The entries are kept in the in-house map, whose few \
            nanoseconds are part of the time that a call is told to take; then the call spins until \
            that has passed. Settings give the time (`ns`, `read-ns`, `write-ns`, `steps`), a slowdown \
            (`slow`, `after`), contention by the Universal Scalability Law (`alpha`, `beta`), pauses in \
            which everybody waits (`pause`, `every`), slope breaks (`break-keys`, `break-writes`, \
            `break-shards`, `below`, `above`) and lengths that are drawn (`exponential`, `seed`). It \
            burns a processor while it waits, unless it is told to `sleep`, in which case calls \
            return early and every so often one takes long for many.",
        semantics: "Those of sharded: single-key calls are linearizable, a scan shows each shard \
            as it was at one moment. The time is spent outside any lock, so that calls delay each \
            other only as far as the law says.",
        class: AdapterClass::Simulated,
        default_hasher: "foldhash",
        capabilities: Capabilities {
            scan: ScanConsistency::PerShard,
            len: LenCost::PerShard,
            reads_wait: Waits::Shard,
            writes_wait_for_scans: Waits::Shard,
            ..Capabilities::LOCKED
        },
        settings: &SETTINGS,
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `model`.
#[derive(Debug)]
pub struct Adapter<K, V, S> {
    map: sharded::Adapter<K, V, S>,
    programme: Programme,
    /// Threads that hold handles, and how many each holds.
    holders: Mutex<Vec<(ThreadId, u32)>>,
    account: Mutex<Account>,
}

impl<K, V, S> Adapter<K, V, S> {
    /// What all handles that are gone by now were told to spend, and spent.
    pub fn account(&self) -> Account {
        *self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_holders(&self, change: impl FnOnce(&mut Vec<(ThreadId, u32)>, ThreadId)) {
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut holders, thread::current().id());
        self.programme.set_threads(holders.len() as u32);
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, S>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        Adapter {
            map: sharded::Adapter::build(setup),
            programme: Programme::new(setup.tuning),
            holders: Mutex::default(),
            account: Mutex::default(),
        }
    }

    fn handle(&self) -> Self::Handle<'_> {
        self.change_holders(|holders, me| {
            match holders.iter_mut().find(|(thread, _)| *thread == me) {
                Some((_, handles)) => *handles += 1,
                None => holders.push((me, 1)),
            }
        });
        Handle {
            map: self.map.handle(),
            service: Service::new(&self.programme),
            adapter: self,
            owner: thread::current().id(),
        }
    }
}

/// A handle of `model`: one of the map, and the time that its calls spend.
#[derive(Debug)]
pub struct Handle<'m, K: BenchKey, V: BenchValue, S: MapHasher> {
    map: sharded::Handle<'m, K, V, S>,
    service: Service<'m>,
    adapter: &'m Adapter<K, V, S>,
    owner: ThreadId,
}

impl<'m, K: BenchKey, V: BenchValue, S: MapHasher> Handle<'m, K, V, S> {
    #[inline]
    fn serve<R>(
        &mut self,
        kind: Call,
        call: impl FnOnce(&mut sharded::Handle<'m, K, V, S>) -> R,
    ) -> R {
        let start = self.service.begin();
        let answer = call(&mut self.map);
        if self.service.must_look(kind) {
            self.service.look(self.map.len());
        }
        self.service.end(start, kind);
        answer
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> Drop for Handle<'_, K, V, S> {
    fn drop(&mut self) {
        let owner = self.owner;
        self.adapter.change_holders(|holders, _| {
            for (_, handles) in holders.iter_mut().filter(|(thread, _)| *thread == owner) {
                *handles -= 1;
            }
            holders.retain(|&(_, handles)| handles > 0);
        });
        let mut account = self.adapter.account.lock().unwrap_or_else(PoisonError::into_inner);
        account.add(&self.service.account());
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapHandle<K, V> for Handle<'_, K, V, S> {
    #[inline]
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.serve(Call::Read, |map| map.read(key, f))
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.serve(Call::Read, |map| map.contains(key))
    }

    #[inline]
    fn get_cloned(&mut self, key: &K) -> Option<V> {
        self.serve(Call::Read, |map| map.get_cloned(key))
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        self.serve(Call::Write, |map| map.upsert(key, value))
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        self.serve(Call::Write, |map| map.insert_if_absent(key, value))
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        self.serve(Call::Write, |map| map.remove(key))
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        self.serve(Call::Write, |map| map.update(key, f))
    }

    fn scan(&mut self, f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        self.serve(Call::Read, |map| map.scan(f));
    }

    #[inline]
    fn len(&mut self) -> usize {
        self.serve(Call::Read, MapHandle::len)
    }
}

#[cfg(test)]
mod tests;
