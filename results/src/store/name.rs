//! What people call a run, and the log that they mean by it.

use std::path::{Path, PathBuf};

use super::{StoreError, list};

/// The log that somebody means by `name`: a file, or the beginning of a run's id in `store`.
///
/// # Errors
/// [`StoreError::NoSuchRun`] and [`StoreError::Ambiguous`].
pub fn resolve(store: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let path = Path::new(name);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let no_such = || StoreError::NoSuchRun { name: name.to_owned(), store: store.to_owned() };
    if name.is_empty() {
        return Err(no_such());
    }
    let mut runs = list(store)?;
    if let Some(exact) = runs.iter().position(|run| run.id == name) {
        return Ok(runs.swap_remove(exact).path);
    }
    runs.retain(|run| run.id.starts_with(name));
    match runs.len() {
        0 => Err(no_such()),
        1 => Ok(runs.swap_remove(0).path),
        _ => Err(StoreError::Ambiguous {
            name: name.to_owned(),
            matches: runs.into_iter().map(|run| run.id).collect(),
        }),
    }
}
