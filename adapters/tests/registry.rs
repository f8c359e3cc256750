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
            "parking_lot/rwlock",
            "dashmap/v6",
            "dashmap/default",
            "flurry/guard-per-op",
            "flurry/guard-per-batch",
            "evmap/publish-each",
            "evmap/publish-every-n",
            "sharded",
            "sharded/by-namespace",
            "papaya/pin-per-op",
            "papaya/pin-per-batch",
            "scc/hashmap",
            "scc/hashindex",
            "snapshot/arcswap-std",
            "snapshot/arcswap-imbl",
            "syncmap/read-dirty",
            "actor/channel",
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
    assert_eq!(looked_up, 18);
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
fn the_core_group_is_the_families_that_a_program_chooses_between_first() {
    const CORE: [&str; 7] = ["std", "dashmap", "flurry", "evmap", "sharded", "papaya", "scc"];
    for meta in metas() {
        let family = meta.name.split('/').next().unwrap_or(meta.name);
        // A variant of another hasher is no fair comparison, and one that answers a question of its
        // own is asked for by name.
        let is_core = CORE.contains(&family)
            && meta.capabilities.pluggable_hasher
            && meta.name != "sharded/by-namespace";
        assert_eq!(meta.class == AdapterClass::Core, is_core, "{}", meta.name);
    }
}

#[test]
fn only_the_control_keeps_nothing() {
    for meta in metas() {
        let is_control = meta.name == "noop";
        assert_eq!(meta.class == AdapterClass::Control, is_control, "{}", meta.name);
        let is_model = meta.name == "model";
        assert_eq!(meta.class == AdapterClass::Simulated, is_model, "{}", meta.name);
        assert_eq!(meta.capabilities.keeps_entries, !is_control, "{}", meta.name);
    }
}

/// Each adapter is one more copy of the hot loop per combination of key, value and hasher; what is
/// built for all of them must stay bearable.
#[test]
fn the_copies_of_the_hot_loop_stay_within_their_budget() {
    const COMBINATIONS: usize = 8;
    assert!(REGISTRY.entries().len() * COMBINATIONS <= 168);
}
