//! Who may import whom: the walls of the house, checked over `cargo metadata` and the sources.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What a crate of the workspace depends on outside its tests.
fn dependencies_of(crate_name: &str) -> BTreeSet<String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let metadata =
        MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("metadata");
    let package = metadata.packages.iter().find(|package| package.name.as_str() == crate_name);
    let package = package.unwrap_or_else(|| panic!("no crate {crate_name} in the workspace"));
    let normal = package.dependencies.iter().filter(|edge| edge.kind == DependencyKind::Normal);
    normal.map(|edge| edge.name.clone()).collect()
}

fn ours(crate_name: &str) -> Vec<String> {
    let dependencies = dependencies_of(crate_name).into_iter();
    dependencies.filter(|name| name.starts_with("mapbench")).collect()
}

#[test]
fn the_crates_import_only_what_the_design_allows() {
    assert_eq!(ours("mapbench-sharded"), [""; 0]);
    assert_eq!(ours("mapbench-syncmap"), [""; 0]);
    assert_eq!(ours("mapbench-core"), [""; 0]);
    let maps = ["mapbench-core", "mapbench-sharded", "mapbench-syncmap"];
    assert_eq!(ours("mapbench-adapters"), maps);
    assert_eq!(ours("mapbench-results"), ["mapbench-core"]);
    assert_eq!(ours("mapbench"), ["mapbench-adapters", "mapbench-core", "mapbench-results"]);
}

#[test]
fn core_and_results_know_no_map_and_no_terminal() {
    for crate_name in ["mapbench-core", "mapbench-results"] {
        let dependencies = dependencies_of(crate_name);
        for foreign in ["dashmap", "flurry", "evmap", "ratatui", "crossterm", "clap"] {
            assert!(!dependencies.contains(foreign), "{crate_name} depends on {foreign}");
        }
    }
}

/// Files below `folder` whose code (comments aside) contains any of `needles`, as `file: needle`.
fn offenders(folder: &str, needles: &[&str], allowed_files: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a source folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs")
                && !allowed_files.contains(&name.as_str())
            {
                let text = std::fs::read_to_string(&path).expect("a source file");
                let code: Vec<&str> =
                    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
                let code = code.join("\n");
                let hits = needles.iter().filter(|needle| code.contains(**needle));
                found.extend(hits.map(|needle| format!("{}: {needle}", path.display())));
            }
        }
    }
    found
}

#[test]
fn the_program_names_its_adapters_in_main_only() {
    let found = offenders("tui/src", &["mapbench_adapters::"], &["main.rs"]);
    assert!(found.is_empty(), "adapters outside main.rs: {found:#?}");
}

#[test]
fn workloads_read_no_clock_and_the_driver_opens_no_file() {
    let clocks = ["Instant", "SystemTime", "clock::", "quanta"];
    assert_eq!(offenders("bench-core/src/workload", &clocks, &[]), [""; 0]);
    let files = ["std::fs", "File::open", "std::process::Command"];
    assert_eq!(offenders("bench-core/src/driver", &files, &[]), [""; 0]);
}
