//! The vocabulary of map operations and their packed form. One table says, for each op, its name,
//! its class, and what an adapter must be able to do to run it. No op is executed here.

use serde::{Deserialize, Serialize};

use crate::adapter::Requirement;

/// Keys per map that the packed form can address: 2^24.
pub const MAX_KEYS: u32 = 1 << 24;
/// Maps per trace that the packed form can address.
pub const MAX_MAPS: usize = 16;

/// One kind of map operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum OpKind {
    /// Look a key up and read its value in place.
    Get = 0,
    /// Ask whether a key is present.
    Has = 1,
    /// Store a value under a key that the workload expects to be absent.
    Insert = 2,
    /// Store a value only if the key is absent.
    InsertIfAbsent = 3,
    /// Replace the whole value of a key that the workload expects to be present.
    Overwrite = 4,
    /// Read, modify and write back a value as one atomic step; here always a commutative `+ 1`.
    Update = 5,
    /// Remove a key.
    Remove = 6,
    /// Look a key up and clone its value out of the map.
    GetCloned = 7,
    /// Visit every entry.
    Scan = 8,
    /// Visit every entry whose key begins with a prefix.
    ScanPrefix = 9,
    /// Ask for the number of entries.
    Len = 10,
    /// A run of gets on consecutive keys, one record that the hot loop expands. It goes on with the
    /// first key after the last one, as often as its count asks for.
    Range = 11,
    /// Replace the whole contents by the preloaded keys with new values.
    ReplaceAll = 12,
    /// Put a new, empty map in the place of the map.
    NewMap = 13,
}

/// The class that an op is timed and counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpClass {
    /// Gets, range gets and presence checks.
    Read,
    /// Everything that may change the map.
    Write,
    /// Ops that ask for the map as a whole.
    Scan,
    /// Ops that replace a whole map.
    Bulk,
}

impl OpClass {
    /// Every class, in the order of reports.
    pub const ALL: [OpClass; 4] = [OpClass::Read, OpClass::Write, OpClass::Scan, OpClass::Bulk];

    /// The name in CSV and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            OpClass::Read => "read",
            OpClass::Write => "write",
            OpClass::Scan => "scan",
            OpClass::Bulk => "bulk",
        }
    }
}

/// One row of the op table.
#[derive(Debug, Clone, Copy)]
pub struct OpInfo {
    /// The op.
    pub kind: OpKind,
    /// Its name in scenario files, traces and screens.
    pub name: &'static str,
    /// Its class.
    pub class: OpClass,
    /// The [`MapHandle`](crate::MapHandle) method that runs it.
    pub method: &'static str,
    /// What an adapter must declare to be given this op; `None` where every adapter can.
    pub requires: Option<Requirement>,
}

const fn row(
    kind: OpKind,
    name: &'static str,
    class: OpClass,
    method: &'static str,
    requires: Option<Requirement>,
) -> OpInfo {
    OpInfo { kind, name, class, method, requires }
}

/// Op → name, class, trait method and requirement; indexed by the op's code.
pub const TABLE: [OpInfo; 14] = [
    row(OpKind::Get, "get", OpClass::Read, "read", None),
    row(OpKind::Has, "has", OpClass::Read, "contains", None),
    row(OpKind::Insert, "insert", OpClass::Write, "upsert", None),
    row(OpKind::InsertIfAbsent, "insert_if_absent", OpClass::Write, "insert_if_absent", None),
    row(OpKind::Overwrite, "overwrite", OpClass::Write, "upsert", None),
    row(OpKind::Update, "update", OpClass::Write, "update", Some(Requirement::ReadModifyWrite)),
    row(OpKind::Remove, "remove", OpClass::Write, "remove", None),
    row(OpKind::GetCloned, "get_cloned", OpClass::Read, "get_cloned", None),
    row(OpKind::Scan, "scan", OpClass::Scan, "scan", Some(Requirement::Scan)),
    row(OpKind::ScanPrefix, "scan_prefix", OpClass::Scan, "scan", Some(Requirement::Scan)),
    row(OpKind::Len, "len", OpClass::Scan, "len", None),
    row(OpKind::Range, "range", OpClass::Read, "read", None),
    row(OpKind::ReplaceAll, "replace_all", OpClass::Bulk, "replace_all", None),
    row(OpKind::NewMap, "new_map", OpClass::Bulk, "build, handle", None),
];

impl OpKind {
    /// The op's row in [`TABLE`].
    pub const fn info(self) -> &'static OpInfo {
        &TABLE[self as usize]
    }

    /// The op's name in scenario files, traces and screens.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The op's class.
    pub const fn class(self) -> OpClass {
        self.info().class
    }

    /// Whether the op accesses the key of its word, and not the map as a whole.
    pub const fn accesses_a_key(self) -> bool {
        !matches!(
            self,
            OpKind::Scan | OpKind::ScanPrefix | OpKind::Len | OpKind::ReplaceAll | OpKind::NewMap
        )
    }

    /// The op of a name, if there is one.
    pub fn from_name(name: &str) -> Option<OpKind> {
        TABLE.iter().find(|info| info.name == name).map(|info| info.kind)
    }

    /// The op of a code, if there is one.
    pub const fn from_code(code: u8) -> Option<OpKind> {
        if (code as usize) < TABLE.len() { Some(TABLE[code as usize].kind) } else { None }
    }
}

/// An op packed into 32 bits: op code (4 bits, high), map (4 bits), key index (24 bits).
///
/// A [`OpKind::Range`] word is followed by one plain word, its count. The code 15 is the escape:
/// the driver uses it for ops that it times one by one, it never stands in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OpWord(pub u32);

impl OpWord {
    /// The escape code.
    pub const ESCAPE: u32 = 15;

    /// Packs an op. `map` must be below [`MAX_MAPS`] and `key` below [`MAX_KEYS`]; higher bits
    /// are cut off.
    #[inline]
    pub const fn new(kind: OpKind, map: u8, key: u32) -> Self {
        OpWord(((kind as u32) << 28) | ((map as u32 & 15) << 24) | (key & (MAX_KEYS - 1)))
    }

    /// The raw op code, 0 to 15.
    #[inline]
    pub const fn code(self) -> u32 {
        self.0 >> 28
    }

    /// The op, or `None` for the escape and unused codes.
    #[inline]
    pub const fn kind(self) -> Option<OpKind> {
        OpKind::from_code(self.code() as u8)
    }

    /// The map's position in the trace's map table.
    #[inline]
    pub const fn map(self) -> usize {
        ((self.0 >> 24) & 15) as usize
    }

    /// The key's index in its map's key space.
    #[inline]
    pub const fn key(self) -> u32 {
        self.0 & (MAX_KEYS - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_indexed_by_code_and_names_are_unique() {
        for (code, info) in TABLE.iter().enumerate() {
            assert_eq!(info.kind as usize, code);
            assert_eq!(OpKind::from_code(code as u8), Some(info.kind));
            assert_eq!(OpKind::from_name(info.name), Some(info.kind));
        }
        assert_eq!(OpKind::from_code(14), None);
        assert_eq!(OpKind::from_code(15), None);
    }

    #[test]
    fn words_keep_op_map_and_key() {
        let word = OpWord::new(OpKind::Remove, 15, MAX_KEYS - 1);
        assert_eq!(word.kind(), Some(OpKind::Remove));
        assert_eq!(word.map(), 15);
        assert_eq!(word.key(), MAX_KEYS - 1);
    }
}
