//! What to say where a workload's ops follow from a model and not from shares, laws and paces.

use super::error::Refusal;
use super::kind_of;
use crate::workload::Workload;

/// Which op is which follows from the model.
pub(super) fn of_shares(workload: &Workload) -> Refusal {
    let reason = format!("what {} does follows from its events", kind_of(workload));
    match workload {
        Workload::Cluster(_) => Refusal::new(
            reason,
            "sweep set:cluster.nodes, by which the reads per pod grow, or take a scenario with \
             [mix], as curated/read-heavy",
        ),
        Workload::Pods(_) => Refusal::new(
            reason,
            "sweep set:pods.status_updates, or take a scenario with [mix], as origin/shard-count",
        ),
        _ => Refusal::new(
            reason,
            "sweep set:growth.gets_per_insert, or take a scenario with [mix], as curated/read-heavy",
        ),
    }
}

/// Nobody writes at a pace.
pub(super) fn of_paces(workload: &Workload) -> Refusal {
    let reason = format!("{} has no paced actor that writes", kind_of(workload));
    let next = match workload {
        Workload::Mix(_) => "use --axis write-share, or --axis rate for all ops together",
        Workload::Actors(_) => "use --axis write-share, or give a writer `rate_per_s`",
        _ => "use --axis rate, or a scenario with a paced writer, as origin/snapshot-cas",
    };
    Refusal::new(reason, next)
}

/// Which key is accessed follows from the model.
pub(super) fn of_laws(workload: &Workload) -> Refusal {
    Refusal::new(
        format!("which keys {} accesses follows from its events", kind_of(workload)),
        "take a scenario with [mix], as curated/hot-key",
    )
}

/// Keys are of several kinds, each with a number of its own.
pub(super) fn of_keys(workload: &Workload) -> Refusal {
    let reason = format!("{} has keys of several kinds", kind_of(workload));
    match workload {
        Workload::Cluster(_) => Refusal::new(
            reason,
            "sweep set:cluster.nodes for its nodes, or set:cluster.initial_pods for its pods",
        ),
        _ => Refusal::new(
            reason,
            "sweep set:pods.nodes for its nodes, or set:pods.pods for its pods",
        ),
    }
}
