//! From a sample to the addresses of its calls, by the unwind tables of the loaded modules and the
//! piece of stack that was kept. Touches no memory but that.

use std::sync::Arc;

use framehop::{ExplicitModuleSectionInfo, FrameAddress, Unwinder as _};

use super::modules::{Module, Section};
use super::tick::Sample;

#[cfg(target_arch = "aarch64")]
use framehop::aarch64::{
    CacheAarch64 as Cache, UnwindRegsAarch64 as Regs, UnwinderAarch64 as Native,
};
#[cfg(target_arch = "x86_64")]
use framehop::x86_64::{CacheX86_64 as Cache, UnwindRegsX86_64 as Regs, UnwinderX86_64 as Native};

/// Most calls of a stack that are followed.
const MOST_CALLS: usize = 256;

/// The calls of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Calls {
    /// Addresses to look up, innermost first: each lies inside the instruction that was running
    /// or calling.
    pub(super) addresses: Vec<u64>,
    /// Whether the thread's first call was reached.
    pub(super) complete: bool,
}

/// Unwinds samples of this process.
pub(super) struct Unwinder {
    native: Native<Arc<[u8]>>,
    cache: Cache,
}

impl Unwinder {
    /// An unwinder over the loaded modules.
    pub(super) fn new(modules: &[Module]) -> Unwinder {
        let mut native = Native::new();
        for module in modules {
            native.extend_with(module);
        }
        Unwinder { native, cache: Cache::new() }
    }

    /// The calls of one sample.
    pub(super) fn calls(&mut self, sample: &Sample) -> Calls {
        let sp = sample.registers.sp;
        let mut read = |address: u64| {
            let offset = address.checked_sub(sp).ok_or(())?;
            if offset % 8 != 0 {
                return Err(());
            }
            sample.stack.get((offset / 8) as usize).copied().ok_or(())
        };
        let registers = &sample.registers;
        let mut frames =
            self.native.iter_frames(registers.pc, regs(sample), &mut self.cache, &mut read);
        let mut calls = Calls { addresses: Vec::new(), complete: false };
        while calls.addresses.len() < MOST_CALLS {
            match frames.next() {
                Ok(Some(frame)) => calls.addresses.push(FrameAddress::address_for_lookup(frame)),
                Ok(None) => {
                    calls.complete = true;
                    break;
                }
                Err(_) => break,
            }
        }
        calls
    }
}

#[cfg(target_arch = "x86_64")]
fn regs(sample: &Sample) -> Regs {
    Regs::new(sample.registers.pc, sample.registers.sp, sample.registers.fp)
}

#[cfg(target_arch = "aarch64")]
fn regs(sample: &Sample) -> Regs {
    Regs::new(sample.registers.lr, sample.registers.sp, sample.registers.fp)
}

trait Extend {
    fn extend_with(&mut self, module: &Module);
}

impl Extend for Native<Arc<[u8]>> {
    /// Adds a module's unwind tables; one without is left out, and its frames are followed by
    /// their frame pointers.
    fn extend_with(&mut self, module: &Module) {
        let Ok(image) = module.image() else { return };
        let Some(elf) = image.elf() else { return };
        let section = |name: &str| elf.section(name);
        let (frame, header) = (section(".eh_frame"), section(".eh_frame_hdr"));
        let range = |section: &Option<Section>| section.as_ref().map(|s| s.addresses.clone());
        let bytes = |section: &Option<Section>| section.as_ref().map(|s| Arc::clone(&s.bytes));
        let sections = ExplicitModuleSectionInfo {
            // Addresses are relative to 0, as the bias is to the addresses of the file.
            base_svma: 0,
            text_svma: section(".text").map(|section| section.addresses),
            got_svma: section(".got").map(|section| section.addresses),
            eh_frame_svma: range(&frame),
            eh_frame: bytes(&frame),
            eh_frame_hdr_svma: range(&header),
            eh_frame_hdr: bytes(&header),
            ..ExplicitModuleSectionInfo::default()
        };
        let (name, range) = (module.name.clone(), module.range.clone());
        self.add_module(framehop::Module::new(name, range, module.bias, sections));
    }
}
