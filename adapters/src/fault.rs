//! Maps that misbehave on purpose, so that tests can show what the program makes of it. Each is a
//! correct locked map until it has taken `AFTER` calls, so that a few rounds succeed first; when it
//! strikes depends on the number of calls and nothing else. None of them belongs in a registry
//! that measures.

mod kinds;

use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, MapAdapter, MapFamily, MapHandle, MapHasher, Meta, Was,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

pub use kinds::{Abort, Bimodal, EatMemory, Hang, HangInScan, LostUpdate, Panic, WrongValue};

use crate::std_rwlock;

/// Calls, prefill included, before a fault strikes where nothing else is asked for.
pub const AFTER_DEFAULT: u64 = 200_000;

/// A way to misbehave. Every method is called on the threads that call the map.
pub trait Misbehaviour: Default + std::fmt::Debug + Send + Sync + 'static {
    /// The adapter's name.
    const NAME: &'static str;
    /// What it does, in one line.
    const SUMMARY: &'static str;

    /// Runs before each call, outside any lock.
    fn before(&self, call: Call, moment: Moment) {
        let _ = (call, moment);
    }

    /// Whether a write is dropped and answered as if it had been done.
    fn loses_write(moment: Moment) -> bool {
        let _ = moment;
        false
    }

    /// Whether a read is answered with the value of some other key.
    fn answers_wrongly(moment: Moment) -> bool {
        let _ = moment;
        false
    }
}

/// What was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `read`, `contains`, `get_cloned`.
    Read,
    /// Everything that may change the map.
    Write,
    /// `scan` and `len`.
    Scan,
}

/// When a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Calls on this map before this one.
    pub call: u64,
    /// How many of those came after the fault was due; `None` before it is.
    pub overdue: Option<u64>,
}

impl Moment {
    /// Whether this is the one call at which the fault becomes due.
    pub fn is_due(self) -> bool {
        self.overdue == Some(0)
    }

    /// Whether this is one call in `n` since the fault became due, that call included.
    pub fn is_one_in(self, n: u64) -> bool {
        self.overdue.is_some_and(|overdue| overdue.is_multiple_of(n))
    }
}

/// The family of a fault that strikes after `AFTER` calls.
#[derive(Debug, Clone, Copy)]
pub struct Faulty<M, const AFTER: u64 = AFTER_DEFAULT>(PhantomData<M>);

impl<M: Misbehaviour, const AFTER: u64> MapFamily for Faulty<M, AFTER> {
    const META: Meta = Meta {
        name: M::NAME,
        version: concat!("mapbench ", env!("CARGO_PKG_VERSION")),
        summary: M::SUMMARY,
        trade_offs: "For tests only. It is as slow as std/rwlock and one shared counter.",
        semantics: "Those of std/rwlock, until it misbehaves. When it does depends on the number \
            of calls alone.",
        class: AdapterClass::Fault,
        default_hasher: "siphash",
        capabilities: Capabilities::LOCKED,
        settings: &[],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S, M, AFTER>;
}

/// A correct map, a count of its calls, and the fault.
#[derive(Debug)]
pub struct Adapter<K: BenchKey, V: BenchValue, S: MapHasher, M, const AFTER: u64> {
    map: std_rwlock::Adapter<K, V, S>,
    calls: AtomicU64,
    fault: M,
}

impl<K, V, S, M, const AFTER: u64> MapAdapter<K, V, S> for Adapter<K, V, S, M, AFTER>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    M: Misbehaviour,
{
    type Handle<'m> = Handle<'m, K, V, S, M, AFTER>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        Adapter {
            map: std_rwlock::Adapter::build(setup),
            calls: AtomicU64::new(0),
            fault: M::default(),
        }
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle { inner: self.map.handle(), adapter: self }
    }
}

/// A handle of a faulty map.
#[derive(Debug)]
pub struct Handle<'m, K: BenchKey, V: BenchValue, S: MapHasher, M, const AFTER: u64> {
    inner: std_rwlock::Handle<'m, K, V, S>,
    adapter: &'m Adapter<K, V, S, M, AFTER>,
}

impl<K, V, S, M, const AFTER: u64> Handle<'_, K, V, S, M, AFTER>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    M: Misbehaviour,
{
    /// Counts the call and lets the fault act.
    #[inline]
    fn called(&self, what: Call) -> Moment {
        let call = self.adapter.calls.fetch_add(1, Ordering::Relaxed);
        let moment = Moment { call, overdue: call.checked_sub(AFTER) };
        self.adapter.fault.before(what, moment);
        moment
    }
}

impl<K, V, S, M, const AFTER: u64> MapHandle<K, V> for Handle<'_, K, V, S, M, AFTER>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    M: Misbehaviour,
{
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        if !M::answers_wrongly(self.called(Call::Read)) {
            return self.inner.read(key, f);
        }
        let mut other = None;
        self.inner.scan(|visited, value| {
            if visited == key {
                return ControlFlow::Continue(());
            }
            other = Some(value.clone());
            ControlFlow::Break(())
        });
        match other {
            Some(value) => Some(f(&value)),
            None => self.inner.read(key, f),
        }
    }

    fn contains(&mut self, key: &K) -> bool {
        self.called(Call::Read);
        self.inner.contains(key)
    }

    fn upsert(&mut self, key: K, value: V) -> Was {
        if M::loses_write(self.called(Call::Write)) {
            return Was::present(self.inner.contains(&key));
        }
        self.inner.upsert(key, value)
    }

    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        if M::loses_write(self.called(Call::Write)) {
            return Was::present(self.inner.contains(&key));
        }
        self.inner.insert_if_absent(key, value)
    }

    fn remove(&mut self, key: &K) -> Was {
        self.called(Call::Write);
        self.inner.remove(key)
    }

    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        if M::loses_write(self.called(Call::Write)) {
            return Was::present(self.inner.contains(key));
        }
        self.inner.update(key, f)
    }

    fn scan(&mut self, f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        self.called(Call::Scan);
        self.inner.scan(f);
    }

    fn len(&mut self) -> usize {
        self.called(Call::Scan);
        self.inner.len()
    }
}

#[cfg(test)]
mod tests;
