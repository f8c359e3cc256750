//! `actor/channel`: one thread owns the table, and every call is a message to it and an answer from
//! it. A walk gets the table as it is, and the owner copies it before it next changes it. No caller
//! touches the table that the owner writes to.

use std::collections::HashMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use crossbeam_utils::CachePadded;
use mapbench_core::adapter::{
    AdapterClass, BuildSetup, Capabilities, MapAdapter, MapFamily, MapHandle, MapHasher, Meta,
    Waits, Was,
};
use mapbench_core::driver;
use mapbench_core::key::BenchKey;
use mapbench_core::value::BenchValue;

use crate::copying::{Copies, Views};

/// The family `actor/channel`.
#[derive(Debug, Clone, Copy)]
pub struct ActorChannel;

impl MapFamily for ActorChannel {
    const META: Meta = Meta {
        name: "actor/channel",
        version: "std",
        summary: "one thread owns a HashMap; calls are messages, walks get a snapshot",
        trade_offs: "A call costs two messages and, if the owner or the caller sleeps, two wake-ups \
            by the system: microseconds where a lock takes nanoseconds, and throughput is what one \
            thread can serve, however many ask. In return callers share nothing but a queue, and \
            work that belongs together can be done in one message. The owner is a thread beside \
            those of the run, so it takes processor time that no figure of theirs shows; it \
            runs wherever the process may, and its allocations are not among those per op. Walks \
            cost the owner nothing until the next write, which copies the whole table if a walk \
            still holds it. Counted are `requests`, `copies` with entries and bytes, \
            `cas-retries`, and the age of the `views` that walks had.",
        semantics: "Linearizable: the owner takes one request after the other. A read returns a \
            clone. `update` asks for the value, computes the new one on the caller's thread and \
            asks the owner to swap the two if nothing has changed meanwhile, else begins again. A \
            scan walks through the table as it was when the owner answered; writes go on and are \
            not in it. A value is dropped by the owner, or by the walk that held it last. The \
            owner ends when the map is dropped.",
        class: AdapterClass::Map,
        default_hasher: "siphash",
        capabilities: Capabilities {
            borrowed_reads: false,
            writes_wait_for_scans: Waits::Never,
            ..Capabilities::LOCKED
        },
        settings: &[],
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// What the owner is asked for.
enum Request<K, V, S> {
    Get(K),
    Contains(K),
    Upsert(K, V),
    InsertIfAbsent(K, V),
    Remove(K),
    /// Store the second value if the first is there.
    Swap(K, V, V),
    /// Put this table in the place of the old one.
    Replace(HashMap<K, V, S>),
    View,
    Len,
}

/// What it answers.
enum Answer<K, V, S> {
    Value(Option<V>),
    Was(Was),
    /// Something has changed since the value was read.
    Changed,
    View(Arc<HashMap<K, V, S>>),
    Len(usize),
}

type Message<K, V, S> = (Request<K, V, S>, SyncSender<Answer<K, V, S>>);

/// What the owner and the callers count.
#[derive(Debug, Default)]
struct Counts {
    requests: CachePadded<AtomicU64>,
    cas_retries: AtomicU64,
    copies: Copies,
    views: Views,
}

/// The owner of the table, on its own thread.
struct Owner<K, V, S> {
    table: Arc<HashMap<K, V, S>>,
    counts: Arc<Counts>,
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> Owner<K, V, S> {
    /// Serves requests until nobody is left who could ask.
    fn serve(mut self, inbox: &Receiver<Message<K, V, S>>) {
        for (request, reply) in inbox {
            self.counts.requests.fetch_add(1, Ordering::Relaxed);
            let answer = self.answer(request);
            // Who asked has given up only if its thread has ended in a panic of its own.
            let _ = reply.send(answer);
        }
    }

    fn answer(&mut self, request: Request<K, V, S>) -> Answer<K, V, S> {
        match request {
            Request::Get(key) => Answer::Value(self.table.get(&key).cloned()),
            Request::Contains(key) => Answer::Was(self.was(&key)),
            Request::Upsert(key, value) => {
                Answer::Was(Was::present(self.table_to_write().insert(key, value).is_some()))
            }
            Request::InsertIfAbsent(key, value) => {
                let was = self.was(&key);
                if was == Was::Absent {
                    self.table_to_write().insert(key, value);
                }
                Answer::Was(was)
            }
            Request::Remove(key) => {
                let was = self.was(&key);
                if was == Was::Present {
                    self.table_to_write().remove(&key);
                }
                Answer::Was(was)
            }
            Request::Swap(key, seen, value) => {
                if self.table.get(&key) != Some(&seen) {
                    return Answer::Changed;
                }
                self.table_to_write().insert(key, value);
                Answer::Was(Was::Present)
            }
            Request::Replace(table) => {
                self.table = Arc::new(table);
                Answer::Was(Was::Unknown)
            }
            Request::View => Answer::View(Arc::clone(&self.table)),
            Request::Len => Answer::Len(self.table.len()),
        }
    }

    fn was(&self, key: &K) -> Was {
        Was::present(self.table.contains_key(key))
    }

    /// The table, or a copy of it if a walk still holds it.
    fn table_to_write(&mut self) -> &mut HashMap<K, V, S> {
        if Arc::get_mut(&mut self.table).is_none() {
            self.counts.copies.add_table(&self.table);
        }
        Arc::make_mut(&mut self.table)
    }
}

/// The adapter of `actor/channel`: the way to the owner.
pub struct Adapter<K, V, S> {
    /// Taken away when the map is dropped, so that the owner hears of it.
    outbox: Option<Sender<Message<K, V, S>>>,
    owner: Option<JoinHandle<()>>,
    counts: Arc<Counts>,
}

impl<K, V, S> fmt::Debug for Adapter<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adapter").finish_non_exhaustive()
    }
}

impl<K, V, S> Drop for Adapter<K, V, S> {
    fn drop(&mut self) {
        self.outbox = None;
        if let Some(owner) = self.owner.take() {
            // It has nothing to say, and a panic of it was everybody's already.
            let _ = owner.join();
        }
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, S>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        let capacity = setup.capacity.unwrap_or(0);
        let table = HashMap::with_capacity_and_hasher(capacity, setup.hasher.clone());
        let counts = Arc::new(Counts::default());
        let owner = Owner { table: Arc::new(table), counts: Arc::clone(&counts) };
        let (outbox, inbox) = channel();
        let owner = std::thread::spawn(move || {
            driver::run_anywhere();
            owner.serve(&inbox);
        });
        Adapter { outbox: Some(outbox), owner: Some(owner), counts }
    }

    fn handle(&self) -> Self::Handle<'_> {
        let (reply, answers) = sync_channel(1);
        Handle { outbox: self.outbox.clone(), reply, answers, counts: &self.counts }
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        let count = |name, count: &AtomicU64| (name, count.load(Ordering::Relaxed));
        let Counts { requests, cas_retries, copies, views } = &*self.counts;
        [count("requests", requests), count("cas-retries", cas_retries)]
            .into_iter()
            .chain(copies.counters())
            .chain(views.counters())
            .collect()
    }
}

/// A handle of `actor/channel`: a way to the owner and one back.
pub struct Handle<'m, K, V, S> {
    outbox: Option<Sender<Message<K, V, S>>>,
    reply: SyncSender<Answer<K, V, S>>,
    answers: Receiver<Answer<K, V, S>>,
    counts: &'m Counts,
}

impl<K, V, S> fmt::Debug for Handle<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl<K, V, S> Handle<'_, K, V, S> {
    /// Asks, and waits for the answer. `None` if the owner is gone, which it is only after a panic.
    fn try_ask(&self, request: Request<K, V, S>) -> Option<Answer<K, V, S>> {
        self.outbox.as_ref()?.send((request, self.reply.clone())).ok()?;
        self.answers.recv().ok()
    }

    fn ask(&self, request: Request<K, V, S>) -> Answer<K, V, S> {
        self.try_ask(request).expect("the owner lives as long as the map")
    }

    fn ask_was(&self, request: Request<K, V, S>) -> Was {
        match self.ask(request) {
            Answer::Was(was) => was,
            _ => Was::Unknown,
        }
    }

    fn view(&self) -> Option<Arc<HashMap<K, V, S>>> {
        match self.ask(Request::View) {
            Answer::View(view) => Some(view),
            _ => None,
        }
    }
}

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapHandle<K, V> for Handle<'_, K, V, S> {
    fn read<R>(&mut self, key: &K, f: impl FnOnce(&V) -> R) -> Option<R> {
        self.get_cloned(key).as_ref().map(f)
    }

    fn contains(&mut self, key: &K) -> bool {
        self.ask_was(Request::Contains(*key)) == Was::Present
    }

    fn get_cloned(&mut self, key: &K) -> Option<V> {
        match self.ask(Request::Get(*key)) {
            Answer::Value(value) => value,
            _ => None,
        }
    }

    fn upsert(&mut self, key: K, value: V) -> Was {
        self.ask_was(Request::Upsert(key, value))
    }

    fn insert_if_absent(&mut self, key: K, value: V) -> Was {
        self.ask_was(Request::InsertIfAbsent(key, value))
    }

    fn remove(&mut self, key: &K) -> Was {
        self.ask_was(Request::Remove(*key))
    }

    fn update(&mut self, key: &K, f: impl Fn(&V) -> V) -> Was {
        loop {
            let Some(seen) = self.get_cloned(key) else { return Was::Absent };
            let value = f(&seen);
            match self.ask(Request::Swap(*key, seen, value)) {
                Answer::Was(was) => return was,
                _ => self.counts.cas_retries.fetch_add(1, Ordering::Relaxed),
            };
        }
    }

    fn scan(&mut self, mut f: impl FnMut(&K, &V) -> ControlFlow<()>) {
        let Some(view) = self.view() else { return };
        self.counts.views.walk(|| {
            for (key, value) in view.iter() {
                if f(key, value).is_break() {
                    return;
                }
            }
        });
    }

    /// Fills a table of its own, which the owner puts in the place of the old one.
    fn replace_all(
        &mut self,
        entries: impl Iterator<Item = (K, V)>,
        _stale: impl Iterator<Item = K>,
    ) {
        let Some(view) = self.view() else { return };
        let mut table = HashMap::with_capacity_and_hasher(view.len(), view.hasher().clone());
        drop(view);
        table.extend(entries);
        self.ask_was(Request::Replace(table));
    }

    fn len(&mut self) -> usize {
        match self.ask(Request::Len) {
            Answer::Len(len) => len,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use foldhash::fast::FixedState;
    use mapbench_core::adapter::Tuning;

    use super::*;

    fn map() -> Adapter<u64, u64, FixedState> {
        let hasher = FixedState::default();
        MapAdapter::build(&BuildSetup { capacity: None, hasher, tuning: &Tuning::default() })
    }

    fn counted(map: &Adapter<u64, u64, FixedState>, name: &str) -> Option<u64> {
        map.counters().into_iter().find(|(counter, _)| *counter == name).map(|(_, count)| count)
    }

    #[test]
    fn only_a_write_during_a_walk_copies_and_the_walk_does_not_see_it() {
        let map = map();
        let (mut handle, mut writer) = (map.handle(), map.handle());
        for key in 0..10 {
            handle.upsert(key, 1);
        }
        handle.scan(|_, _| ControlFlow::Continue(()));
        handle.upsert(0, 1);
        assert_eq!(counted(&map, "copies"), Some(0));
        handle.scan(|&key, &value| {
            writer.upsert(key, 2);
            assert_eq!(value, 1);
            ControlFlow::Continue(())
        });
        assert_eq!(counted(&map, "copies"), Some(1), "the first write copies, the others need not");
        assert_eq!(counted(&map, "entries-copied"), Some(10));
        assert_eq!(handle.get_cloned(&3), Some(2));
    }

    #[test]
    fn the_owner_ends_with_the_map() {
        let map = map();
        map.handle().upsert(1, 1);
        let counts = Arc::downgrade(&map.counts);
        // Waits for the owner, which holds the counts as well.
        drop(map);
        assert!(counts.upgrade().is_none());
    }
}
