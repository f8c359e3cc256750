//! `sharded/by-namespace`: the in-house map with the shard chosen by a key's namespace in place of
//! its whole hash, as schedulers' queues per namespace are. Only the hasher differs: the map, its
//! locks and tables are those of `sharded`.

use std::hash::{BuildHasher, Hasher};

use mapbench_core::adapter::{
    AdapterClass, AdapterSetting, BuildSetup, MapAdapter, MapFamily, MapHasher, Meta,
};
use mapbench_core::key::{BenchKey, NAMESPACES, unscramble};
use mapbench_core::value::BenchValue;
use mapbench_sharded::ShardedMap;

use super::{Handle, Sharded, with_setup};

/// The family `sharded/by-namespace`.
#[derive(Debug, Clone, Copy)]
pub struct ByNamespace;

impl MapFamily for ByNamespace {
    const META: Meta = Meta {
        name: "sharded/by-namespace",
        summary: "ours, with one shard for all pods of a namespace",
        trade_offs: "As sharded, but all keys of a namespace share a shard, the text before `/`, and \
            a number key's shard is that of the namespace that its pod would have. Listing a \
            namespace could be the walk of one shard; mapbench's calls do not use that. There are \
            never more shards in use than namespaces, 50 here, and fewer where two of them meet in \
            one; a namespace that everybody wants is one lock that everybody wants, however many \
            shards there are. Each key is hashed as a whole and its namespace beside it, and shards \
            are as unequal as the namespaces. A key without a namespace is spread by its hash.",
        semantics: "Those of sharded. A scan shows each namespace as it was at one moment.",
        class: AdapterClass::Map,
        settings: &[AdapterSetting::SHARDS],
        ..Sharded::META
    };
    type Map<K: BenchKey, V: BenchValue, S: MapHasher> = Adapter<K, V, S>;
}

/// The adapter of `sharded/by-namespace`.
#[derive(Debug)]
pub struct Adapter<K, V, S>(ShardedMap<K, V, NamespaceFirst<S>>);

impl<K: BenchKey, V: BenchValue, S: MapHasher> MapAdapter<K, V, S> for Adapter<K, V, S> {
    type Handle<'m> = Handle<'m, K, V, NamespaceFirst<S>>;

    fn build(setup: &BuildSetup<'_, S>) -> Self {
        Adapter(with_setup(setup, NamespaceFirst(setup.hasher.clone())))
    }

    fn handle(&self) -> Self::Handle<'_> {
        Handle(&self.0)
    }
}

/// The bits of a hash by which the map chooses a shard: the 16 below the 7 that it tells the entries
/// of a table apart with.
const SHARD_BITS: u64 = 0xFFFF << 41;

/// Hashes a key by a hasher, but for the bits that choose the shard, which are those of its
/// namespace.
#[derive(Debug, Clone)]
pub struct NamespaceFirst<S>(S);

impl<S: BuildHasher> BuildHasher for NamespaceFirst<S> {
    type Hasher = NamespaceHasher<S::Hasher>;

    #[inline]
    fn build_hasher(&self) -> Self::Hasher {
        NamespaceHasher { key: self.0.build_hasher(), namespace: self.0.build_hasher() }
    }
}

/// Two hashes at once. Keys are written in one piece, as mapbench's are.
#[derive(Debug)]
pub struct NamespaceHasher<H> {
    key: H,
    namespace: H,
}

impl<H: Hasher> Hasher for NamespaceHasher<H> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.key.write(bytes);
        let end = bytes.iter().position(|&byte| byte == b'/').unwrap_or(bytes.len());
        self.namespace.write(&bytes[..end]);
    }

    #[inline]
    fn write_u64(&mut self, key: u64) {
        self.key.write_u64(key);
        self.namespace.write_u64(unscramble(key) % u64::from(NAMESPACES));
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.key.finish() & !SHARD_BITS | self.namespace.finish() & SHARD_BITS
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use foldhash::fast::FixedState;
    use mapbench_core::adapter::{MapHandle, Tuning};
    use mapbench_core::key::{InlineKey, KeyRule, scramble};

    use super::*;

    const KEYS: u32 = 5_000;

    /// The shards that each namespace is found in, by walking through the map shard by shard.
    fn shards_by_namespace<K: BenchKey>(
        key: impl Fn(u32) -> K,
        namespace: impl Fn(&K) -> String,
    ) -> HashMap<String, HashSet<usize>> {
        let tuning = Tuning { shards: Some(1 << 16), ..Tuning::default() };
        let hasher = FixedState::default();
        let map: Adapter<K, u64, _> =
            Adapter::build(&BuildSetup { capacity: None, hasher, tuning: &tuning });
        let mut handle = map.handle();
        (0..KEYS).for_each(|index| {
            handle.upsert(key(index), 0);
        });
        let mut found: HashMap<String, HashSet<usize>> = HashMap::new();
        for (position, shard) in map.0.shards().enumerate() {
            shard.for_each(|key, _| {
                found.entry(namespace(key)).or_default().insert(position);
            });
        }
        found
    }

    #[test]
    fn a_namespace_is_in_one_shard_and_few_meet() {
        let strings = shards_by_namespace(
            |index| InlineKey::spell(KeyRule::NsName, index),
            |key| key.as_str().split('/').next().unwrap_or_default().to_owned(),
        );
        let numbers = shards_by_namespace(
            |index| scramble(u64::from(index)),
            |key| (unscramble(*key) % u64::from(NAMESPACES)).to_string(),
        );
        for found in [strings, numbers] {
            assert_eq!(found.len(), NAMESPACES as usize);
            assert!(found.values().all(|shards| shards.len() == 1), "{found:?}");
            // Of 50 namespaces in 65,536 shards two meet by chance once in fifty maps.
            let shards: HashSet<_> = found.values().flatten().collect();
            assert!(shards.len() >= NAMESPACES as usize - 1, "{found:?}");
        }
    }

    #[test]
    fn a_key_without_a_namespace_is_spread_by_its_hash() {
        let found = shards_by_namespace(
            |index| InlineKey::spell(KeyRule::NodeName, index),
            |key| key.as_str().to_owned(),
        );
        let shards: HashSet<_> = found.values().flatten().collect();
        assert!(shards.len() > KEYS as usize * 9 / 10, "{}", shards.len());
    }
}
