//! Reads a trace file, streaming. Lengths in the file are believed only up to fixed bounds, and
//! memory grows with the bytes that were really read. Nothing in a file can make this panic.

use std::io::{ErrorKind, Read};

use xxhash_rust::xxh3::Xxh3;

use super::{
    BLOCK_BYTES, END, FORMAT_VERSION, FormatError, INDEX, INDEX_ENTRY_BYTES, MAGIC,
    MAX_HEADER_BYTES, TraceHash, block_crc, payload,
};
use crate::trace::rules::{check_between_ops, check_maps};
use crate::trace::{MapSpec, Stream, Trace, TraceHeader};

/// Reads a trace file; `label` names it in errors. Give it a file: it reads whole blocks.
pub fn read(input: impl Read, label: &str) -> Result<Trace, FormatError> {
    read_hashed(input, label).map(|(trace, _)| trace)
}

/// Reads a trace file and hashes its bytes on the way: the hash that [`write()`](super::write()) gave.
pub fn read_hashed(input: impl Read, label: &str) -> Result<(Trace, TraceHash), FormatError> {
    let mut input = Input { inner: input, label, offset: 0, hash: Xxh3::new() };
    let header = read_header(&mut input)?;
    let mut streams = vec![Stream::default(); header.actors.len()];
    let mut index = Vec::new();
    let mut ops = 0;
    loop {
        let block = input.block(index.len())?;
        if block.stream == INDEX {
            finish(&mut input, &block, &index)?;
            break;
        }
        index.extend_from_slice(&block.offset.to_le_bytes());
        index.extend_from_slice(&block.stream.to_le_bytes());
        let stream = streams.get_mut(block.stream as usize).ok_or_else(|| {
            input.corrupt(block.offset, format!("there is no stream {}", block.stream))
        })?;
        ops += decode_block(&block, &header.maps, stream)
            .map_err(|what| input.corrupt(block.offset, what))?;
    }
    if ops != header.ops {
        let what = format!("holds {ops} ops, its header says {}", header.ops);
        return Err(input.corrupt(0, what));
    }
    check_between_ops(&header.maps, &header.actors, &streams)
        .map_err(|error| input.corrupt(0, error.to_string()))?;
    Ok((Trace { header, streams }, TraceHash(input.hash.digest())))
}

fn read_header(input: &mut Input<'_, impl Read>) -> Result<TraceHeader, FormatError> {
    let magic: [u8; 8] = input.array("its first 8 bytes")?;
    if magic != *MAGIC {
        return Err(FormatError::NotATrace { label: input.label.to_owned() });
    }
    let found = input.number("its version")?;
    if found != FORMAT_VERSION {
        return Err(FormatError::Version { label: input.label.to_owned(), found });
    }
    let length = input.number("the length of its header")?;
    let crc = input.number("the checksum of its header")?;
    let offset = input.offset;
    if length > MAX_HEADER_BYTES {
        return Err(input.corrupt(offset, format!("a header of {length} bytes")));
    }
    let bytes = input.bytes(length as usize, "its header")?;
    if crc32fast::hash(&bytes) != crc {
        return Err(input.corrupt(offset, "the header's checksum is wrong".to_owned()));
    }
    let header: TraceHeader = serde_json::from_slice(&bytes)
        .map_err(|error| input.corrupt(offset, format!("its header: {error}")))?;
    check_maps(&header.maps).map_err(|error| input.corrupt(offset, error.to_string()))?;
    if header.expected.len() != header.maps.len() || header.actors.len() > crate::trace::MAX_ACTORS
    {
        let what = "its header does not fit its maps and actors".to_owned();
        return Err(input.corrupt(offset, what));
    }
    Ok(header)
}

/// Checks the index block and the trailer, and that nothing follows.
fn finish(
    input: &mut Input<'_, impl Read>,
    block: &Block,
    index: &[u8],
) -> Result<(), FormatError> {
    if block.payload != index {
        return Err(input.corrupt(block.offset, "its index does not fit its blocks".to_owned()));
    }
    let trailer_at = input.offset;
    let index_at = u64::from_le_bytes(input.array("the offset of its index")?);
    let end: [u8; 8] = input.array("its last 8 bytes")?;
    if index_at != block.offset || end != *END {
        return Err(input.corrupt(trailer_at, "its end is not the end of a trace".to_owned()));
    }
    let end_at = input.offset;
    match input.read_up_to(&mut [0])? {
        0 => Ok(()),
        _ => Err(input.corrupt(end_at, "something follows its end".to_owned())),
    }
}

/// Appends a block's records to its stream; returns its ops.
fn decode_block(block: &Block, maps: &[MapSpec], stream: &mut Stream) -> Result<u64, String> {
    let (records, ops) = payload::decode(&block.payload, maps, stream)?;
    if records == block.records { Ok(ops) } else { Err(format!("{records} records")) }
}

struct Block {
    offset: u64,
    stream: u32,
    records: u32,
    payload: Vec<u8>,
}

/// Reads and knows where it is.
struct Input<'a, R> {
    inner: R,
    label: &'a str,
    offset: u64,
    hash: Xxh3,
}

impl<R: Read> Input<'_, R> {
    /// Reads the next block. An index block is as long as the index that was seen, no longer.
    fn block(&mut self, index_bytes: usize) -> Result<Block, FormatError> {
        let offset = self.offset;
        let stream = self.number("the start of a block")?;
        let length = self.number("the start of a block")? as usize;
        let records = self.number("the start of a block")?;
        let crc = self.number("the start of a block")?;
        let longest = if stream == INDEX { index_bytes } else { BLOCK_BYTES };
        if length > longest {
            return Err(self.corrupt(offset, format!("a block of {length} bytes")));
        }
        let payload = self.bytes(length, "a block")?;
        if block_crc(stream, records, &payload) != crc {
            return Err(self.corrupt(offset, "the block's checksum is wrong".to_owned()));
        }
        if stream == INDEX && records as usize != length / INDEX_ENTRY_BYTES {
            return Err(self.corrupt(offset, "its index counts other blocks".to_owned()));
        }
        Ok(Block { offset, stream, records, payload })
    }

    fn number(&mut self, what: &'static str) -> Result<u32, FormatError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], FormatError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    /// Reads exactly `length` bytes; memory grows as they come.
    fn bytes(&mut self, length: usize, what: &'static str) -> Result<Vec<u8>, FormatError> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let start = bytes.len();
            bytes.resize(length.min(start + BLOCK_BYTES), 0);
            self.fill(&mut bytes[start..], what)?;
        }
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8], what: &'static str) -> Result<(), FormatError> {
        if self.read_up_to(bytes)? < bytes.len() {
            let (label, offset) = (self.label.to_owned(), self.offset);
            return Err(FormatError::Truncated { label, offset, what });
        }
        Ok(())
    }

    /// Fills `bytes` as far as the input goes; returns how far.
    fn read_up_to(&mut self, bytes: &mut [u8]) -> Result<usize, FormatError> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.inner.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(count) => {
                    self.hash.update(&bytes[filled..filled + count]);
                    filled += count;
                    self.offset += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => {
                    let (label, offset) = (self.label.to_owned(), self.offset);
                    return Err(FormatError::Io { label, offset, source });
                }
            }
        }
        Ok(filled)
    }

    fn corrupt(&self, offset: u64, what: String) -> FormatError {
        FormatError::Corrupt { label: self.label.to_owned(), offset, what }
    }
}
