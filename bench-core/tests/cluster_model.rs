//! The cluster model's traces hold the ops that the scheduler's source asks for: per pod, per map
//! and per event, counted from generated traces.

use std::collections::BTreeMap;

use mapbench_core::op::OpClass;
use mapbench_core::op::OpKind::{self, Get, Has, Insert, NewMap, Overwrite, Remove, Scan, Update};
use mapbench_core::scenario::Scenario;
use mapbench_core::trace::{Stream, Trace};
use mapbench_core::workload::{feasible_nodes_to_find, generate};

fn cluster(parameters: &str) -> Trace {
    let text = format!("summary = \"cluster\"\n[cluster]\n{parameters}");
    let scenario =
        Scenario::from_toml("cluster.toml", &text).unwrap_or_else(|error| panic!("{error}"));
    generate(&scenario, 1).unwrap_or_else(|error| panic!("{error}"))
}

/// Ops by map id and kind; ranges count as gets.
fn counts(trace: &Trace) -> BTreeMap<(String, OpKind), u64> {
    let mut counts = BTreeMap::new();
    for (op, count) in trace.streams.iter().flat_map(Stream::ops) {
        let kind = op.kind().filter(|kind| *kind != OpKind::Range).unwrap_or(OpKind::Get);
        let id = trace.header.maps[op.map()].id.clone();
        *counts.entry((id, kind)).or_default() += u64::from(count);
    }
    counts
}

#[test]
fn a_pod_costs_6f_and_61_reads_and_54_writes() {
    for nodes in [100, 500, 1_000, 5_000, 15_000] {
        let trace = cluster(&format!("nodes = {nodes}\ninitial_pods = 500\npods = 2_000\n"));
        let (mut reads, mut writes) = (0, 0);
        for ((_, kind), count) in counts(&trace) {
            match kind.class() {
                OpClass::Read | OpClass::Scan => reads += count,
                OpClass::Write => writes += count,
                OpClass::Bulk => assert_eq!((kind, count), (OpKind::NewMap, 2_000)),
            }
        }
        let feasible = u64::from(feasible_nodes_to_find(nodes));
        assert_eq!(reads, 2_000 * (6 * feasible + 61), "{nodes} nodes");
        assert_eq!(writes, 2_000 * 54, "{nodes} nodes");
        println!(
            "N = {nodes}: F = {feasible}, {} reads and {} writes per pod",
            reads / 2_000,
            writes / 2_000
        );
    }
}

#[test]
fn every_map_has_its_own_ratio_of_reads_to_writes() {
    let trace = cluster("nodes = 5_000\ninitial_pods = 500\npods = 2_000\n");
    let counts = counts(&trace);
    let per_pod = |id: &str| -> Vec<(OpKind, u64)> {
        let of_map = counts.iter().filter(|((map, _), _)| map == id);
        of_map.map(|((_, kind), count)| (*kind, count / 2_000)).collect()
    };
    let expected: [(&str, &[(OpKind, u64)]); 15] = [
        ("M0", &[(Get, 7), (Insert, 1), (Overwrite, 5), (Remove, 1)]),
        ("M1", &[(Update, 2)]),
        ("M2", &[]),
        ("M3", &[(Get, 1), (Insert, 1), (Remove, 2)]),
        ("M4", &[(Has, 1), (Remove, 1)]),
        ("M5", &[(Get, 2), (Scan, 2)]),
        ("M6", &[(Get, 1), (Insert, 1), (Remove, 1)]),
        ("M7", &[(Get, 500)]),
        ("M8", &[(Get, 3)]),
        ("M9", &[(Get, 8), (Insert, 6), (Remove, 6)]),
        ("M10", &[(Has, 7), (Insert, 1), (Remove, 6)]),
        ("M11", &[(Get, 24), (Update, 12)]),
        ("M12", &[]),
        ("M13", &[(Get, 5), (Overwrite, 5)]),
        ("M14", &[(Get, 2_500), (Insert, 3), (NewMap, 1)]),
    ];
    for (id, expected) in expected {
        assert_eq!(per_pod(id), expected, "{id}");
    }
}
