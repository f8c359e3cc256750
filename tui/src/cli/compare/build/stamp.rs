//! What a built program was built from, beside it: so that the same commit is built once, and what
//! is stale or broken again. Decides; builds nothing.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use mapbench_results::export;
use mapbench_results::fingerprint;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The file.
const STAMP: &str = "built.json";
/// Variables that change what Cargo and the compiler make of the same sources.
const ASKED: [&str; 5] =
    ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTUP_TOOLCHAIN", "CC"];

/// What a built program was built from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// Everything that it depends on, as text.
    pub(super) of: String,
    /// The program's file.
    pub(super) program: String,
    /// Its hash.
    pub(super) program_hash: String,
    /// Hash of the `Cargo.lock` that it was built with.
    pub(super) lock_hash: Option<String>,
    /// Whether sources outside the repository went into it.
    pub(super) outside: bool,
}

impl Stamp {
    /// That of a folder, if the program in it is whole and was built from the same.
    pub(super) fn read(folder: &Path, of: &str) -> Option<Stamp> {
        let text = fs::read(folder.join(STAMP)).ok()?;
        let stamp: Stamp = serde_json::from_slice(&text).ok()?;
        let whole = fingerprint::program_hash_of(&folder.join(&stamp.program))?;
        let valid = stamp.of == of && !stamp.outside && stamp.program_hash == whole;
        valid.then_some(stamp)
    }

    /// Puts it into a folder.
    pub(super) fn write(&self, folder: &Path) -> std::io::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        let written = export::write_whole(&folder.join(STAMP), |out| out.write_all(&text));
        written.map_err(std::io::Error::other)
    }
}

/// What a program depends on beside its commit: the command, and what compiles.
pub(super) fn circumstances(parts: &[&str]) -> String {
    let mut text = parts.join("\n");
    let compiler = Command::new("rustc").arg("-vV").output();
    if let Ok(said) = compiler {
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&said.stdout));
    }
    for name in ASKED {
        if let Some(value) = std::env::var_os(name) {
            let _ = writeln!(text, "{name}={}", value.to_string_lossy());
        }
    }
    text
}

/// Eight digits that tell circumstances apart.
pub(super) fn digits(text: &str) -> String {
    format!("{:08x}", xxh3_64(text.as_bytes()) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stale_or_broken_or_partly_from_elsewhere_is_not_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let (folder, program) = (folder.path(), folder.path().join("app"));
        fs::write(&program, "code").expect("a program");
        let program_hash = fingerprint::program_hash_of(&program).expect("its hash");
        let stamp = Stamp {
            of: "this".to_owned(),
            program: "app".to_owned(),
            program_hash,
            lock_hash: None,
            outside: false,
        };
        assert_eq!(Stamp::read(folder, "this"), None);
        stamp.write(folder).expect("written");
        assert_eq!(Stamp::read(folder, "this"), Some(stamp.clone()));
        assert_eq!(Stamp::read(folder, "that"), None, "stale");
        fs::write(&program, "cod").expect("a broken program");
        assert_eq!(Stamp::read(folder, "this"), None, "broken");
        fs::write(&program, "code").expect("a program");
        Stamp { outside: true, ..stamp }.write(folder).expect("written");
        assert_eq!(Stamp::read(folder, "this"), None, "from elsewhere");
    }
}
