//! Value kinds: 8 bytes, 224 bytes in place, or 224 bytes behind an `Arc`. Every value carries a
//! word that encodes the key it belongs to, so that a map which answers with another key's value
//! is caught while it is measured. No map and no clock here.

use std::fmt;
use std::sync::Arc;

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
}

/// Most bytes of a value in a box of its own.
pub const MAX_BOXED_BYTES: u32 = 1 << 20;

impl ValueKind {
    /// The name in scenario files, on the command line and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            ValueKind::Word => "8",
            ValueKind::Inline224 => "224",
            ValueKind::Arc224 => "arc224",
        }
    }

    /// Bytes of payload.
    pub const fn bytes(self) -> u32 {
        match self {
            ValueKind::Word => 8,
            ValueKind::Inline224 | ValueKind::Arc224 => 224,
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
