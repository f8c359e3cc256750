//! The built programs, each in a folder of its own, and what they said.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mapbench_results::RunLog;
use tempfile::TempDir;

/// A program in a folder that nothing else uses.
pub(crate) struct Program {
    binary: PathBuf,
    folder: TempDir,
}

/// What a program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Program {
    /// `mapbench` itself.
    pub(crate) fn mapbench() -> Self {
        Program::of(PathBuf::from(env!("CARGO_BIN_EXE_mapbench")))
    }

    /// The example with misbehaving adapters, which is built beside the tests.
    pub(crate) fn faulty() -> Self {
        let test = std::env::current_exe().expect("a test knows its own path");
        let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/test");
        let binary = profile.join("examples/faulty");
        assert!(binary.is_file(), "{} is missing: cargo build --examples", binary.display());
        Program::of(binary)
    }

    fn of(binary: PathBuf) -> Self {
        Program { binary, folder: TempDir::new().expect("a temporary folder") }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command that runs in the folder, without a terminal. A run that does not ask for it does
    /// not calibrate, because that takes seconds.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(line.split_whitespace());
        if line.starts_with("run ") && !line.contains("--calibration") {
            command.args(["--calibration", "none"]);
        }
        command.current_dir(self.folder()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Said {
        let output = self.command(line).output().expect("the program starts");
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder().join(name), text).expect("the folder takes files");
    }

    /// The log of the only run.
    pub(crate) fn log(&self) -> RunLog {
        let store = self.folder().join(".mapbench/runs");
        let runs = mapbench_results::store::list(&store).expect("the store can be listed");
        assert_eq!(runs.len(), 1, "one run");
        RunLog::read(&runs[0].path).expect("the log reads")
    }

    /// The rows of a CSV as maps from column to cell.
    pub(crate) fn csv(&self, name: &str) -> Vec<std::collections::HashMap<String, String>> {
        let mut reader =
            csv::Reader::from_path(self.folder().join(name)).expect("the CSV is there");
        reader.deserialize().map(|row| row.expect("the row reads")).collect()
    }
}

impl Said {
    /// Fails unless the program ended with this code and said each of these on standard error.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}
