//! Short bouts of several threads whose outcome is known whatever the order: what was updated,
//! inserted and removed adds up, and a reader never misses what is there. Each starts from a small
//! table, so that it grows on the way. Nothing here reads a clock or waits for one.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{ScopedJoinHandle, scope, yield_now};

use mapbench_core::Was;
use mapbench_core::adapter::{
    Capabilities, MapAdapter, MapFamily, MapHandle, MapHasher, ScanConsistency, Tuning,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::{BenchValue, ValueWord};

use super::{build, bumped, key, key_table, value, word_of};

const THREADS: u32 = 4;
/// Keys that all threads want.
const SHARED_KEYS: u32 = 4;
/// Keys that each thread has for itself.
const OWN_KEYS: u32 = 500;
const OPS: u32 = 2_000;
const OPS_PER_BATCH: usize = 64;
/// Threads that overwrite while the others read.
const WRITERS: u32 = THREADS / 2;
/// Times that a reader reads all it has to while others write: a bound for maps that let readers
/// starve writers.
const READ_TURNS_MAX: usize = 100;

pub(super) fn verify<F, K, V, S>() -> Result<(), String>
where
    F: MapFamily,
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    let table = key_table::<K>(SHARED_KEYS + THREADS * OWN_KEYS);
    let bout = || Bout::<K, V, S, F::Map<K, V, S>> {
        map: build::<F, K, V, S>(None, &Tuning::default()),
        table: &table,
        capabilities: F::META.capabilities,
        kinds: std::marker::PhantomData,
    };
    if F::META.capabilities.read_modify_write {
        bout().updates_lose_nothing()?;
    }
    bout().each_thread_finds_its_own()?;
    bout().one_thread_wins_each_key()?;
    bout().overwrites_hide_nothing()
}

struct Bout<'t, K: BenchKey, V, S, M> {
    map: M,
    table: &'t K::Table,
    capabilities: Capabilities,
    kinds: std::marker::PhantomData<fn() -> (V, S)>,
}

/// Counts a writer out, even if it panics.
struct Finished<'a>(&'a AtomicU32);

impl Drop for Finished<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The keys of one thread, shared ones left out.
fn own_keys(thread: u32) -> std::ops::Range<u32> {
    let first = SHARED_KEYS + thread * OWN_KEYS;
    first..first + OWN_KEYS
}

impl<K, V, S, M> Bout<'_, K, V, S, M>
where
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
    M: MapAdapter<K, V, S>,
{
    fn key(&self, index: u32) -> K {
        key::<K>(self.table, index)
    }

    /// Runs `work` on all threads at once, each with its own handle, and collects the answers.
    fn on_threads<R: Send>(
        &self,
        work: impl Fn(u32, &mut M::Handle<'_>) -> Result<R, String> + Sync,
    ) -> Result<Vec<R>, String> {
        let ready = AtomicU32::new(0);
        scope(|scope| {
            let spawn = |thread| {
                let (ready, work) = (&ready, &work);
                scope.spawn(move || {
                    // Not a barrier that sleeps: the first to wake would be done before the last.
                    ready.fetch_add(1, Ordering::AcqRel);
                    while ready.load(Ordering::Acquire) < THREADS {
                        yield_now();
                    }
                    work(thread, &mut self.map.handle())
                })
            };
            let threads: Vec<ScopedJoinHandle<'_, _>> = (0..THREADS).map(spawn).collect();
            let join = |thread: ScopedJoinHandle<'_, Result<R, String>>| {
                thread.join().unwrap_or_else(|_| Err("a thread panicked in the map".to_owned()))
            };
            threads.into_iter().map(join).collect()
        })
    }

    /// Runs `op` on every index, in batches as the driver would.
    fn in_batches<H: MapHandle<K, V>>(
        handle: &mut H,
        indices: std::ops::Range<u32>,
        mut op: impl FnMut(&mut H, u32) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut indices = indices.peekable();
        while indices.peek().is_some() {
            handle.begin_batch();
            for index in indices.by_ref().take(OPS_PER_BATCH) {
                op(handle, index)?;
            }
            handle.end_batch();
        }
        Ok(())
    }

    fn fill_shared(&self) {
        let mut handle = self.map.handle();
        for index in 0..SHARED_KEYS {
            let _ = handle.upsert(self.key(index), value(index, 0));
        }
        self.map.quiesce();
    }

    fn updates_lose_nothing(&self) -> Result<(), String> {
        self.fill_shared();
        self.on_threads(|thread, handle| {
            let own = own_keys(thread);
            Self::in_batches(handle, 0..OPS, |handle, op| {
                let index = (op + thread) % SHARED_KEYS;
                if handle.update(&self.key(index), bumped::<V>) == Was::Absent {
                    return Err(format!("`update` did not find key {index}, which is there"));
                }
                if op % 8 == 0 {
                    // The table grows under the updates.
                    let index = own.start + op / 8;
                    let _ = handle.upsert(self.key(index), value(index, op));
                }
                Ok(())
            })
        })?;
        self.map.quiesce();
        let mut handle = self.map.handle();
        let mut updates = 0;
        for index in 0..SHARED_KEYS {
            let word = handle.read(&self.key(index), |value| word_of(index, value)).transpose()?;
            updates += word.map_or(0, ValueWord::version);
        }
        let expected = THREADS * OPS;
        if updates != expected {
            return Err(format!("{expected} concurrent updates left a sum of {updates}"));
        }
        Ok(())
    }

    fn each_thread_finds_its_own(&self) -> Result<(), String> {
        self.on_threads(|thread, handle| {
            Self::in_batches(handle, own_keys(thread), |handle, index| {
                let key = self.key(index);
                let inserted = if index % 2 == 0 {
                    handle.upsert(key, value(index, 1))
                } else {
                    handle.insert_if_absent(key, value(index, 1))
                };
                if inserted == Was::Present {
                    return Err(format!("new key {index} is said to have been there"));
                }
                if index % 3 == 0 && handle.upsert(key, value(index, 2)) == Was::Absent {
                    return Err(format!("key {index} is said to be absent after its insert"));
                }
                if index % 5 == 0 && handle.remove(&key) == Was::Absent {
                    return Err(format!("key {index} is said to be absent at its removal"));
                }
                if self.capabilities.immediate_visibility
                    && handle.contains(&key) == (index % 5 == 0)
                {
                    return Err(format!("a thread does not see its own write of key {index}"));
                }
                Ok(())
            })
        })?;
        self.map.quiesce();
        let version = |index: u32| if index.is_multiple_of(3) { 2 } else { 1 };
        let expected = (0..THREADS)
            .flat_map(own_keys)
            .filter(|index| index % 5 != 0)
            .map(|index| (index, ValueWord::new(index, 0, version(index))));
        self.check_contents(&expected.collect())
    }

    fn one_thread_wins_each_key(&self) -> Result<(), String> {
        let contested = own_keys(0);
        let wins = self.on_threads(|thread, handle| {
            let mut won = Vec::new();
            Self::in_batches(handle, contested.clone(), |handle, index| {
                let value = value(index, thread + 1);
                if handle.insert_if_absent(self.key(index), value) == Was::Absent {
                    won.push((index, ValueWord::new(index, 0, thread + 1)));
                }
                Ok(())
            })?;
            Ok(won)
        })?;
        self.map.quiesce();
        let expected: HashMap<_, _> = wins.iter().flatten().copied().collect();
        if wins.iter().map(Vec::len).sum::<usize>() != contested.len()
            || expected.len() != contested.len()
        {
            return Err(
                "a key inserted by several threads was not inserted exactly once".to_owned()
            );
        }
        self.check_contents(&expected)?;

        let removals = self.on_threads(|_, handle| {
            let mut removed = 0;
            Self::in_batches(handle, contested.clone(), |handle, index| {
                removed += usize::from(handle.remove(&self.key(index)) == Was::Present);
                Ok(())
            })?;
            Ok(removed)
        })?;
        self.map.quiesce();
        let removed: usize = removals.iter().sum();
        if self.capabilities.returns_previous && removed != contested.len() {
            return Err(format!("{} keys were removed {removed} times", contested.len()));
        }
        self.check_contents(&HashMap::new())
    }

    /// The first half of the threads overwrites, each thread keys of its own; meanwhile the second
    /// half reads them and must find each one, whole, and never an older state than before. A map that
    /// declares no atomic replacement may hide a key meanwhile; what it shows must be right.
    fn overwrites_hide_nothing(&self) -> Result<(), String> {
        self.fill_shared();
        let writing = AtomicU32::new(WRITERS);
        self.on_threads(|thread, handle| {
            if thread < WRITERS {
                let _finished = Finished(&writing);
                return self.overwrite(thread, handle);
            }
            let mut newest = [0; SHARED_KEYS as usize];
            for _ in 0..READ_TURNS_MAX {
                self.read_overwritten(handle, &mut newest)?;
                if writing.load(Ordering::Acquire) == 0 {
                    break;
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    fn overwrite(&self, thread: u32, handle: &mut M::Handle<'_>) -> Result<(), String> {
        Self::in_batches(handle, 1..OPS, |handle, op| {
            let index = op % (SHARED_KEYS / WRITERS) * WRITERS + thread;
            let _ = handle.upsert(self.key(index), value(index, op));
            let grown = own_keys(thread).start + op % OWN_KEYS;
            let _ = handle.upsert(self.key(grown), value(grown, op));
            Ok(())
        })
    }

    fn read_overwritten(
        &self,
        handle: &mut M::Handle<'_>,
        newest: &mut [u32; SHARED_KEYS as usize],
    ) -> Result<(), String> {
        Self::in_batches(handle, 0..OPS, |handle, op| {
            let index = op % SHARED_KEYS;
            let shown = handle.read(&self.key(index), |value| word_of(index, value));
            let Some(word) = shown.transpose()? else {
                if !self.capabilities.atomic_replace {
                    return Ok(());
                }
                return Err(format!("key {index} was hidden while it was overwritten"));
            };
            let newest = &mut newest[index as usize];
            if self.capabilities.immediate_visibility && word.version() < *newest {
                return Err(format!("key {index} went back to an older value"));
            }
            *newest = word.version();
            Ok(())
        })
    }

    /// Compares the whole map, through a new handle.
    fn check_contents(&self, expected: &HashMap<u32, ValueWord>) -> Result<(), String> {
        let mut handle = self.map.handle();
        for index in 0..SHARED_KEYS + THREADS * OWN_KEYS {
            let shown = handle.read(&self.key(index), |value| word_of(index, value)).transpose()?;
            let due = expected.get(&index).copied();
            if shown != due {
                return Err(format!("key {index} should be {due:?} and is {shown:?} in the end"));
            }
        }
        if handle.len() != expected.len() {
            return Err(format!("`len` is {} and should be {}", handle.len(), expected.len()));
        }
        let mut visited = 0;
        handle.scan(|_, _| {
            visited += 1;
            ControlFlow::Continue(())
        });
        if self.capabilities.scan != ScanConsistency::None && visited != expected.len() {
            return Err(format!("a scan visited {visited} of {} entries", expected.len()));
        }
        Ok(())
    }
}
