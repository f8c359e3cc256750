//! What re-runs of nominated changes found, kept in the store beside the logs of the re-runs. A
//! cache of verdicts: the log of each re-run says it in full.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Confirmation;
use crate::export::{ExportError, write_whole};

/// The verdicts and the file that holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfirmedFile {
    path: PathBuf,
    entries: Vec<Confirmation>,
}

/// Why the file could not be read or written.
#[derive(Debug, Error)]
pub enum ConfirmedError {
    /// It is there and cannot be read.
    #[error("{}: cannot read what re-runs found: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It does not hold verdicts.
    #[error("{}: {source}; move the file away: the logs of the re-runs say it in full", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        source: serde_json::Error,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] ExportError),
}

impl ConfirmedFile {
    /// The name of the file.
    pub const NAME: &str = "confirmed.json";

    /// Reads the file of a store; one that is not there holds nothing.
    ///
    /// # Errors
    /// [`ConfirmedError`] names the file and what is wrong with it.
    pub fn read(store: &Path) -> Result<ConfirmedFile, ConfirmedError> {
        let path = store.join(ConfirmedFile::NAME);
        let entries = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|source| ConfirmedError::Format { path: path.clone(), source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(ConfirmedError::Read { path, source }),
        };
        Ok(ConfirmedFile { path, entries })
    }

    /// The verdicts, oldest first.
    pub fn entries(&self) -> &[Confirmation] {
        &self.entries
    }

    /// Adds verdicts and writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`ConfirmedError::Write`].
    pub fn add(
        &mut self,
        found: impl IntoIterator<Item = Confirmation>,
    ) -> Result<(), ConfirmedError> {
        self.entries.extend(found);
        write_whole(&self.path, |out| {
            serde_json::to_writer_pretty(&mut *out, &self.entries)?;
            writeln!(out)
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_read_back_and_other_files_are_refused() {
        let store = tempfile::tempdir().unwrap();
        let found = Confirmation {
            series: "sharded, x".to_owned(),
            before: "a".repeat(40),
            after: "b".repeat(40),
            run: "k3x9q2".to_owned(),
            verdict: "FAIL".to_owned(),
            confirmed: true,
            slowdown: 0.061,
            at: "2026-01-02T03:04:05Z".to_owned(),
        };
        let mut file = ConfirmedFile::read(store.path()).unwrap();
        file.add([found.clone()]).unwrap();
        file.add([Confirmation { confirmed: false, ..found }]).unwrap();
        let read = ConfirmedFile::read(store.path()).unwrap();
        assert_eq!((read.entries().len(), &read), (2, &file));
        fs::write(store.path().join(ConfirmedFile::NAME), "[{}]").unwrap();
        let error = ConfirmedFile::read(store.path()).unwrap_err().to_string();
        assert!(error.contains("confirmed.json") && error.contains("line 1"), "{error}");
    }
}
