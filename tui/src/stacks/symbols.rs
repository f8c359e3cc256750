//! From an address to the functions that it is in, inlined ones included: by the debug information
//! of its module, or else by its symbol table, or else by the module's name.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use addr2line::Context;
use mapbench_core::event::StackFrame;

use super::modules::{Module, Sections};

type Reader = gimli::EndianArcSlice<gimli::RunTimeEndian>;

/// Looks addresses up. Modules are read when the first of their addresses is asked for.
pub(super) struct Symbols<'m> {
    modules: Vec<(&'m Module, Option<Names>)>,
    known: HashMap<u64, Vec<StackFrame>>,
}

/// What one module's file says about its code.
struct Names {
    debug: Option<Context<Reader>>,
    functions: Vec<(Range<u64>, String)>,
}

impl<'m> Symbols<'m> {
    /// Over the loaded modules.
    pub(super) fn new(modules: &'m [Module]) -> Self {
        Symbols {
            modules: modules.iter().map(|module| (module, None)).collect(),
            known: HashMap::new(),
        }
    }

    /// The functions at an address, innermost first; never empty.
    pub(super) fn at(&mut self, address: u64) -> &[StackFrame] {
        if !self.known.contains_key(&address) {
            let frames = self.look_up(address);
            self.known.insert(address, frames);
        }
        &self.known[&address]
    }

    fn look_up(&mut self, address: u64) -> Vec<StackFrame> {
        let holder = self.modules.iter_mut().find(|(module, _)| module.range.contains(&address));
        let Some((module, names)) = holder else { return vec![unknown("unknown")] };
        let names = names.get_or_insert_with(|| Names::of(module));
        let at = address.wrapping_sub(module.bias);
        let frames = names.frames(at);
        if !frames.is_empty() {
            return frames;
        }
        vec![names.function(at).unwrap_or_else(|| unknown(&module.name))]
    }
}

fn unknown(what: &str) -> StackFrame {
    StackFrame { function: format!("[{what}]"), file: None, line: 0 }
}

impl Names {
    fn of(module: &Module) -> Names {
        let image = module.image().ok();
        let elf = image.as_ref().and_then(super::modules::Image::elf);
        Names {
            debug: elf.as_ref().and_then(debug_information),
            functions: elf.as_ref().map(Sections::functions).unwrap_or_default(),
        }
    }

    fn frames(&self, at: u64) -> Vec<StackFrame> {
        let mut found = Vec::new();
        let Some(debug) = &self.debug else { return found };
        let Ok(mut frames) = debug.find_frames(at).skip_all_loads() else { return found };
        while let Ok(Some(frame)) = frames.next() {
            let Some(function) = frame.function else { continue };
            let Ok(name) = function.raw_name() else { continue };
            let location = frame.location.as_ref();
            let file = location.and_then(|place| place.file);
            found.push(StackFrame {
                function: qualified(demangled(&name), file),
                file: file.map(str::to_owned),
                line: location.and_then(|place| place.line).unwrap_or(0),
            });
        }
        found
    }

    fn function(&self, at: u64) -> Option<StackFrame> {
        let after = self.functions.partition_point(|(range, _)| range.start <= at);
        let (range, name) = self.functions[..after].last()?;
        let within = range.contains(&at);
        within.then(|| StackFrame { function: demangled(name), file: None, line: 0 })
    }
}

/// A name with its path. Line tables give functions that were inlined without one, and the path of
/// the source file says nearly the same: crate and module.
fn qualified(name: String, file: Option<&str>) -> String {
    let bare =
        name.split('<').next().is_some_and(|before| !before.is_empty() && !before.contains("::"));
    match file.and_then(module_of).filter(|_| bare && !name.starts_with('{')) {
        Some(module) => format!("{module}::{name}"),
        None => name,
    }
}

/// The module of a source file: `…/dashmap-6.2.1/src/mapref/one.rs` is `dashmap::mapref::one`.
fn module_of(file: &str) -> Option<String> {
    let (before, within) = file.rsplit_once("/src/")?;
    let folder = before.rsplit('/').next()?;
    let version = |(_, tail): &(&str, &str)| tail.starts_with(|c: char| c.is_ascii_digit());
    let name = folder.rsplit_once('-').filter(version).map_or(folder, |(name, _)| name);
    // The only crates here whose folders are not their names.
    let name = match name {
        "bench-core" => "mapbench_core".to_owned(),
        "adapters" => "mapbench_adapters".to_owned(),
        "sharded" => "mapbench_sharded".to_owned(),
        "syncmap" => "mapbench_syncmap".to_owned(),
        other => other.replace('-', "_"),
    };
    let path = within.strip_suffix(".rs")?;
    let parts = path.split('/').filter(|part| !matches!(*part, "lib" | "mod"));
    Some(std::iter::once(name.as_str()).chain(parts).collect::<Vec<_>>().join("::"))
}

/// Without the hash at the end.
fn demangled(name: &str) -> String {
    // Versions of symbols of the C library.
    let name = name.split('@').next().unwrap_or(name);
    format!("{:#}", rustc_demangle::demangle(name))
}

fn debug_information(elf: &Sections<'_>) -> Option<Context<Reader>> {
    let endian = gimli::RunTimeEndian::default();
    let section = |id: gimli::SectionId| {
        let bytes = elf.section(id.name()).map_or_else(|| Arc::from([]), |section| section.bytes);
        Ok::<_, gimli::Error>(Reader::new(bytes, endian))
    };
    let dwarf = gimli::Dwarf::load(section).ok()?;
    Context::from_dwarf(dwarf).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_path_takes_that_of_its_file() {
        let name = |name: &str, file: &str| qualified(name.to_owned(), Some(file));
        let registry = "/home/a/.cargo/registry/src/index/dashmap-6.2.1/src/lock.rs";
        assert_eq!(name("lock", registry), "dashmap::lock::lock");
        let core = "/rustc/59807616e1fa/library/core/src/sync/atomic.rs";
        assert_eq!(name("atomic_sub<a::B, u8>", core), "core::sync::atomic::atomic_sub<a::B, u8>");
        let own = "/x/bench-core/src/driver/placement.rs";
        assert_eq!(name("serve", own), "mapbench_core::driver::placement::serve");
        assert_eq!(name("dashmap::Map::get", registry), "dashmap::Map::get");
        assert_eq!(name("<a::B as C>::d", registry), "<a::B as C>::d");
    }
}
