//! The file of changes that somebody has accepted: it stands beside `mapbench.toml` and belongs
//! into version control, so that everybody's history begins a new level at the same commits. Adding
//! to it keeps what people wrote around it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use crate::export::{ExportError, write_whole};

/// What a new file begins with.
const HEADING: &str = "# Changes of speed that somebody has accepted: `mapbench history accept` adds \
                       them.\n# Each begins a new level in the series of its cells. Keep this file \
                       under version control.\n\n";

/// A change that somebody has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Full hash of the first commit at the new level.
    pub commit: String,
    /// Why it is as it should be.
    pub reason: String,
    /// The series that it is about, as a glob; `None` is all.
    pub cell: Option<String>,
    /// When it was accepted, RFC 3339.
    pub at: Option<String>,
    /// Who accepted it.
    pub by: Option<String>,
}

/// The accepted changes and the file that holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedFile {
    path: PathBuf,
    text: String,
    entries: Vec<Accepted>,
}

/// Why the file could not be read or written.
#[derive(Debug, Error)]
pub enum AcceptedError {
    /// It is there and cannot be read.
    #[error("{}: cannot read the accepted changes: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It does not hold accepted changes.
    #[error("{}: {reason}; write [[accepted]] entries with commit and reason", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        reason: String,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] ExportError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFile {
    #[serde(default)]
    accepted: Vec<WireAccepted>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAccepted {
    commit: String,
    reason: String,
    cell: Option<String>,
    at: Option<String>,
    by: Option<String>,
}

impl AcceptedFile {
    /// The name of the file.
    pub const NAME: &str = "mapbench-accepted.toml";

    /// Reads the file of a folder; one that is not there holds nothing.
    ///
    /// # Errors
    /// [`AcceptedError`] names the file and what is wrong with it.
    pub fn read(folder: &Path) -> Result<AcceptedFile, AcceptedError> {
        let path = folder.join(AcceptedFile::NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(AcceptedError::Read { path, source }),
        };
        let entries = parse(&path, &text)?;
        Ok(AcceptedFile { path, text, entries })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The changes, in the order of the file.
    pub fn entries(&self) -> &[Accepted] {
        &self.entries
    }

    /// Adds a change and writes the file, whole or not at all. The same commit for the same cells
    /// is replaced: the last reason holds.
    ///
    /// # Errors
    /// [`AcceptedError::Write`], or [`AcceptedError::Format`] of a file that changed meanwhile.
    pub fn add(&mut self, accepted: Accepted) -> Result<(), AcceptedError> {
        let broken = |reason: String| AcceptedError::Format { path: self.path.clone(), reason };
        let mut document: DocumentMut =
            self.text.parse().map_err(|error: toml_edit::TomlError| broken(error.to_string()))?;
        let entries = document
            .entry("accepted")
            .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()))
            .as_array_of_tables_mut()
            .ok_or_else(|| broken("`accepted` is written inline".to_owned()))?;
        let same =
            |known: &Accepted| known.commit == accepted.commit && known.cell == accepted.cell;
        if let Some(at) = self.entries.iter().position(same) {
            entries.remove(at);
            self.entries.remove(at);
        }
        entries.push(table(&accepted));
        // A comment alone would stand behind what is added to it.
        let heading = if self.text.is_empty() { HEADING } else { "" };
        let text = format!("{heading}{document}");
        write_whole(&self.path, |out| out.write_all(text.as_bytes()))?;
        self.text = text;
        self.entries.push(accepted);
        Ok(())
    }
}

fn table(accepted: &Accepted) -> Table {
    let mut table = Table::new();
    table["commit"] = value(&accepted.commit);
    table["reason"] = value(&accepted.reason);
    for (key, text) in [("cell", &accepted.cell), ("at", &accepted.at), ("by", &accepted.by)] {
        if let Some(text) = text {
            table[key] = value(text);
        }
    }
    table
}

fn parse(path: &Path, text: &str) -> Result<Vec<Accepted>, AcceptedError> {
    let broken = |reason: String| AcceptedError::Format { path: path.to_owned(), reason };
    let file: WireFile =
        toml::from_str(text).map_err(|error| broken(error.to_string().trim_end().to_owned()))?;
    let entries = file.accepted.into_iter().map(|wire| {
        let is_hash =
            wire.commit.len() >= 7 && wire.commit.bytes().all(|at| at.is_ascii_hexdigit());
        if !is_hash {
            return Err(broken(format!(
                "commit {:?} is no hash of at least 7 hexadecimal digits",
                wire.commit
            )));
        }
        if wire.reason.trim().is_empty() {
            return Err(broken(format!("commit {} has an empty reason", wire.commit)));
        }
        Ok(Accepted {
            commit: wire.commit.to_lowercase(),
            reason: wire.reason,
            cell: wire.cell,
            at: wire.at,
            by: wire.by,
        })
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(commit: &str, reason: &str) -> Accepted {
        let (at, by) = (Some("2026-01-02T03:04:05Z".to_owned()), Some("A Person".to_owned()));
        Accepted { commit: commit.to_owned(), reason: reason.to_owned(), cell: None, at, by }
    }

    #[test]
    fn what_was_accepted_reads_back_and_comments_stay() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = AcceptedFile::read(folder.path()).unwrap();
        assert!(file.entries().is_empty());
        file.add(accepted("0123456789abcdef", "a \"safe\" lock\ncosts this")).unwrap();
        let written = fs::read_to_string(file.path()).unwrap();
        fs::write(file.path(), format!("{written}# ours\n")).unwrap();
        let mut file = AcceptedFile::read(folder.path()).unwrap();
        let cell = Some("sharded*".to_owned());
        file.add(Accepted { cell, ..accepted("fedcba9876543210", "other") }).unwrap();
        assert_eq!(AcceptedFile::read(folder.path()).unwrap().entries(), file.entries());
        assert_eq!(file.entries().len(), 2);
        assert!(fs::read_to_string(file.path()).unwrap().contains("# ours"));
    }

    #[test]
    fn the_last_reason_for_a_commit_holds() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = AcceptedFile::read(folder.path()).unwrap();
        for (commit, reason) in [("aaaaaaa", "first"), ("bbbbbbb", "other"), ("aaaaaaa", "second")]
        {
            file.add(accepted(commit, reason)).unwrap();
        }
        let read = AcceptedFile::read(folder.path()).unwrap();
        let known: Vec<&str> = read.entries().iter().map(|entry| entry.reason.as_str()).collect();
        assert_eq!(known, ["other", "second"]);
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_its_name() {
        for text in [
            "accepted = 3",
            "[[accepted]]\ncommit = \"abcdef0\"",
            "[[accepted]]\ncommit = \"HEAD\"\nreason = \"x\"",
            "[[accepted]]\ncommit = \"abcdef0\"\nreason = \" \"",
            "[[accepted]]\ncommit = \"abcdef0\"\nreason = \"x\"\ncells = \"*\"",
            "\u{0}",
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(AcceptedFile::NAME), text).unwrap();
            let error = AcceptedFile::read(folder.path()).expect_err(text).to_string();
            assert!(error.contains(AcceptedFile::NAME), "{error}");
        }
    }
}
