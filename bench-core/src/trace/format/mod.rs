//! The trace file, `.mbt`: the same bytes for the same trace everywhere. Every byte is covered by a
//! check, so that a damaged file is refused with its offset and never replayed.
//!
//! All integers are little-endian.
//!
//! ```text
//! file    = magic "mbtrace\n" · version u32 · header length u32 · header crc u32 · header (JSON)
//!           block* · index block · trailer
//! block   = stream u32 · payload length u32 · records u32 · crc u32 · payload (≤ 64 KiB)
//! payload = (event? record)*
//! event   = mark · number? · predecessor? · time?: the next record begins an event
//! mark    = 0xF0 | order (3 bits) | 8 if a time follows
//! order   = 0: the event has no number; 1–3: its number is the next one; 4–6: a number follows
//!           1, 4: it follows the number before; 2, 5: a predecessor follows; 3, 6: it follows none
//! record  = op code (4 bits, high) and map (4 bits) · key delta (zigzag LEB128) · range: count (LEB128)
//! index   = a block of stream 0xFFFF_FFFF; its payload is, per block, offset u64 and stream u32
//! trailer = offset of the index block u64 · "mbt-end\n"
//! ```
//!
//! Deltas begin anew in each block: a key's is against the key before on the same map, from 0; an
//! event's number counts from the one after the number before, from 0; its predecessor is how many
//! numbers it is back; its time is against the time before, from 0, in nanoseconds. The three of an
//! event are in LEB128. A block holds records of 16,384 words of its stream, or what of them fits.
//! The checksums are CRC-32 (IEEE); a block's covers its three numbers and its payload.

mod decode;
mod encode;
mod payload;

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use decode::{read, read_hashed};
pub use encode::{Written, hash, write};

/// Version of the format that this program writes, and the only one it reads.
pub const FORMAT_VERSION: u32 = 2;

const MAGIC: &[u8; 8] = b"mbtrace\n";
const END: &[u8; 8] = b"mbt-end\n";
/// Longest payload of a block of records.
const BLOCK_BYTES: usize = 64 * 1024;
/// Words of a stream whose records are encoded together.
const CHUNK_WORDS: usize = 16 * 1024;
/// Longest header that is accepted.
const MAX_HEADER_BYTES: u32 = 16 << 20;
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

/// CRC of a block: its three numbers, then its payload.
fn block_crc(stream: u32, records: u32, payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&stream.to_le_bytes());
    crc.update(&(payload.len() as u32).to_le_bytes());
    crc.update(&records.to_le_bytes());
    crc.update(payload);
    crc.finalize()
}
