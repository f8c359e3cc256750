//! The scenarios that ship with the program, embedded from `bench-core/scenarios`. A scenario's
//! name is its path there; the order here is the order of every report.

use std::sync::LazyLock;

use super::{Scenario, ScenarioError, nearest, wire};

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),+]
    };
}

const SOURCES: &[(&str, &str)] = embedded![
    "curated/read-heavy",
    "curated/hot-key",
    "curated/mixed-write",
    "curated/sched-basic",
    "curated/cycle-state",
    "curated/churn-storm",
    "curated/rolling-update",
    "curated/node-drain",
    "curated/unschedulable-backoff",
    "curated/node-scan",
    "curated/informer-resync",
    "curated/iterate-while-write",
    "curated/ns-list",
    "origin/scheduler-burst",
    "origin/syncmap-inflection",
    "origin/shard-count",
    "origin/snapshot-cas",
    "origin/channel-traversal",
    "origin/traversal-strategies",
    "origin/locked-scan",
    "origin/plugin-registry",
    "memory/words-1m",
    "memory/pods-100k",
    "memory/pods-100k-inline",
    "test/uniform",
    "test/hotspot",
    "test/churn",
    "test/pods",
    "test/cluster",
    "test/growth",
    "test/latest",
    "test/window",
    "test/actors",
    "test/slow-actors",
];

/// The built-in scenarios in the order of reports.
pub fn catalog() -> &'static [Scenario] {
    static CATALOG: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
        // A test reads every source, so that none is missing here.
        SOURCES.iter().filter_map(|&(name, source)| wire::parse(name, name, source).ok()).collect()
    });
    &CATALOG
}

/// The built-in scenario of a canonical name or of a unique suffix of one.
pub fn find(name: &str) -> Result<Scenario, ScenarioError> {
    if let Some(scenario) = catalog().iter().find(|scenario| scenario.name == name) {
        return Ok(scenario.clone());
    }
    let suffix = format!("/{name}");
    let mut found: Vec<_> =
        catalog().iter().filter(|scenario| scenario.name.ends_with(&suffix)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(scenario), true) => Ok(scenario.clone()),
        (Some(last), false) => {
            let candidates = found.into_iter().chain([last]);
            Err(ScenarioError::Ambiguous {
                name: name.to_owned(),
                candidates: candidates.map(|scenario| scenario.name.clone()).collect(),
            })
        }
        (None, _) => {
            let canonical = catalog().iter().map(|scenario| scenario.name.as_str());
            let short = canonical.clone().filter_map(|name| name.rsplit('/').next());
            let suggestion = nearest(name, canonical.chain(short));
            Err(ScenarioError::Unknown { name: name.to_owned(), suggestion })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_is_valid_and_explains_itself() {
        for &(name, source) in SOURCES {
            let scenario =
                wire::parse(name, name, source).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(scenario.name, name);
            assert!(!scenario.summary.is_empty() && !scenario.summary.contains('\n'), "{name}");
            if !name.starts_with("test/") {
                assert!(scenario.analysis.len() > 200, "{name} needs an analysis");
            }
        }
        assert_eq!(catalog().len(), SOURCES.len());
    }

    #[test]
    fn names_are_found_whole_by_suffix_and_by_likeness() {
        assert_eq!(find("curated/hot-key").map(|found| found.name), Ok("curated/hot-key".into()));
        assert_eq!(find("hot-key").map(|found| found.name), Ok("curated/hot-key".into()));
        let error = find("read-heavvy").unwrap_err().to_string();
        assert!(error.contains("did you mean `read-heavy`?"), "{error}");
        let error = find("nothing like it").unwrap_err().to_string();
        assert!(error.contains("`mapbench scenarios list`"), "{error}");
    }
}
