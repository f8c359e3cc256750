//! The bytes of a recording: unpacked by what they begin with, never by a file's name, and handed
//! on in records of bounded length, so that neither a packed bomb nor a line without an end takes
//! unbounded memory. Opens nothing and knows no format of recordings.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
const XZ_MAGIC: [u8; 6] = [0xFD, b'7', b'z', b'X', b'Z', 0];
/// Most memory that unpacking `.xz` may take: the dictionaries of all of its presets fit.
const XZ_MEMORY_KIB: u32 = 96 << 10;
const BUFFER_BYTES: usize = 64 << 10;

/// Unpacks gzip and xz, also several packed parts one after the other; passes anything else on.
///
/// # Errors
/// Those of the reader. Errors of unpacking come later, while it is read.
pub(super) fn unpacked<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut start = [0; XZ_MAGIC.len()];
    let mut length = 0;
    while length < start.len() {
        match input.read(&mut start[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let is_xz = start[..length] == XZ_MAGIC;
    let is_gzip = start[..length].starts_with(&GZIP_MAGIC);
    let whole = Cursor::new(start).take(length as u64).chain(input);
    let whole = BufReader::with_capacity(BUFFER_BYTES, whole);
    Ok(if is_xz {
        Box::new(Packed::new("xz", XzReader::new_mem_limit(whole, true, XZ_MEMORY_KIB)))
    } else if is_gzip {
        Box::new(Packed::new("gzip", MultiGzDecoder::new(whole)))
    } else {
        Box::new(whole)
    })
}

/// Says of errors that they are the packing's, and asks an unpacker nothing after its first one.
struct Packed<R> {
    packing: &'static str,
    inner: R,
    failed: bool,
}

impl<R> Packed<R> {
    fn new(packing: &'static str, inner: R) -> Self {
        Packed { packing, inner, failed: false }
    }
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Err(io::Error::other(format!("its {} packing is damaged", self.packing)));
        }
        self.inner.read(bytes).map_err(|error| {
            if error.kind() == ErrorKind::Interrupted {
                return error;
            }
            self.failed = true;
            let packing = self.packing;
            let what = match error.kind() {
                ErrorKind::UnexpectedEof => format!("its {packing} packing is cut off"),
                ErrorKind::OutOfMemory => format!(
                    "its {packing} packing needs more than {} MiB to unpack",
                    XZ_MEMORY_KIB >> 10
                ),
                _ => format!("its {packing} packing is damaged ({error})"),
            };
            io::Error::new(error.kind(), format!("{what}; copy it again, or unpack it first"))
        })
    }
}

/// Lines of any text, without their ends.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    longest: u64,
    /// Lines read so far: the number of the last one.
    pub(super) number: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R, longest: u64) -> Self {
        let input = BufReader::with_capacity(BUFFER_BYTES, input);
        Lines { input, line: Vec::new(), longest, number: 0 }
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        self.number += 1;
        self.input.by_ref().take(self.longest + 1).read_until(b'\n', &mut self.line)?;
        if self.line.len() as u64 > self.longest {
            return Err(too_long(self.longest));
        }
        if self.line.is_empty() {
            self.number -= 1;
            return Ok(None);
        }
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        Ok(Some(line.strip_suffix(b"\r").unwrap_or(line)))
    }

    /// What follows the last line.
    pub(super) fn rest(self) -> BufReader<R> {
        self.input
    }
}

fn too_long(longest: u64) -> io::Error {
    let what = format!("one record is longer than {longest} bytes; is this the right format?");
    io::Error::new(ErrorKind::InvalidData, what)
}

/// Bytes that a parser may still read before it has to finish a record.
#[derive(Debug, Clone)]
pub(super) struct Allowance {
    left: Rc<Cell<u64>>,
    record: u64,
}

impl Allowance {
    /// For records of at most so many bytes.
    pub(super) fn new(record: u64) -> Self {
        let allowance = Allowance { left: Rc::new(Cell::new(0)), record };
        allowance.renew();
        allowance
    }

    /// A record is finished: the next may be as long again.
    pub(super) fn renew(&self) {
        self.left.set(self.record + BUFFER_BYTES as u64);
    }
}

/// Reads within an allowance, and remembers the last byte.
pub(super) struct Metered<R> {
    inner: R,
    allowance: Allowance,
    pub(super) last: Option<u8>,
}

impl<R: Read> Metered<R> {
    pub(super) fn new(inner: R, allowance: &Allowance) -> Self {
        Metered { inner, allowance: allowance.clone(), last: None }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(bytes)?;
        self.last = bytes[..count].last().copied().or(self.last);
        match self.allowance.left.get().checked_sub(count as u64) {
            Some(left) => self.allowance.left.set(left),
            None => return Err(too_long(self.allowance.record)),
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn all(packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        unpacked(packed)?.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn what_is_packed_is_known_by_its_first_bytes() {
        for text in [&b""[..], b"a", b"\x1F", b"seven bytes and more"] {
            assert_eq!(all(text).unwrap(), text);
            assert_eq!(all(&gzip(text)).unwrap(), text);
        }
        let twice = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(all(&twice).unwrap(), b"one two");
    }

    #[test]
    fn an_archive_that_is_cut_off_anywhere_says_so() {
        let packed = gzip(&[7; 1_000]);
        for length in 2..packed.len() {
            let error = all(&packed[..length]).unwrap_err().to_string();
            assert!(error.starts_with("its gzip packing is cut off"), "{length}: {error}");
        }
        let mut packed = packed;
        let end = packed.len() - 5;
        packed[end] ^= 1;
        let error = all(&packed).unwrap_err().to_string();
        assert!(error.starts_with("its gzip packing is damaged"), "{error}");
    }

    #[test]
    fn xz_is_unpacked_whatever_its_check_and_filters() {
        let keys = include_bytes!("../../../fuzz/seeds/access-lines/keys.txt");
        let packed: [&[u8]; 5] = [
            include_bytes!("../../../fuzz/seeds/xz/none.xz"),
            include_bytes!("../../../fuzz/seeds/xz/crc32.xz"),
            include_bytes!("../../../fuzz/seeds/xz/crc64.xz"),
            include_bytes!("../../../fuzz/seeds/xz/sha256.xz"),
            include_bytes!("../../../fuzz/seeds/xz/x86.xz"),
        ];
        for packed in packed {
            assert_eq!(all(packed).unwrap(), keys);
            for length in XZ_MAGIC.len()..packed.len() {
                let error = all(&packed[..length]).unwrap_err().to_string();
                assert!(error.starts_with("its xz packing is "), "{length}: {error}");
            }
        }
        let twice = all(include_bytes!("../../../fuzz/seeds/xz/two.xz")).unwrap();
        assert_eq!(twice.len(), 2 * keys.len());
    }

    #[test]
    fn an_archive_that_asks_for_too_much_memory_is_refused() {
        let packed = include_bytes!("../../../fuzz/seeds/xz/large-dictionary.xz");
        let error = all(packed).unwrap_err().to_string();
        assert!(error.starts_with("its xz packing needs more than 96 MiB"), "{error}");
    }

    #[test]
    fn lines_have_numbers_and_a_longest_length() {
        let mut lines = Lines::new(&b"one\r\n\nthree"[..], 5);
        for (number, line) in [&b"one"[..], b"", b"three"].into_iter().enumerate() {
            assert_eq!(lines.next().unwrap(), Some(line));
            assert_eq!(lines.number, number as u64 + 1);
        }
        assert_eq!(lines.next().unwrap(), None);
        let mut lines = Lines::new(&b"123456"[..], 5);
        assert!(lines.next().unwrap_err().to_string().contains("longer than 5 bytes"));
    }
}
