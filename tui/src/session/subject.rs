//! How this program was built, as its build script told it. The subject of a comparison: it may
//! differ between two runs, and is printed where it does.

use mapbench_core::event::Subject;
use mapbench_results::fingerprint;

/// The allocator of the workers.
pub const ALLOCATOR: &str = "system, counted";

/// How this program was built. Reads the program's own file to hash it.
pub fn of_this_program() -> Subject {
    let lock_hash = env!("MAPBENCH_BUILD_LOCK_HASH");
    Subject {
        program_hash: fingerprint::program_hash(),
        lock_hash: (!lock_hash.is_empty()).then(|| lock_hash.to_owned()),
        rustc: known(env!("MAPBENCH_BUILD_RUSTC")),
        target: known(env!("MAPBENCH_BUILD_TARGET")),
        target_features: items(env!("MAPBENCH_BUILD_TARGET_FEATURES")),
        rustflags: items(env!("MAPBENCH_BUILD_RUSTFLAGS")),
        profile: known(env!("MAPBENCH_BUILD_PROFILE")),
    }
}

fn known(text: &str) -> String {
    if text.is_empty() { fingerprint::UNKNOWN.to_owned() } else { text.to_owned() }
}

fn items(list: &str) -> Vec<String> {
    list.split('\u{1f}').filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_script_found_compiler_target_and_lock() {
        let subject = of_this_program();
        assert!(subject.rustc.starts_with("rustc "), "{}", subject.rustc);
        assert_eq!(subject.target.split('-').next(), Some(std::env::consts::ARCH));
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        if std::path::Path::new(lock).is_file() {
            assert_eq!(subject.lock_hash.map(|hash| hash.len()), Some(16));
        }
        assert_eq!(items(""), [""; 0]);
        assert_eq!(items("-C\u{1f}target-cpu=native"), ["-C", "target-cpu=native"]);
    }

    #[test]
    fn a_program_has_one_hash() {
        assert_eq!(of_this_program().program_hash, of_this_program().program_hash);
    }
}
