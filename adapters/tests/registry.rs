//! What the registry says about its adapters is true as far as it can be looked up, and complete.

use std::collections::HashSet;

use mapbench_adapters::REGISTRY;
use mapbench_core::adapter::{AdapterClass, Meta};

const LOCK: &str = include_str!("../../Cargo.lock");

fn metas() -> Vec<Meta> {
    REGISTRY.entries().iter().map(|entry| entry.meta).collect()
}

#[test]
fn the_order_is_the_order_of_reports() {
    let names: Vec<_> = metas().iter().map(|meta| meta.name).collect();
    assert_eq!(
        names,
        [
            "std/rwlock",
            "std/mutex",
            "dashmap/v6",
            "flurry/guard-per-op",
            "flurry/guard-per-batch",
            "evmap/publish-each",
            "evmap/publish-every-n",
            "sharded",
            "syncmap/read-dirty",
            "noop",
            "model",
        ]
    );
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
}

#[test]
fn versions_are_those_of_the_lock_file() {
    let mut looked_up = 0;
    for meta in metas() {
        let Some((package, version)) = meta.version.split_once(' ') else {
            assert_eq!(meta.version, "std", "{}", meta.name);
            continue;
        };
        let entry = format!("name = \"{package}\"\nversion = \"{version}\"\n");
        assert!(LOCK.contains(&entry), "{} says {package} {version}", meta.name);
        looked_up += 1;
    }
    assert_eq!(looked_up, 9);
}

#[test]
fn every_adapter_says_what_it_costs_and_what_callers_see() {
    for meta in metas() {
        for text in [meta.trade_offs, meta.semantics] {
            let sentences = text.matches(". ").count() + 1;
            assert!(sentences >= 2, "{}: {text}", meta.name);
            assert!(text.ends_with('.') && !text.contains("  "), "{}: {text}", meta.name);
        }
        assert!(!meta.summary.is_empty() && meta.summary.len() <= 72, "{}", meta.name);
        assert!(meta.trade_offs != meta.semantics, "{}", meta.name);
    }
}

#[test]
fn every_adapter_is_in_its_group_and_only_the_control_keeps_nothing() {
    for meta in metas() {
        let class = match meta.name {
            "noop" => AdapterClass::Control,
            "model" => AdapterClass::Simulated,
            // Made to answer one question, not contestants that everybody asks for.
            "syncmap/read-dirty" => AdapterClass::Map,
            _ => AdapterClass::Core,
        };
        assert_eq!(meta.class, class, "{}", meta.name);
        assert_eq!(meta.capabilities.keeps_entries, meta.name != "noop", "{}", meta.name);
    }
}
