//! Files that appear whole or not at all. Knows no format.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ExportError;

/// Writes anything into a file: beside it first, then renamed over it, so that nobody ever reads half
/// an export. What is there but no plain file (a pipe, `/dev/null`) is written to directly.
///
/// # Errors
/// [`ExportError::Write`] names the file; an old one is then untouched.
pub fn write_whole(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), ExportError> {
    let failed = |source| ExportError::Write { path: path.to_owned(), source };
    if is_special(path) {
        let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
        let mut out = BufWriter::new(file);
        fill(&mut out).and_then(|()| out.flush()).map_err(failed)
    } else {
        let draft = Draft::beside(path).map_err(failed)?;
        draft.fill(fill).map_err(failed)
    }
}

/// Tries whether [`write_whole`] could write there, so that a run of an hour does not end with an
/// export that never could. Leaves nothing behind.
///
/// # Errors
/// [`ExportError::Write`] names the file.
pub fn check_writable(path: &Path) -> Result<(), ExportError> {
    let failed = |source| ExportError::Write { path: path.to_owned(), source };
    if path.is_dir() {
        return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    if is_special(path) {
        return OpenOptions::new().write(true).open(path).map(drop).map_err(failed);
    }
    Draft::beside(path).map(drop).map_err(failed)
}

fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// A file that is not yet under its name; dropped, it is gone.
#[derive(Debug)]
pub(super) struct Draft {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Draft {
    pub(super) fn beside(path: &Path) -> io::Result<Draft> {
        // Through a link to what it names: the link stays.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().ok_or(io::ErrorKind::InvalidFilename)?);
        name.push(format!(".{}.draft", std::process::id()));
        let temporary = path.with_file_name(name);
        let file = File::create(&temporary)?;
        Ok(Draft { file, temporary, path })
    }

    pub(super) fn fill(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = BufWriter::new(&self.file);
        write(&mut out)?;
        out.flush()?;
        drop(out);
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already where it was renamed.
        let _ = fs::remove_file(&self.temporary);
    }
}
