//! The trace file, `.mbt`: the same bytes for the same trace everywhere. Every byte is covered by a
//! check, so that a damaged file is refused with its offset and never replayed.
//!
//! All integers are little-endian.
//!
//! ```text
//! file    = magic "mbtrace\n" · version u32 · header length u32 · header crc u32 · header (JSON)
//!           block* · index block · trailer
//! block   = stream u32 · payload length u32 · records u32 · crc u32 · payload (≤ 64 KiB)
//! payload = (event mark? record)*
//! mark    = 0xF0: the next record begins an event
//! record  = op code (4 bits, high) and map (4 bits) · key delta (zigzag LEB128) · range: count (LEB128)
//! index   = a block of stream 0xFFFF_FFFF; its payload is, per block, offset u64 and stream u32
//! trailer = offset of the index block u64 · "mbt-end\n"
//! ```
//!
//! A key delta is against the previous key of the same map in the same block, from 0. The checksums
//! are CRC-32 (IEEE); a block's covers its three numbers and its payload.

mod decode;
mod encode;

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use decode::{read, read_hashed};
pub use encode::{Written, hash, write};

/// Version of the format that this program writes, and the only one it reads.
pub const FORMAT_VERSION: u32 = 1;

const MAGIC: &[u8; 8] = b"mbtrace\n";
const END: &[u8; 8] = b"mbt-end\n";
/// Longest payload of a block of records.
const BLOCK_BYTES: usize = 64 * 1024;
/// Longest record with its event mark: mark, op, five bytes of delta, five of count.
const RECORD_BYTES: usize = 12;
/// Longest header that is accepted.
const MAX_HEADER_BYTES: u32 = 16 << 20;
/// The byte that marks an event: the escape code on map 0.
const EVENT_MARK: u8 = 0xF0;
/// The stream number of the index block.
const INDEX: u32 = u32::MAX;
/// Bytes of the index per block.
const INDEX_ENTRY_BYTES: usize = 12;

/// XXH3-64 of the bytes of a trace file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TraceHash(pub u64);

impl fmt::Display for TraceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Why a trace file cannot be read. Each names the file, and where in it.
#[derive(Debug, Error)]
pub enum FormatError {
    /// The file cannot be read at all.
    #[error("{label}: cannot be read at byte {offset}: {source}")]
    Io {
        /// The file.
        label: String,
        /// Bytes read before.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The file is something else.
    #[error("{label}: is not a mapbench trace; make one with `mapbench trace import`")]
    NotATrace {
        /// The file.
        label: String,
    },
    /// Another version wrote the file.
    #[error(
        "{label}: has trace format {found}, this program reads {FORMAT_VERSION}; generate or import the trace again"
    )]
    Version {
        /// The file.
        label: String,
        /// Its version.
        found: u32,
    },
    /// The file ends too early.
    #[error("{label}: is cut off at byte {offset}, in {what}; copy or import it again")]
    Truncated {
        /// The file.
        label: String,
        /// Bytes that there are.
        offset: u64,
        /// What should have followed.
        what: &'static str,
    },
    /// The file is damaged.
    #[error("{label}: is damaged at byte {offset}: {what}; copy or import it again")]
    Corrupt {
        /// The file.
        label: String,
        /// Start of the damaged part.
        offset: u64,
        /// What does not fit.
        what: String,
    },
}

fn zigzag(delta: i32) -> u32 {
    ((delta << 1) ^ (delta >> 31)).cast_unsigned()
}

fn unzigzag(number: u32) -> i32 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// CRC of a block: its three numbers, then its payload.
fn block_crc(stream: u32, records: u32, payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&stream.to_le_bytes());
    crc.update(&(payload.len() as u32).to_le_bytes());
    crc.update(&records.to_le_bytes());
    crc.update(payload);
    crc.finalize()
}
