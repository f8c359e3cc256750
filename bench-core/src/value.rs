//! Value kinds: 8 bytes, 224 bytes in place, 224 bytes behind an `Arc`, or a box of any size. Every
//! value carries a word that encodes the key it belongs to, so that a map which answers with another
//! key's value is caught while it is measured. No map and no clock here.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};

/// Which type of value a trial uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// A `u64`: 8 bytes, pointer-like.
    Word,
    /// 224 bytes in place, the median of published cache clusters' means.
    Inline224,
    /// 224 bytes behind an `Arc`.
    Arc224,
    /// So many bytes in a box of their own, [`MIN_BOXED_BYTES`] to [`MAX_BOXED_BYTES`]; only for
    /// `u64` keys. A write and a clone take memory and fill it; a read looks at the first bytes, as
    /// with every kind.
    Boxed(u32),
}

/// Fewest bytes of a value in a box of its own: the word that it carries.
pub const MIN_BOXED_BYTES: u32 = 8;
/// Most bytes of a value in a box of its own.
pub const MAX_BOXED_BYTES: u32 = 1 << 20;

impl ValueKind {
    /// The name in scenario files, on the command line and on screens.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            ValueKind::Word => "8".into(),
            ValueKind::Inline224 => "224".into(),
            ValueKind::Arc224 => "arc224".into(),
            ValueKind::Boxed(bytes) => format!("boxed:{bytes}").into(),
        }
    }

    /// Bytes of payload.
    pub const fn bytes(self) -> u32 {
        match self {
            ValueKind::Word => 8,
            ValueKind::Inline224 | ValueKind::Arc224 => 224,
            ValueKind::Boxed(bytes) => bytes,
        }
    }
}

impl FromStr for ValueKind {
    type Err = String;

    /// Reads a name: `8`, `224`, `arc224`, or `boxed:N` with N bytes.
    fn from_str(text: &str) -> Result<Self, String> {
        let boxed = || {
            let bytes = text.strip_prefix("boxed:")?.parse().ok()?;
            (MIN_BOXED_BYTES..=MAX_BOXED_BYTES).contains(&bytes).then_some(ValueKind::Boxed(bytes))
        };
        match text {
            "8" => Ok(ValueKind::Word),
            "224" => Ok(ValueKind::Inline224),
            "arc224" => Ok(ValueKind::Arc224),
            _ => boxed().ok_or_else(|| {
                format!(
                    "`{text}` is no type of values; use 8, 224, arc224, or boxed:N with N bytes, \
                     {MIN_BOXED_BYTES} to {MAX_BOXED_BYTES}"
                )
            }),
        }
    }
}

/// The word that a value carries: key index (24 bits, high), writer (8 bits) and version (32 bits).
///
/// An insert or overwrite sets the version to the op's position in its thread's lap, an update
/// adds one to it, wrapping. So the final version of every key is known from the executed ops. The
/// writer is the thread that wrote last; which one that was is not known in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ValueWord(pub u64);

impl ValueWord {
    /// The writer of values that were there before the first op.
    pub const NOBODY: u8 = u8::MAX;

    /// Packs key index, writer and version. Higher bits of the key than 24 are cut off.
    #[inline(always)]
    pub const fn new(key: u32, writer: u8, version: u32) -> Self {
        ValueWord((key as u64) << 40 | (writer as u64) << 32 | version as u64)
    }

    /// The index of the key that the value belongs to.
    #[inline(always)]
    pub const fn key(self) -> u32 {
        (self.0 >> 40) as u32
    }

    /// The thread that wrote the value, modulo 255, or [`ValueWord::NOBODY`].
    #[inline(always)]
    pub const fn writer(self) -> u8 {
        (self.0 >> 32) as u8
    }

    /// The version.
    #[inline(always)]
    pub const fn version(self) -> u32 {
        self.0 as u32
    }

    /// The word after one update by a writer.
    #[inline(always)]
    #[must_use]
    pub const fn bumped(self, writer: u8) -> Self {
        ValueWord::new(self.key(), writer, self.version().wrapping_add(1))
    }
}

/// A type that maps can hold in a trial.
pub trait BenchValue: Clone + Eq + std::hash::Hash + fmt::Debug + Send + Sync + 'static {
    /// The kind that this type stands for.
    const KIND: ValueKind;
    /// Makes the value that carries a word.
    fn new(word: ValueWord) -> Self;
    /// Reads the word that the value carries.
    fn word(&self) -> ValueWord;
    /// Whether every part of the value carries the same word: false for a torn value.
    fn is_whole(&self) -> bool;
    /// What a clone of the value copies. Bytes.
    fn cloned_bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl BenchValue for u64 {
    const KIND: ValueKind = ValueKind::Word;

    #[inline(always)]
    fn new(word: ValueWord) -> Self {
        word.0
    }

    #[inline(always)]
    fn word(&self) -> ValueWord {
        ValueWord(*self)
    }

    #[inline(always)]
    fn is_whole(&self) -> bool {
        true
    }
}

/// 224 bytes in place: the same word 28 times.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Inline224([u64; 28]);

impl BenchValue for Inline224 {
    const KIND: ValueKind = ValueKind::Inline224;

    #[inline(always)]
    fn new(word: ValueWord) -> Self {
        Inline224([word.0; 28])
    }

    #[inline(always)]
    fn word(&self) -> ValueWord {
        ValueWord(self.0[0])
    }

    fn is_whole(&self) -> bool {
        self.0.iter().all(|&word| word == self.0[0])
    }
}

/// 224 bytes behind an `Arc`; an update allocates anew.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Arc224(Arc<Inline224>);

impl BenchValue for Arc224 {
    const KIND: ValueKind = ValueKind::Arc224;

    #[inline(always)]
    fn new(word: ValueWord) -> Self {
        Arc224(Arc::new(Inline224::new(word)))
    }

    #[inline(always)]
    fn word(&self) -> ValueWord {
        self.0.word()
    }

    fn is_whole(&self) -> bool {
        self.0.is_whole()
    }
}

/// A box of bytes, all of one size: the word again and again, the last time as much of it as fits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Boxed(Box<[u8]>);

/// Bytes of every [`Boxed`] that is made from now on. One size per process is enough, because a
/// worker runs one trial, and makes the size no part of each value, which maps would have to hold.
static BOXED_BYTES: AtomicU32 = AtomicU32::new(MIN_BOXED_BYTES);

impl Boxed {
    /// Bytes at each end of a value that are looked at to tell whether it is whole: what stops a copy
    /// halfway shows at its end, and reading a megabyte would be what is measured.
    const CHECKED_BYTES: usize = 1_024;

    /// Sets the size of the values that are made from now on, by all threads. Bytes.
    pub(crate) fn set_bytes(bytes: u32) {
        let bytes = bytes.clamp(MIN_BOXED_BYTES, MAX_BOXED_BYTES);
        // Threads that make values are started later, which orders this before them.
        BOXED_BYTES.store(bytes, Ordering::Relaxed);
    }

    fn of_bytes(word: ValueWord, bytes: usize) -> Self {
        let mut content = Vec::with_capacity(bytes);
        content.extend_from_slice(&word.0.to_le_bytes());
        while content.len() < bytes {
            content.extend_from_within(..content.len().min(bytes - content.len()));
        }
        Boxed(content.into_boxed_slice())
    }
}

impl BenchValue for Boxed {
    const KIND: ValueKind = ValueKind::Boxed(MIN_BOXED_BYTES);

    #[inline]
    fn new(word: ValueWord) -> Self {
        Boxed::of_bytes(word, BOXED_BYTES.load(Ordering::Relaxed) as usize)
    }

    #[inline(always)]
    fn word(&self) -> ValueWord {
        let first = self.0.first_chunk().copied().unwrap_or_default();
        ValueWord(u64::from_le_bytes(first))
    }

    fn cloned_bytes(&self) -> usize {
        size_of::<Self>() + self.0.len()
    }

    fn is_whole(&self) -> bool {
        let word = self.word().0.to_le_bytes();
        let ends_at = self.0.len().saturating_sub(Boxed::CHECKED_BYTES) / word.len() * word.len();
        let first = &self.0[..self.0.len().min(Boxed::CHECKED_BYTES)];
        let same = |bytes: &[u8]| bytes.chunks(word.len()).all(|part| part == &word[..part.len()]);
        same(first) && same(&self.0[ends_at..])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let kinds = [ValueKind::Word, ValueKind::Inline224, ValueKind::Arc224];
        for kind in kinds.into_iter().chain([8, 9, MAX_BOXED_BYTES].map(ValueKind::Boxed)) {
            assert_eq!(kind.name().parse(), Ok(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<ValueKind>(&json).unwrap(), kind, "{json}");
        }
        assert_eq!(serde_json::to_string(&ValueKind::Boxed(4096)).unwrap(), r#"{"boxed":4096}"#);
        for wrong in ["boxed", "boxed:7", "boxed:1048577", "boxed:1k", "16", ""] {
            let error = wrong.parse::<ValueKind>().unwrap_err();
            assert!(error.contains("boxed:N"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_box_has_its_word_at_the_front_and_shows_what_was_torn_at_an_end(
            word: u64,
            bytes in 8_usize..10_000,
            at in 0_usize..1_000,
        ) {
            let value = Boxed::of_bytes(ValueWord(word), bytes);
            prop_assert_eq!(value.word(), ValueWord(word));
            prop_assert!(value.is_whole() && value.clone() == value);
            prop_assert_eq!(value.0.len(), bytes);
            // Behind the word itself, from either end.
            let at = at % (bytes - 7);
            for at in [bytes - 1 - at.min(bytes - 9), 8 + at].into_iter().filter(|at| *at < bytes) {
                let mut torn = value.clone();
                torn.0[at] ^= 1;
                prop_assert!(bytes == 8 || !torn.is_whole(), "{at} of {bytes}");
            }
        }
    }
}
