//! One change of a store at a time: who changes baselines, imports or prunes holds the lock. Runs do
//! not need it, because each writes a file of its own.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use super::StoreError;

/// The file that is locked. It is empty, and stays.
const LOCK_FILE: &str = ".lock";

/// Holds the lock of a store until it is dropped; waits for whoever has it. The system frees it
/// when a process dies. Makes the store if it does not exist.
///
/// # Errors
/// [`StoreError::Io`] if the store cannot be written. On file systems that have no locks it
/// excludes nobody.
pub(super) fn lock(store: &Path) -> Result<File, StoreError> {
    let failed = |source| StoreError::Io {
        path: store.to_owned(),
        action: "opening the store for a change",
        source,
    };
    fs::create_dir_all(store).map_err(failed)?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(store.join(LOCK_FILE))
        .map_err(failed)?;
    let _ = file.lock();
    Ok(file)
}
