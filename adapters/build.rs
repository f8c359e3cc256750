//! Tells each adapter the version of the map crate that it is built with, as the `Cargo.lock` in
//! force says: a dependency bump is then named in the results. Changes nothing in the sources.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// The crates whose versions adapters name.
const CRATES: [&str; 8] =
    ["arc-swap", "dashmap", "evmap", "flurry", "imbl", "papaya", "parking_lot", "scc"];
/// What is said where the lock file does not tell.
const UNKNOWN: &str = "of unknown version";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let lock = lock_file();
    if let Some(path) = &lock {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let packages = lock.and_then(|path| packages(&path)).unwrap_or_default();
    for name in CRATES {
        let version = version(&packages, name).unwrap_or(UNKNOWN);
        let variable = name.to_uppercase().replace('-', "_");
        println!("cargo::rustc-env=MAPBENCH_VERSION_{variable}={version}");
    }
}

/// The lock file that this build resolves its dependencies by. It lies beside the target folder of
/// the workspace that is built, which is not ours where this crate is a dependency.
fn lock_file() -> Option<PathBuf> {
    let built = env::var_os("OUT_DIR").map(PathBuf::from);
    let sources = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let above = |folder: &Path| {
        folder.ancestors().map(|folder| folder.join("Cargo.lock")).find(|path| path.is_file())
    };
    [built, sources].into_iter().flatten().find_map(|folder| above(&folder))
}

fn packages(lock: &Path) -> Option<Vec<Value>> {
    let mut lock: Table = fs::read_to_string(lock).ok()?.parse().ok()?;
    match lock.remove("package") {
        Some(Value::Array(packages)) => Some(packages),
        _ => None,
    }
}

/// The version of a crate that this one depends on. Where a lock file has several of one name, the
/// list of dependencies names the version beside it.
fn version<'p>(packages: &'p [Value], name: &str) -> Option<&'p str> {
    let text = |package: &'p Value, key: &str| package.get(key).and_then(Value::as_str);
    let own = packages
        .iter()
        .find(|package| text(package, "name") == env::var("CARGO_PKG_NAME").ok().as_deref())?;
    let dependencies = own.get("dependencies")?.as_array()?.iter().filter_map(Value::as_str);
    let mut words = dependencies
        .map(|entry| entry.split(' '))
        .find_map(|mut words| (words.next() == Some(name)).then_some(words))?;
    let named = words.next();
    let package = packages.iter().find(|package| {
        text(package, "name") == Some(name)
            && named.is_none_or(|named| text(package, "version") == Some(named))
    })?;
    text(package, "version")
}
