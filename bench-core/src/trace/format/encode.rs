//! Writes a trace file, streaming: one block is held at a time.

use std::io::{self, Write};

use xxhash_rust::xxh3::Xxh3;

use super::{
    BLOCK_BYTES, END, EVENT_MARK, FORMAT_VERSION, INDEX, MAGIC, RECORD_BYTES, TraceHash, block_crc,
    zigzag,
};
use crate::op::{MAX_MAPS, OpKind, OpWord};
use crate::trace::{Stream, Trace};

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
    out.block(INDEX, (index.len() / super::INDEX_ENTRY_BYTES) as u32, &index)?;
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

fn write_stream(
    stream: &Stream,
    number: u32,
    out: &mut Output<impl Write>,
    index: &mut Vec<u8>,
) -> io::Result<u64> {
    let mut payload = Vec::with_capacity(BLOCK_BYTES);
    let mut last_keys = [0_u32; MAX_MAPS];
    let mut events = stream.events.iter().copied().peekable();
    let (mut position, mut in_block, mut total) = (0_u32, 0_u32, 0_u64);
    let mut finish = |payload: &mut Vec<u8>, records: u32, out: &mut Output<_>| {
        index.extend_from_slice(&out.bytes.to_le_bytes());
        index.extend_from_slice(&number.to_le_bytes());
        out.block(number, records, payload)?;
        payload.clear();
        io::Result::Ok(())
    };
    for (op, count) in stream.ops() {
        if payload.len() + RECORD_BYTES > BLOCK_BYTES {
            finish(&mut payload, in_block, out)?;
            last_keys = [0; MAX_MAPS];
            in_block = 0;
        }
        if events.next_if_eq(&position).is_some() {
            payload.push(EVENT_MARK);
        }
        let is_range = op.kind() == Some(OpKind::Range);
        put_record(op, is_range.then_some(count), &mut last_keys, &mut payload);
        position += 1 + u32::from(is_range);
        in_block += 1;
        total += 1;
    }
    if in_block > 0 {
        finish(&mut payload, in_block, out)?;
    }
    Ok(total)
}

fn put_record(
    op: OpWord,
    range: Option<u32>,
    last_keys: &mut [u32; MAX_MAPS],
    payload: &mut Vec<u8>,
) {
    payload.push((op.0 >> 24) as u8);
    let last = &mut last_keys[op.map()];
    // Keys have 24 bits: their difference fits.
    put_leb128(zigzag(op.key().cast_signed() - last.cast_signed()), payload);
    *last = op.key();
    if let Some(count) = range {
        put_leb128(count, payload);
    }
}

fn put_leb128(mut number: u32, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
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

    fn block(&mut self, stream: u32, records: u32, payload: &[u8]) -> io::Result<()> {
        self.put(&stream.to_le_bytes())?;
        self.put(&(payload.len() as u32).to_le_bytes())?;
        self.put(&records.to_le_bytes())?;
        self.put(&block_crc(stream, records, payload).to_le_bytes())?;
        self.put(payload)
    }
}
