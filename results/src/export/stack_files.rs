//! The files of sampled stacks: two per cell, folded and pprof, in a folder of their own.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mapbench_core::event::Stacks;

use super::files::Draft;
use super::{ExportError, folded, pprof};
use crate::stacks::file_stems;
use crate::summary::RunSummary;

/// A format: the end of its files, and what writes them.
type Format = (&'static str, fn(&Stacks, &mut dyn Write) -> io::Result<()>);

/// The formats that every sampled cell is written in.
const FORMATS: [Format; 2] = [("folded", folded::write), ("pb.gz", pprof::write)];

/// Makes the folder of a run's stacks, and tries whether files can be written there, before
/// anything is measured.
///
/// # Errors
/// [`ExportError::Write`] names the folder.
pub fn check_folder(folder: &Path) -> Result<(), ExportError> {
    let tried = fs::create_dir_all(folder).and_then(|()| Draft::beside(&folder.join("stacks")));
    tried.map(drop).map_err(|source| ExportError::Write { path: folder.to_owned(), source })
}

/// Writes the stacks of every cell that has some: `FOLDER/<scenario>-<adapter>-<threads>.folded`
/// and `.pb.gz`. Says which files there are now.
///
/// # Errors
/// [`ExportError::Write`] names the file.
pub fn write_stacks(summary: &RunSummary, folder: &Path) -> Result<Vec<PathBuf>, ExportError> {
    let cells: Vec<_> = summary.cells().iter().map(crate::summary::CellSummary::cell).collect();
    let mut written = Vec::new();
    for (cell, stem) in summary.cells().iter().zip(file_stems(&cells)) {
        let Some(stacks) = cell.stacks() else { continue };
        for (end, write) in FORMATS {
            let path = folder.join(format!("{stem}.{end}"));
            Draft::beside(&path)
                .and_then(|draft| draft.fill(|out| write(stacks, out)))
                .map_err(|source| ExportError::Write { path: path.clone(), source })?;
            written.push(path);
        }
    }
    Ok(written)
}
