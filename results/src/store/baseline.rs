//! Baselines: names for runs of a store, in one file beside the logs. Unlike the index nothing can
//! make it anew, so that a file that does not read is an error and never overwritten. Names are
//! of run ids, not of paths: a copied store keeps them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lock::lock;
use super::{LATEST, StoreError};
use crate::export::write_whole;

/// The file in the store.
pub const BASELINES_FILE: &str = "baselines.json";
/// Version of that file.
const FORMAT: u32 = 1;
/// Longest name. Bytes.
const LONGEST_NAME: usize = 64;

/// A name for a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Id of the run.
    pub run: String,
    /// When the name was given to this run, UTC, RFC 3339.
    pub since: String,
}

/// The baselines of a store, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baselines {
    named: BTreeMap<String, Baseline>,
}

/// The file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WireBaselines {
    format: u32,
    baselines: BTreeMap<String, Baseline>,
}

impl Baselines {
    /// Reads those of a store; without the file there are none.
    ///
    /// # Errors
    /// [`StoreError::Baselines`] names the file, and line and column where it is wrong.
    pub fn read(store: &Path) -> Result<Baselines, StoreError> {
        let path = store.join(BASELINES_FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Baselines::default());
            }
            Err(error) => return Err(StoreError::Baselines { path, reason: error.to_string() }),
        };
        parse(&bytes).map_err(|reason| StoreError::Baselines { path, reason })
    }

    /// The baseline of a name.
    pub fn get(&self, name: &str) -> Option<&Baseline> {
        self.named.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Baseline)> {
        self.named.iter().map(|(name, baseline)| (name.as_str(), baseline))
    }

    /// The names of a run.
    pub fn of_run<'b>(&'b self, run: &'b str) -> impl Iterator<Item = &'b str> {
        self.iter().filter(move |(_, baseline)| baseline.run == run).map(|(name, _)| name)
    }

    /// Gives a run of the store a new name.
    ///
    /// # Errors
    /// [`StoreError::BaselineExists`] if another run has it, [`StoreError::BaselineName`] if it is
    /// no name, and what reading and writing the file may end with.
    pub fn save(store: &Path, name: &str, run: &str, now: Timestamp) -> Result<(), StoreError> {
        check_name(name)?;
        change(store, |baselines| {
            if let Some(known) = baselines.get(name) {
                let (name, run) = (name.to_owned(), known.run.clone());
                return Err(StoreError::BaselineExists { name, run });
            }
            baselines.point(name, run, now);
            Ok(())
        })
    }

    /// Gives a name that exists to another run. Returns the run that had it.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBaseline`], and what reading and writing the file may end with.
    pub fn set(store: &Path, name: &str, run: &str, now: Timestamp) -> Result<String, StoreError> {
        change(store, |baselines| {
            let before = baselines.known(name, store)?.run.clone();
            baselines.point(name, run, now);
            Ok(before)
        })
    }

    /// Takes a name away; the run stays. Returns the run that had it.
    ///
    /// # Errors
    /// As [`Baselines::set`].
    pub fn remove(store: &Path, name: &str) -> Result<String, StoreError> {
        change(store, |baselines| {
            let run = baselines.known(name, store)?.run.clone();
            baselines.named.remove(name);
            Ok(run)
        })
    }

    /// The baseline of a name that must exist.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBaseline`] names those that do.
    pub fn known(&self, name: &str, store: &Path) -> Result<&Baseline, StoreError> {
        self.get(name).ok_or_else(|| StoreError::NoSuchBaseline {
            name: name.to_owned(),
            store: store.to_owned(),
            known: self.named.keys().cloned().collect(),
        })
    }

    fn point(&mut self, name: &str, run: &str, now: Timestamp) {
        let baseline = Baseline { run: run.to_owned(), since: now.to_string() };
        self.named.insert(name.to_owned(), baseline);
    }
}

/// Checks that a name can be typed on a command line and is no other name of a run.
///
/// # Errors
/// [`StoreError::BaselineName`] says why.
pub fn check_name(name: &str) -> Result<(), StoreError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let why = if name == LATEST {
        "`latest` is the newest run"
    } else if name.len() > LONGEST_NAME {
        "it is longer than 64 characters"
    } else if !begins_well || !name.chars().all(plain) {
        "begin with a letter or digit and go on with letters, digits, `.`, `_`, `-` and `/`"
    } else {
        return Ok(());
    };
    Err(StoreError::BaselineName { name: name.to_owned(), why })
}

fn parse(bytes: &[u8]) -> Result<Baselines, String> {
    let wire: WireBaselines = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if wire.format != FORMAT {
        return Err(format!("is of format {}, this mapbench reads {FORMAT}", wire.format));
    }
    Ok(Baselines { named: wire.baselines })
}

fn change<T>(
    store: &Path,
    change: impl FnOnce(&mut Baselines) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let _lock = lock(store)?;
    let mut baselines = Baselines::read(store)?;
    let changed = change(&mut baselines)?;
    let path: PathBuf = store.join(BASELINES_FILE);
    let wire = WireBaselines { format: FORMAT, baselines: baselines.named };
    write_whole(&path, |out| {
        serde_json::to_writer_pretty(&mut *out, &wire)?;
        out.write_all(b"\n")
    })?;
    Ok(changed)
}
