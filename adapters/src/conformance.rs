//! Whether an adapter does what it declares. A map author calls it from a test of their own:
//!
//! ```
//! use mapbench_adapters::conformance;
//! use mapbench_adapters::std_rwlock::StdRwLock;
//!
//! conformance::check::<StdRwLock>();
//! ```
//!
//! Two parts, each over three pairs of key and value kinds and both hashers: random sequences of
//! calls on one thread against a `HashMap` ([`Violation::Sequence`]; the sequence is shrunk before
//! it is shown), and short bouts of several threads with a known outcome ([`Violation::Threads`]).
//! What is checked follows from the declared [`Capabilities`](mapbench_core::adapter::Capabilities):
//! a map of later visibility is compared after `quiesce`, and before that may show any state that
//! it had since the last one.
//!
//! The suite proves no linearizability and measures nothing. The sequences are the same in every
//! run; `PROPTEST_CASES` makes more of them.

mod keeps_nothing;
mod sequence;
mod threads;

use std::hash::{BuildHasherDefault, DefaultHasher};

use mapbench_core::MapFamily;
use mapbench_core::adapter::{BuildSetup, MapAdapter, MapHasher, Tuning};
use mapbench_core::key::{BenchKey, InlineKey, KeyRule, KeyTable};
use mapbench_core::value::{Arc224, BenchValue, Inline224, ValueWord};

/// A way in which an adapter does not do what it declares.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// One thread called the map and got an answer that a `HashMap` would not give.
    #[error("{map} with {kinds}: {what}; the shortest sequence found is {steps}")]
    Sequence {
        /// The adapter's name.
        map: &'static str,
        /// Key and value kind.
        kinds: String,
        /// What was wrong.
        what: String,
        /// The calls that led there.
        steps: String,
    },
    /// Several threads called the map and the outcome is one that it may not have.
    #[error("{map} with {kinds}: {what}")]
    Threads {
        /// The adapter's name.
        map: &'static str,
        /// Key and value kind.
        kinds: String,
        /// What was wrong.
        what: String,
    },
}

/// Checks a map family over three pairs of key and value kinds.
///
/// # Panics
///
/// If the adapter does not do what it declares; the message says how and with which calls.
#[track_caller]
pub fn check<F: MapFamily>() {
    if let Err(violation) = verify::<F>() {
        panic!("{violation}");
    }
}

/// [`check`] as an answer.
///
/// # Errors
///
/// The first violation found.
pub fn verify<F: MapFamily>() -> Result<(), Violation> {
    verify_kinds::<F, u64, u64, foldhash::fast::FixedState>()?;
    verify_kinds::<F, InlineKey, Arc224, foldhash::fast::FixedState>()?;
    verify_kinds::<F, u64, Inline224, BuildHasherDefault<DefaultHasher>>()
}

fn verify_kinds<F, K, V, S>() -> Result<(), Violation>
where
    F: MapFamily,
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    let map = F::META.name;
    let kinds = || format!("{} keys and {} values", K::KIND.name(), V::KIND.name());
    let in_threads = |what| Violation::Threads { map, kinds: kinds(), what };
    if !F::META.capabilities.keeps_entries {
        return keeps_nothing::verify::<F, K, V, S>().map_err(in_threads);
    }
    sequence::verify::<F, K, V, S>().map_err(|(what, steps)| Violation::Sequence {
        map,
        kinds: kinds(),
        what,
        steps,
    })?;
    threads::verify::<F, K, V, S>().map_err(in_threads)
}

/// The seed of every hasher here; any will do.
const HASHER_SEED: u64 = 7;

fn build<F, K, V, S>(capacity: Option<usize>, tuning: &Tuning) -> F::Map<K, V, S>
where
    F: MapFamily,
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    MapAdapter::build(&BuildSetup { capacity, hasher: S::seeded(HASHER_SEED), tuning })
}

/// The key of an index.
fn key<K: BenchKey>(table: &K::Table, index: u32) -> K {
    *std::borrow::Borrow::borrow(&table.key(index))
}

fn key_table<K: BenchKey>(len: u32) -> K::Table {
    K::Table::build(KeyRule::NsName, len)
}

/// The value of a key in some version.
fn value<V: BenchValue>(key: u32, version: u32) -> V {
    V::new(ValueWord::new(key, 0, version))
}

/// What an update does to a value.
fn bumped<V: BenchValue>(value: &V) -> V {
    V::new(value.word().bumped(0))
}

/// The word of a value that belongs to `key` and is whole.
fn word_of<V: BenchValue>(key: u32, value: &V) -> Result<ValueWord, String> {
    let word = value.word();
    if !value.is_whole() {
        return Err(format!("the value of key {key} is torn"));
    }
    if word.key() != key {
        return Err(format!("key {key} was answered with the value of key {}", word.key()));
    }
    Ok(word)
}

#[cfg(all(test, feature = "rivals"))]
mod tests;
