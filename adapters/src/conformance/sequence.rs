//! Random sequences of calls from one thread, through two handles, against a `HashMap`. Nothing
//! here starts a thread.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use mapbench_core::Was;
use mapbench_core::adapter::{
    Capabilities, LenCost, MapAdapter, MapFamily, MapHandle, MapHasher, ScanConsistency, Tuning,
};
use mapbench_core::key::BenchKey;
use mapbench_core::value::{BenchValue, ValueWord};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::{build, bumped, key, key_table, value, word_of};

/// One call on the map. Keys are indices, taken modulo the number of keys of the case.
#[derive(Debug, Clone, Copy)]
enum Step {
    Get(u32),
    Contains(u32),
    GetCloned(u32),
    Upsert(u32),
    InsertIfAbsent(u32),
    Remove(u32),
    Update(u32),
    /// Replace everything by the first so many keys.
    ReplaceAll(u32),
    Scan,
    ScanFirst(usize),
    Len,
    BeginBatch,
    EndBatch,
    SwitchHandle,
    Quiesce,
}

#[derive(Debug, Clone)]
struct Case {
    capacity: Option<usize>,
    tuning: Tuning,
    keys: u32,
    steps: Vec<Step>,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any::<u32>().prop_map(Step::Get),
        4 => any::<u32>().prop_map(Step::Contains),
        4 => any::<u32>().prop_map(Step::GetCloned),
        14 => any::<u32>().prop_map(Step::Upsert),
        8 => any::<u32>().prop_map(Step::InsertIfAbsent),
        8 => any::<u32>().prop_map(Step::Remove),
        8 => any::<u32>().prop_map(Step::Update),
        1 => any::<u32>().prop_map(Step::ReplaceAll),
        1 => Just(Step::Scan),
        1 => (1_usize..8).prop_map(Step::ScanFirst),
        2 => Just(Step::Len),
        3 => Just(Step::BeginBatch),
        3 => Just(Step::EndBatch),
        2 => Just(Step::SwitchHandle),
        1 => Just(Step::Quiesce),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let capacity = prop_oneof![Just(None), (0_usize..200).prop_map(Some)];
    let shards = prop_oneof![Just(None), (0_u32..20).prop_map(Some)];
    let publish_every = prop_oneof![Just(None), (0_u32..6).prop_map(Some)];
    let keys = prop_oneof![1_u32..8, 100_u32..400];
    let steps = proptest::collection::vec(step(), 1..400);
    (capacity, shards, publish_every, keys, steps).prop_map(
        |(capacity, shards, publish_every, keys, steps)| Case {
            capacity,
            tuning: Tuning { shards, publish_every, ..Tuning::default() },
            keys,
            steps,
        },
    )
}

/// Runs the cases; a failure comes back as what was wrong and the shortest case that shows it.
pub(super) fn verify<F, K, V, S>() -> Result<(), (String, String)>
where
    F: MapFamily,
    K: BenchKey,
    V: BenchValue,
    S: MapHasher,
{
    let config = Config { failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&case(), |case| {
        let table = key_table::<K>(case.keys);
        let map = build::<F, K, V, S>(case.capacity, &case.tuning);
        let pair = Pair::<'_, K, V, _>::new(&map, &table, F::META.capabilities);
        pair.follow(&case).map_err(TestCaseError::fail)
    });
    outcome.map_err(|error| match error {
        TestError::Fail(reason, case) => (reason.to_string(), format!("{case:?}")),
        TestError::Abort(reason) => (reason.to_string(), "none".to_owned()),
    })
}

/// What the map must hold, and what it may still show.
struct Model {
    entries: HashMap<u32, ValueWord>,
    /// Earlier states of each key since everything was last visible; `None` where every write is
    /// visible at once.
    earlier: Option<HashMap<u32, Vec<Option<ValueWord>>>>,
}

impl Model {
    fn set(&mut self, key: u32, word: Option<ValueWord>) {
        let before = match word {
            Some(word) => self.entries.insert(key, word),
            None => self.entries.remove(&key),
        };
        if let Some(earlier) = &mut self.earlier {
            earlier.entry(key).or_default().push(before);
        }
    }

    fn check_shown(&self, key: u32, shown: Option<ValueWord>) -> Result<(), String> {
        let now = self.entries.get(&key).copied();
        let earlier = self.earlier.as_ref().and_then(|earlier| earlier.get(&key));
        if now == shown || earlier.is_some_and(|states| states.contains(&shown)) {
            return Ok(());
        }
        Err(format!("key {key} should be {now:?} and is shown as {shown:?}"))
    }

    /// Whether nothing earlier may be shown.
    fn is_settled(&self) -> bool {
        self.earlier.as_ref().is_none_or(HashMap::is_empty)
    }

    fn settle(&mut self) {
        if let Some(earlier) = &mut self.earlier {
            earlier.clear();
        }
    }
}

/// A map and its model, side by side.
struct Pair<'m, K: BenchKey, V, M> {
    map: &'m M,
    table: &'m K::Table,
    capabilities: Capabilities,
    model: Model,
    values: std::marker::PhantomData<V>,
}

impl<'m, K: BenchKey, V: BenchValue, M> Pair<'m, K, V, M> {
    fn new(map: &'m M, table: &'m K::Table, capabilities: Capabilities) -> Self {
        let earlier = (!capabilities.immediate_visibility).then(HashMap::new);
        let model = Model { entries: HashMap::new(), earlier };
        Pair { map, table, capabilities, model, values: std::marker::PhantomData }
    }

    fn follow<S>(mut self, case: &Case) -> Result<(), String>
    where
        S: MapHasher,
        M: MapAdapter<K, V, S>,
    {
        let map = self.map;
        let mut handles = [map.handle(), map.handle()];
        let mut in_batch = [false; 2];
        let mut current = 0;
        for (position, step) in case.steps.iter().enumerate() {
            match *step {
                Step::BeginBatch if !in_batch[current] => {
                    handles[current].begin_batch();
                    in_batch[current] = true;
                }
                Step::EndBatch if in_batch[current] => {
                    handles[current].end_batch();
                    in_batch[current] = false;
                }
                Step::BeginBatch | Step::EndBatch => {}
                Step::SwitchHandle => current = 1 - current,
                Step::Quiesce => self.quiesce(&mut handles, &mut in_batch),
                Step::Update(_) if !self.capabilities.read_modify_write => {
                    // Not offered while writes are pending; correct when none are.
                    self.quiesce(&mut handles, &mut in_batch);
                    self.take(&mut handles[current], *step, position as u32, case.keys)?;
                }
                step => self.take(&mut handles[current], step, position as u32, case.keys)?,
            }
        }
        self.quiesce(&mut handles, &mut in_batch);
        handles.iter_mut().try_for_each(|handle| self.compare(handle, case.keys))
    }

    fn quiesce<S>(&mut self, handles: &mut [M::Handle<'m>; 2], in_batch: &mut [bool; 2])
    where
        S: MapHasher,
        M: MapAdapter<K, V, S>,
    {
        for (handle, in_batch) in handles.iter_mut().zip(in_batch) {
            if std::mem::take(in_batch) {
                handle.end_batch();
            }
        }
        self.map.quiesce();
        self.model.settle();
    }

    /// Makes one call and compares its answer.
    fn take<H>(
        &mut self,
        handle: &mut H,
        step: Step,
        position: u32,
        keys: u32,
    ) -> Result<(), String>
    where
        H: MapHandle<K, V>,
    {
        match step {
            Step::Get(index) => self.get(handle, index % keys),
            Step::Contains(index) => self.contains(handle, index % keys),
            Step::GetCloned(index) => self.get_cloned(handle, index % keys),
            Step::Upsert(index) => self.upsert(handle, index % keys, position),
            Step::InsertIfAbsent(index) => self.insert_if_absent(handle, index % keys, position),
            Step::Remove(index) => self.remove(handle, index % keys),
            Step::Update(index) => self.update(handle, index % keys),
            Step::ReplaceAll(index) => {
                self.replace_all(handle, index % keys, position, keys);
                Ok(())
            }
            Step::Scan => self.scan(handle, usize::MAX),
            Step::ScanFirst(count) => self.scan(handle, count),
            Step::Len => self.len(handle),
            Step::BeginBatch | Step::EndBatch | Step::SwitchHandle | Step::Quiesce => Ok(()),
        }
    }

    fn get(&mut self, handle: &mut impl MapHandle<K, V>, index: u32) -> Result<(), String> {
        let key = key::<K>(self.table, index);
        let shown = handle.read(&key, |value| word_of(index, value)).transpose()?;
        self.model.check_shown(index, shown)
    }

    fn get_cloned(&mut self, handle: &mut impl MapHandle<K, V>, index: u32) -> Result<(), String> {
        let cloned = handle.get_cloned(&key::<K>(self.table, index));
        let shown = cloned.map(|value| word_of(index, &value)).transpose()?;
        self.model.check_shown(index, shown)
    }

    fn contains(&mut self, handle: &mut impl MapHandle<K, V>, index: u32) -> Result<(), String> {
        let shown = handle.contains(&key::<K>(self.table, index));
        let present = self.model.entries.contains_key(&index);
        if shown == present || !self.model.is_settled() {
            return Ok(());
        }
        Err(format!("key {index}: present is {present}, `contains` says {shown}"))
    }

    fn check_was(&self, method: &str, index: u32, was: Was) -> Result<(), String> {
        let present = self.model.entries.contains_key(&index);
        let allowed = match was {
            Was::Unknown => !self.capabilities.returns_previous,
            known => known == Was::present(present),
        };
        if allowed {
            return Ok(());
        }
        Err(format!("key {index}: present was {present}, `{method}` says {was:?}"))
    }

    fn upsert(
        &mut self,
        handle: &mut impl MapHandle<K, V>,
        index: u32,
        version: u32,
    ) -> Result<(), String> {
        let was = handle.upsert(key::<K>(self.table, index), value(index, version));
        self.check_was("upsert", index, was)?;
        self.model.set(index, Some(ValueWord::new(index, 0, version)));
        Ok(())
    }

    fn insert_if_absent(
        &mut self,
        handle: &mut impl MapHandle<K, V>,
        index: u32,
        version: u32,
    ) -> Result<(), String> {
        let was = handle.insert_if_absent(key::<K>(self.table, index), value(index, version));
        let absent = !self.model.entries.contains_key(&index);
        if absent != (was == Was::Absent) {
            return Err(format!(
                "key {index}: absent was {absent}, `insert_if_absent` says {was:?}"
            ));
        }
        if absent {
            self.model.set(index, Some(ValueWord::new(index, 0, version)));
        }
        Ok(())
    }

    fn remove(&mut self, handle: &mut impl MapHandle<K, V>, index: u32) -> Result<(), String> {
        let was = handle.remove(&key::<K>(self.table, index));
        self.check_was("remove", index, was)?;
        self.model.set(index, None);
        Ok(())
    }

    fn update(&mut self, handle: &mut impl MapHandle<K, V>, index: u32) -> Result<(), String> {
        let was = handle.update(&key::<K>(self.table, index), bumped::<V>);
        self.check_was("update", index, was)?;
        if let Some(word) = self.model.entries.get(&index) {
            self.model.set(index, Some(word.bumped(0)));
        }
        Ok(())
    }

    /// Replaces everything by the first `first` of `keys` keys.
    fn replace_all(
        &mut self,
        handle: &mut impl MapHandle<K, V>,
        first: u32,
        version: u32,
        keys: u32,
    ) {
        let table = self.table;
        let entries = (0..first).map(|index| (key::<K>(table, index), value(index, version)));
        handle.replace_all(entries, (first..keys).map(|index| key::<K>(table, index)));
        for index in 0..keys {
            let word = (index < first).then(|| ValueWord::new(index, 0, version));
            self.model.set(index, word);
        }
    }

    /// Scans until `limit` entries were visited.
    fn scan(&mut self, handle: &mut impl MapHandle<K, V>, limit: usize) -> Result<(), String> {
        if self.capabilities.scan == ScanConsistency::None {
            return Ok(());
        }
        let mut visited = HashSet::new();
        let mut calls = 0;
        let mut outcome = Ok(());
        handle.scan(|key, value| {
            calls += 1;
            let index = value.word().key();
            outcome = self.check_visit(index, *key, value);
            if outcome.is_ok() && !visited.insert(index) {
                outcome = Err(format!("the scan showed key {index} twice"));
            }
            if outcome.is_err() || calls >= limit {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        outcome?;
        let expected = self.model.entries.len().min(limit);
        if calls > limit || (self.model.is_settled() && calls != expected) {
            return Err(format!("the scan visited {calls} entries, {expected} were to be visited"));
        }
        Ok(())
    }

    fn check_visit(&self, index: u32, shown: K, value: &V) -> Result<(), String> {
        word_of(index, value)?;
        let known = self.model.entries.contains_key(&index) || !self.model.is_settled();
        if !known || shown != key::<K>(self.table, index) {
            return Err(format!("the scan showed key {shown:?} with the value of key {index}"));
        }
        self.model.check_shown(index, Some(value.word()))
    }

    fn len(&mut self, handle: &mut impl MapHandle<K, V>) -> Result<(), String> {
        if self.capabilities.len == LenCost::Approximate {
            return Ok(());
        }
        self.check_len(handle)
    }

    fn check_len(&self, handle: &mut impl MapHandle<K, V>) -> Result<(), String> {
        let (len, expected) = (handle.len(), self.model.entries.len());
        if self.model.is_settled() && (len != expected || handle.is_empty() != (expected == 0)) {
            return Err(format!("`len` is {len} and should be {expected}"));
        }
        Ok(())
    }

    /// Compares everything, once nothing is pending.
    fn compare(&mut self, handle: &mut impl MapHandle<K, V>, keys: u32) -> Result<(), String> {
        for index in 0..keys {
            self.get(handle, index)?;
            self.contains(handle, index)?;
        }
        self.check_len(handle)?;
        self.scan(handle, usize::MAX)
    }
}
