//! The program and the libraries that are loaded into this process: where each lies in memory, and
//! the sections of its file. Reads `/proc/self/maps` and those files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, ReadCache, SymbolKind};

/// One program or library in memory.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) name: String,
    /// Its addresses in this process.
    pub(super) range: Range<u64>,
    /// Added to an address in the file, it gives the address in this process.
    pub(super) bias: u64,
    file: PathBuf,
}

/// A part of a module's file, with the addresses in the file that it stands for.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub(super) bytes: Arc<[u8]>,
    pub(super) addresses: Range<u64>,
}

/// A module's file, open for reading.
#[derive(Debug)]
pub(super) struct Image {
    cache: ReadCache<File>,
}

type Elf<'a> = ElfFile64<'a, Endianness, &'a ReadCache<File>>;

/// What is loaded and has code. What cannot be read is left out: its frames have no names then.
pub(super) fn loaded() -> io::Result<Vec<Module>> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let own = fs::read_link("/proc/self/exe").unwrap_or_default();
    let mut spans: BTreeMap<&str, (Range<u64>, bool)> = BTreeMap::new();
    for line in maps.lines() {
        let Some((range, executable, path)) = mapping(line) else { continue };
        let span = spans.entry(path).or_insert((range.clone(), false));
        span.0 = span.0.start.min(range.start)..span.0.end.max(range.end);
        span.1 |= executable;
    }
    let with_code = spans.into_iter().filter(|(_, (_, executable))| *executable);
    Ok(with_code.filter_map(|(path, (range, _))| module(path, range, &own)).collect())
}

/// Range, whether it holds code, and file of one line of `/proc/self/maps`.
fn mapping(line: &str) -> Option<(Range<u64>, bool, &str)> {
    let path = &line[line.find('/')?..];
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let executable = words.next()?.contains('x');
    let address = |text| u64::from_str_radix(text, 16).ok();
    Some((address(start)?..address(end)?, executable, path))
}

fn module(path: &str, range: Range<u64>, own: &Path) -> Option<Module> {
    // A program that was built anew meanwhile is still there under this name.
    let file = if Path::new(path) == own { "/proc/self/exe".into() } else { PathBuf::from(path) };
    let image = Image::open(&file).ok()?;
    let lowest = image.elf()?.lowest_address()?;
    let name = Path::new(path).file_name()?.to_string_lossy().into_owned();
    Some(Module { name, bias: range.start.wrapping_sub(lowest), range, file })
}

impl Module {
    /// Opens its file.
    pub(super) fn image(&self) -> io::Result<Image> {
        Image::open(&self.file)
    }
}

impl Image {
    fn open(path: &Path) -> io::Result<Image> {
        Ok(Image { cache: ReadCache::new(File::open(path)?) })
    }

    /// The file's contents; `None` if it is no ELF file of 64 bits.
    pub(super) fn elf(&self) -> Option<Sections<'_>> {
        Elf::parse(&self.cache).ok().map(Sections)
    }
}

/// The contents of a module's file.
pub(super) struct Sections<'a>(Elf<'a>);

impl Sections<'_> {
    /// The section of a name, read into memory.
    pub(super) fn section(&self, name: &str) -> Option<Section> {
        let section = self.0.section_by_name(name)?;
        let bytes = section.data().ok()?;
        let start = section.address();
        Some(Section {
            addresses: start..start.saturating_add(section.size()),
            bytes: bytes.into(),
        })
    }

    /// Functions of the symbol tables: addresses and mangled names, by address.
    pub(super) fn functions(&self) -> Vec<(Range<u64>, String)> {
        let tables = self.0.symbols().chain(self.0.dynamic_symbols());
        let mut functions: Vec<(Range<u64>, String)> = tables
            .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0)
            .filter_map(|symbol| {
                let start = symbol.address();
                Some((start..start.saturating_add(symbol.size()), symbol.name().ok()?.to_owned()))
            })
            .collect();
        functions.sort_by_key(|(range, _)| range.start);
        functions
    }

    /// The first address that is loaded, on a page boundary.
    fn lowest_address(&self) -> Option<u64> {
        const PAGE_MASK: u64 = !0xfff;
        let endian = self.0.endian();
        let headers = self.0.elf_header().program_headers(endian, self.0.data()).ok()?;
        let loaded = headers.iter().filter(|header| header.p_type(endian) == object::elf::PT_LOAD);
        loaded.map(|header| header.p_vaddr(endian) & PAGE_MASK).min()
    }
}
