//! The files in which Linux describes a machine, below a root that tests choose. A file that is not
//! there is not an error: the answer is then unknown.

use std::fs;
use std::path::{Path, PathBuf};

/// Reads what the system says of itself.
#[derive(Debug, Clone)]
pub struct SystemFiles {
    root: PathBuf,
}

impl SystemFiles {
    /// The files of the running system.
    pub fn of_this_system() -> Self {
        SystemFiles::below("/")
    }

    /// The files of a system that is described below another root.
    pub fn below(root: impl AsRef<Path>) -> Self {
        SystemFiles { root: root.as_ref().to_owned() }
    }

    /// A file's text without blanks at its ends; `None` if there is none, or nothing in it.
    pub fn text(&self, path: &str) -> Option<String> {
        let text = fs::read_to_string(self.at(path)).ok()?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A file that is one number.
    pub fn number<N: std::str::FromStr>(&self, path: &str) -> Option<N> {
        self.text(path)?.parse().ok()
    }

    /// The names in a folder, in no order; none if there is no such folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(folder)).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    fn at(&self, path: &str) -> PathBuf {
        // An absolute path would leave the root.
        self.root.join(path.trim_start_matches('/'))
    }
}

/// The value of the first `name : value` line.
pub fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim()).filter(|value| !value.is_empty())
    })
}

/// Bytes that a `name : 123 kB` line of `/proc/meminfo` or `/proc/self/status` says.
pub fn field_bytes(text: &str, name: &str) -> Option<u64> {
    let kilobytes: u64 = field(text, name)?.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes.saturating_mul(1024))
}
