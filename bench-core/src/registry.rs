//! The list of adapters that a program can measure. Its order is the order of every report.

use std::borrow::Cow;

use crate::adapter::{MapFamily, Meta};
use crate::driver::{Link, TrialFailure};
use crate::event::TrialSpec;
use crate::trace::Trace;

/// Runs one trial of one adapter: type-erased once, monomorphised inside.
pub type TrialFn = fn(&TrialSpec, &Trace, &mut dyn Link) -> Result<(), TrialFailure>;

/// One adapter of a registry.
#[derive(Debug, Clone, Copy)]
pub struct AdapterEntry {
    /// What the adapter declares about itself.
    pub meta: Meta,
    /// Runs one trial of it.
    pub trial: TrialFn,
}

impl AdapterEntry {
    /// The entry of a map family.
    pub const fn of<F: MapFamily>() -> Self {
        AdapterEntry { meta: F::META, trial: crate::driver::trial::<F> }
    }
}

/// The adapters that a program can measure.
#[derive(Debug, Clone)]
pub struct Registry {
    entries: Cow<'static, [AdapterEntry]>,
}

impl Registry {
    /// A registry over one const slice.
    pub const fn new(entries: &'static [AdapterEntry]) -> Self {
        Registry { entries: Cow::Borrowed(entries) }
    }

    /// A registry over adapters that were found at run time.
    pub fn of(entries: Vec<AdapterEntry>) -> Self {
        Registry { entries: Cow::Owned(entries) }
    }

    /// The same registry and one more adapter under `name`, which replaces the family's own.
    #[must_use]
    pub fn with<F: MapFamily>(mut self, name: &'static str) -> Self {
        let mut entry = AdapterEntry::of::<F>();
        entry.meta.name = name;
        self.entries.to_mut().push(entry);
        self
    }

    /// The adapters, in the order of reports.
    pub fn entries(&self) -> &[AdapterEntry] {
        &self.entries
    }

    /// The adapter of an exact name.
    pub fn get(&self, name: &str) -> Option<&AdapterEntry> {
        self.entries.iter().find(|entry| entry.meta.name == name)
    }
}
