//! Writes a trace file, streaming: a few blocks per thread are held at a time.

use std::io::{self, Write};

use rayon::prelude::*;
use xxhash_rust::xxh3::Xxh3;

use super::payload::{Encoder, LONGEST_BYTES};
use super::{BLOCK_BYTES, CHUNK_WORDS, END, FORMAT_VERSION, INDEX, MAGIC, TraceHash, block_crc};
use crate::op::{OpKind, OpWord};
use crate::trace::{Stream, Trace, ops_in};

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Size of the file. Bytes.
    pub bytes: u64,
    /// Records; a range is one.
    pub records: u64,
    /// Hash of the file.
    pub hash: TraceHash,
}

impl Written {
    /// Bytes of the whole file per record; 0 without records.
    pub fn bytes_per_record(&self) -> f64 {
        if self.records == 0 { 0.0 } else { self.bytes as f64 / self.records as f64 }
    }
}

/// The hash of the file that [`write()`] would write.
pub fn hash(trace: &Trace) -> TraceHash {
    // A sink that cannot fail.
    write(trace, io::sink()).map_or(TraceHash(0), |written| written.hash)
}

/// Writes a trace file. Give it a buffered writer or a file: it writes whole blocks.
///
/// # Errors
/// Those of the writer.
pub fn write(trace: &Trace, out: impl Write) -> io::Result<Written> {
    let mut out = Output { inner: out, hash: Xxh3::new(), bytes: 0 };
    let header = header_json(trace)?;
    out.put(MAGIC)?;
    out.put(&FORMAT_VERSION.to_le_bytes())?;
    out.put(&(header.len() as u32).to_le_bytes())?;
    out.put(&crc32fast::hash(&header).to_le_bytes())?;
    out.put(&header)?;
    let mut index = Vec::new();
    let mut records = 0;
    for (number, stream) in trace.streams.iter().enumerate() {
        records += write_stream(stream, number as u32, &mut out, &mut index)?;
    }
    let index_at = out.bytes;
    let blocks = (index.len() / super::INDEX_ENTRY_BYTES) as u32;
    out.block(INDEX, blocks, block_crc(INDEX, blocks, &index), &index)?;
    out.put(&index_at.to_le_bytes())?;
    out.put(END)?;
    out.inner.flush()?;
    Ok(Written { bytes: out.bytes, records, hash: TraceHash(out.hash.digest()) })
}

/// The header with the parameters' keys in alphabetical order, whatever order they were made in.
fn header_json(trace: &Trace) -> io::Result<Vec<u8>> {
    let mut header = trace.header.clone();
    header.parameters.sort_all_objects();
    Ok(serde_json::to_vec(&header)?)
}

/// A block of records before it is written.
struct Block {
    payload: Vec<u8>,
    records: u32,
    crc: u32,
}

/// Encodes a stream in chunks, as many at once as there are threads, and writes them in order.
fn write_stream(
    stream: &Stream,
    number: u32,
    out: &mut Output<impl Write>,
    index: &mut Vec<u8>,
) -> io::Result<u64> {
    let chunks = stream.words.len().div_ceil(CHUNK_WORDS);
    let at_once = 8 * rayon::current_num_threads();
    let mut total = 0;
    for first in (0..chunks).step_by(at_once) {
        let chunks = first..chunks.min(first + at_once);
        let encoded: Vec<Vec<Block>> =
            chunks.into_par_iter().map(|chunk| encode_chunk(stream, number, chunk)).collect();
        for block in encoded.iter().flatten() {
            index.extend_from_slice(&out.bytes.to_le_bytes());
            index.extend_from_slice(&number.to_le_bytes());
            out.block(number, block.records, block.crc, &block.payload)?;
            total += u64::from(block.records);
        }
    }
    Ok(total)
}

/// Encodes the records that begin in a chunk of a stream's words. The blocks do not depend on who
/// encodes them, so that the file is the same for any number of threads.
fn encode_chunk(stream: &Stream, number: u32, chunk: usize) -> Vec<Block> {
    let start = first_op_from(&stream.words, chunk * CHUNK_WORDS);
    let end = first_op_from(&stream.words, (chunk + 1) * CHUNK_WORDS);
    let mut event = stream.events.partition_point(|&event| (event as usize) < start);
    let mut blocks = Vec::with_capacity(1);
    let mut encoder = Encoder::with_capacity(BLOCK_BYTES);
    let mut finish = |encoder: Encoder| {
        let (payload, records) = encoder.finish();
        if records == 0 {
            return;
        }
        let crc = block_crc(number, records, &payload);
        blocks.push(Block { payload, records, crc });
    };
    let mut position = start;
    for (op, count) in ops_in(&stream.words[start..end]) {
        if encoder.len() + LONGEST_BYTES > BLOCK_BYTES {
            finish(std::mem::replace(&mut encoder, Encoder::with_capacity(BLOCK_BYTES)));
        }
        if stream.events.get(event).is_some_and(|&event| event as usize == position) {
            encoder.event(stream, event);
            event += 1;
        }
        let is_range = op.kind() == Some(OpKind::Range);
        encoder.record(op, is_range.then_some(count));
        position += 1 + usize::from(is_range);
    }
    finish(encoder);
    blocks
}

/// The first position from `position` on where an op begins. A count is at most
/// [`MAX_KEYS`](crate::op::MAX_KEYS), so that what looks like a range is one.
fn first_op_from(words: &[u32], position: usize) -> usize {
    let before = position.checked_sub(1).and_then(|before| words.get(before));
    let in_range = before.is_some_and(|&word| OpWord(word).kind() == Some(OpKind::Range));
    (position + usize::from(in_range)).min(words.len())
}

/// Counts and hashes what passes.
struct Output<W> {
    inner: W,
    hash: Xxh3,
    bytes: u64,
}

impl<W: Write> Output<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn block(&mut self, stream: u32, records: u32, crc: u32, payload: &[u8]) -> io::Result<()> {
        self.put(&stream.to_le_bytes())?;
        self.put(&(payload.len() as u32).to_le_bytes())?;
        self.put(&records.to_le_bytes())?;
        self.put(&crc.to_le_bytes())?;
        self.put(payload)
    }
}
