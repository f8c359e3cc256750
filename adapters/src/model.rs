//! `model`: a tool for testing the tool. A correct map, the in-house one, whose every call takes
//! the time that it is told to take, so that what the program measures, models and judges can be
//! held against a truth that is known beforehand. It says nothing about any map that a program
//! could use, belongs to no group, and runs only where it is named.
//!
//! | setting | meaning |
//! |---|---|
//! | `ns` | every call takes this long, the map's own work included; 100 where neither this nor `steps` is set |
//! | `steps` | every call also runs so many dependent multiplications |
//! | `slow` | multiplies `ns` and `steps` |
//! | `after` | `slow` holds from this long after the map was built |
//! | `alpha`, `beta` | contention and coherence of the Universal Scalability Law |
//! | `pause`, `every` | the map works for `every` (1 s), then whoever calls waits for the end of `pause` |
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
//! **The law.** With N threads that hold a handle a call takes `1 + alpha (N - 1) + beta N (N - 1)`
//! times as long (Gunther, *Guerrilla Capacity Planning*, 2007, chapter 4), so that N threads on
//! N processors do `N / (1 + alpha (N - 1) + beta N (N - 1))` times the work of one. Threads
//! that share a processor share its time as well, which the law does not know of.

mod service;

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use mapbench_core::adapter::{
    AdapterClass, AdapterSetting, BuildSetup, Capabilities, LenCost, MapAdapter, MapFamily,
    MapHandle, MapHasher, Meta, ScanConsistency, SettingValue, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

use crate::sharded;
pub use service::Account;
use service::{Programme, Service};

/// The family `model`.
#[derive(Debug, Clone, Copy)]
pub struct Model;

const fn number(key: &'static str, max: u32, summary: &'static str) -> AdapterSetting {
    AdapterSetting { key, takes: SettingValue::Number { min: 0, max }, summary }
}

const fn time(key: &'static str, summary: &'static str) -> AdapterSetting {
    AdapterSetting { key, takes: SettingValue::Duration, summary }
}

const SETTINGS: [AdapterSetting; 8] = [
    number("ns", 1_000_000, "length of a call in ns"),
    number("steps", 10_000_000, "dependent multiplications in a call, 4 cycles each"),
    number("slow", 1_000, "factor on ns and steps"),
    time("after", "slow holds from so long after the build"),
    number("alpha", 1, "contention of the scalability law"),
    number("beta", 1, "coherence of the scalability law"),
    time("pause", "everybody waits so long"),
    time("every", "work between two pauses"),
];

impl MapFamily for Model {
    const META: Meta = Meta {
        name: "model",
        version: concat!("mapbench ", env!("CARGO_PKG_VERSION")),
        summary: "a tool for testing the tool: takes the time it is told to take",
        trade_offs: "Not a contestant. The entries are kept in the in-house map, whose few \
            nanoseconds are part of the time that a call is told to take; then the call spins until \
            that has passed. Settings give the time (`ns`, `steps`), a slowdown (`slow`, `after`), \
            contention by the Universal Scalability Law (`alpha`, `beta`) and pauses in which \
            everybody waits (`pause`, `every`). It burns a processor while it waits.",
        semantics: "Those of sharded: single-key calls are linearizable, a scan shows each shard \
            as it was at one moment. The time is spent outside any lock, so that calls delay each \
            other only as far as the law says.",
        class: AdapterClass::Simulated,
        default_hasher: "foldhash",
        capabilities: Capabilities {
            scan: ScanConsistency::PerShard,
            len: LenCost::PerShard,
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
    fn serve<R>(&mut self, call: impl FnOnce(&mut sharded::Handle<'m, K, V, S>) -> R) -> R {
        let start = self.service.begin();
        let answer = call(&mut self.map);
        self.service.end(start);
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
        self.serve(|map| map.read(key, f))
    }

    #[inline]
    fn contains(&mut self, key: &K) -> bool {
        self.serve(|map| map.contains(key))
    }

    #[inline]
    fn get_cloned(&mut self, key: &K) -> Option<V> {
        self.serve(|map| map.get_cloned(key))
    }

    #[inline]
    fn upsert(&mut self, key: K, value: V) -> Was {
        self.serve(|map| map.upsert(key, value))
    }

    #[inline]
    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        self.serve(|map| map.insert_if_absent(key, value))
    }

    #[inline]
    fn remove(&mut self, key: &K) -> Was {
        self.serve(|map| map.remove(key))
    }

    #[inline]
    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        self.serve(|map| map.update(key, f))
    }

    fn scan(&mut self, f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        self.serve(|map| map.scan(f));
    }

    #[inline]
    fn len(&mut self) -> usize {
        self.serve(MapHandle::len)
    }
}

#[cfg(test)]
mod tests;
