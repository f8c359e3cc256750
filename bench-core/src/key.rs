//! Key kinds: how a dense key index becomes the `u64` or pod-like string that a map is asked for.
//! Keys are materialised before any measured part; nothing here allocates per op.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Bytes of a string key: a UID takes 36 of them, `ns/name` and node names all 40.
pub const INLINE_KEY_BYTES: usize = 40;

/// Which type of key a trial uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// A scrambled `u64`.
    U64,
    /// An inline string of fixed size, spelled by the map's [`KeyRule`].
    String,
}

impl KeyKind {
    /// The name in scenario files, CSV and screens.
    pub const fn name(self) -> &'static str {
        match self {
            KeyKind::U64 => "u64",
            KeyKind::String => "string",
        }
    }
}

/// How the string form of a key is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyRule {
    /// A pod UID: a version-4 UUID in its 36-character form.
    Uid,
    /// `namespace/name` of a pod, 40 characters; 50 namespaces.
    NsName,
    /// A node name, 40 characters.
    NodeName,
}

/// Namespaces that [`KeyRule::NsName`] spreads its keys over.
pub const NAMESPACES: u32 = 50;

/// A type that maps can be keyed by in a trial.
pub trait BenchKey: Copy + Eq + Ord + Hash + fmt::Debug + Send + Sync + 'static {
    /// The materialised keys of one map.
    type Table: KeyTable<Self>;
    /// The kind that this type stands for.
    const KIND: KeyKind;
    /// Folds every byte of the key into one word, so that a no-op map must have read it.
    fn fold(&self) -> u64;
}

/// The keys of one map, by dense index.
pub trait KeyTable<K>: Sync + Send + Sized + 'static {
    /// What a look-up lends out.
    type Ref<'a>: Borrow<K>
    where
        Self: 'a;
    /// Materialises `len` keys. Parallel, before the measured part.
    fn build(rule: KeyRule, len: u32) -> Self;
    /// The key of an index below the table's length.
    fn key(&self, index: u32) -> Self::Ref<'_>;
}

/// `u64` keys need no table: the index is scrambled by a bijection, which costs less than a load
/// that misses the first-level cache.
#[derive(Debug)]
pub struct U64Keys;

impl KeyTable<u64> for U64Keys {
    type Ref<'a> = u64;

    fn build(_rule: KeyRule, _len: u32) -> Self {
        U64Keys
    }

    #[inline(always)]
    fn key(&self, index: u32) -> u64 {
        scramble(u64::from(index))
    }
}

impl BenchKey for u64 {
    type Table = U64Keys;
    const KIND: KeyKind = KeyKind::U64;

    #[inline(always)]
    fn fold(&self) -> u64 {
        *self
    }
}

/// A bijection on `u64`: an odd multiplier and one xor-shift, so that neither the low nor the high
/// bits of consecutive keys are consecutive.
#[inline(always)]
pub const fn scramble(index: u64) -> u64 {
    let product = index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ (product >> 32)
}

/// The index that [`scramble`] made a key of.
#[inline(always)]
pub const fn unscramble(key: u64) -> u64 {
    // The inverse of the multiplier modulo 2^64.
    (key ^ (key >> 32)).wrapping_mul(0xF1DE_83E1_9937_733D).wrapping_sub(1)
}

/// A string key of fixed size, padded with zero bytes. `Copy`, compared and hashed as 40 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(align(8))]
pub struct InlineKey(pub [u8; INLINE_KEY_BYTES]);

impl InlineKey {
    /// Spells the key of an index by a rule.
    pub fn spell(rule: KeyRule, index: u32) -> Self {
        let mut bytes = [0_u8; INLINE_KEY_BYTES];
        let high = scramble(u64::from(index));
        let low = scramble(high);
        match rule {
            KeyRule::Uid => spell_uid(&mut bytes, high, low),
            KeyRule::NsName => {
                let namespace = index % NAMESPACES;
                bytes[..8].copy_from_slice(b"team-00/");
                bytes[5] = b'0' + (namespace / 10) as u8;
                bytes[6] = b'0' + (namespace % 10) as u8;
                spell_hex(&mut bytes[8..], u128::from(high) << 64 | u128::from(low));
            }
            KeyRule::NodeName => {
                bytes[..12].copy_from_slice(b"node-pool-a-");
                spell_hex(&mut bytes[12..], u128::from(high) << 64 | u128::from(low));
            }
        }
        InlineKey(bytes)
    }

    /// The characters of the key, without padding.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(INLINE_KEY_BYTES);
        std::str::from_utf8(&self.0[..end]).unwrap_or("")
    }
}

impl Hash for InlineKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

impl fmt::Debug for InlineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// String keys, materialised.
#[derive(Debug)]
pub struct InlineKeys(Vec<InlineKey>);

impl KeyTable<InlineKey> for InlineKeys {
    type Ref<'a> = &'a InlineKey;

    fn build(rule: KeyRule, len: u32) -> Self {
        InlineKeys((0..len).into_par_iter().map(|index| InlineKey::spell(rule, index)).collect())
    }

    #[inline(always)]
    fn key(&self, index: u32) -> &InlineKey {
        &self.0[index as usize]
    }
}

impl BenchKey for InlineKey {
    type Table = InlineKeys;
    const KIND: KeyKind = KeyKind::String;

    #[inline(always)]
    fn fold(&self) -> u64 {
        let (words, _) = self.0.as_chunks::<8>();
        words.iter().fold(0, |folded, word| folded ^ u64::from_le_bytes(*word))
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn spell_hex(out: &mut [u8], mut number: u128) {
    for byte in out {
        *byte = HEX[(number & 15) as usize];
        number = number.rotate_right(4);
    }
}

fn spell_uid(out: &mut [u8; INLINE_KEY_BYTES], high: u64, low: u64) {
    let mut number = u128::from(high) << 64 | u128::from(low);
    for (position, byte) in out[..36].iter_mut().enumerate() {
        *byte = match position {
            8 | 13 | 18 | 23 => b'-',
            14 => b'4',
            19 => b"89ab"[(number & 3) as usize],
            _ => HEX[(number & 15) as usize],
        };
        if *byte != b'-' {
            number = number.rotate_right(4);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn string_keys_are_distinct_and_of_the_stated_length() {
        for (rule, length) in [(KeyRule::Uid, 36), (KeyRule::NsName, 40), (KeyRule::NodeName, 40)] {
            let keys: HashSet<_> =
                (0..100_000).map(|index| InlineKey::spell(rule, index)).collect();
            assert_eq!(keys.len(), 100_000, "{rule:?}");
            assert!(keys.iter().all(|key| key.as_str().len() == length), "{rule:?}");
        }
    }

    #[test]
    fn unscrambling_undoes_scrambling() {
        for index in [0, 1, 49, 50, 1 << 24, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(unscramble(scramble(index)), index);
        }
    }

    #[test]
    fn spelling_is_the_same_on_every_platform() {
        assert_eq!(
            InlineKey::spell(KeyRule::NsName, 7).as_str().split_once('/').map(|parts| parts.0),
            Some("team-07")
        );
    }
}
