//! Tells the program how it is being built: compiler, target, flags, and a hash of the `Cargo.lock`
//! in force. What cannot be found out is left empty. Changes nothing in the sources.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Separates the items of a list, as Cargo does in `CARGO_ENCODED_RUSTFLAGS`.
const BETWEEN: &str = "\u{1f}";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let said = |name: &str| env::var(name).unwrap_or_default();
    let features = said("CARGO_CFG_TARGET_FEATURE").replace(',', BETWEEN);
    let profile = match said("OPT_LEVEL").as_str() {
        "" => said("PROFILE"),
        level => format!("{}, opt-level {level}", said("PROFILE")),
    };
    tell("RUSTC", &compiler(&said("RUSTC")).unwrap_or_default());
    tell("TARGET", &said("TARGET"));
    tell("TARGET_FEATURES", &features);
    tell("RUSTFLAGS", &said("CARGO_ENCODED_RUSTFLAGS"));
    tell("PROFILE", &profile);
    tell("LOCK_HASH", &lock_hash().unwrap_or_default());
}

fn tell(name: &str, value: &str) {
    println!("cargo::rustc-env=MAPBENCH_BUILD_{name}={value}");
}

/// The compiler's version line.
fn compiler(rustc: &str) -> Option<String> {
    let output = Command::new(rustc).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}

/// Hash of the lock file that this build resolves its dependencies by. It lies beside the target
/// folder of the workspace that is built, which is not ours where `mapbench` is a dependency.
fn lock_hash() -> Option<String> {
    let built = env::var_os("OUT_DIR").map(PathBuf::from);
    let sources = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let lock = [built, sources].into_iter().flatten().find_map(|folder| lock_above(&folder))?;
    println!("cargo::rerun-if-changed={}", lock.display());
    let bytes = std::fs::read(lock).ok()?;
    Some(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&bytes)))
}

fn lock_above(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join("Cargo.lock")).find(|path| path.is_file())
}
