//! Turns a scenario's workload and a seed into a trace: the same bytes for the same seed on every
//! platform and for any number of threads. Reads no clock, opens no file and knows no map.

mod alias;
pub(crate) mod cluster;
mod growth;
mod mix;
mod pods;
mod popularity;
pub(crate) mod random;

use std::collections::BTreeSet;

use serde::Serialize;
use thiserror::Error;

pub use cluster::{Arrivals, ClusterModel, Lifetimes, ModelMap, Quantiles, feasible_nodes_to_find};
pub use growth::Growth;
pub use mix::Mix;
pub use pods::Pods;
pub use popularity::{Drift, Popularity, Repeat};

use crate::op::OpKind;
use crate::scenario::Scenario;
use crate::trace::{Shape, Trace, TraceError};

/// What a scenario asks of its maps.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Workload {
    /// Independent ops on one map, by shares and a law of popularity.
    Mix(Mix),
    /// Pods that come, are scheduled, change and go on all maps of the scheduler.
    Cluster(ClusterModel),
    /// Pods that come, change and go on the scheduler's pod and node maps.
    Pods(Pods),
    /// One map that grows from its first key to its last.
    Growth(Growth),
}

/// Why a workload cannot be turned into a trace.
#[derive(Debug, Error, Clone, PartialEq)]
pub enum WorkloadError {
    /// A parameter is out of its range.
    #[error("{key}: {message}")]
    Parameter {
        /// The key in the scenario file, inside the workload's table.
        key: String,
        /// What is wrong and what to use.
        message: String,
    },
    /// The generated trace breaks a rule of traces.
    #[error(transparent)]
    Trace(#[from] TraceError),
}

impl WorkloadError {
    pub(crate) fn parameter(key: &str, message: impl Into<String>) -> Self {
        WorkloadError::Parameter { key: key.to_owned(), message: message.into() }
    }
}

impl Workload {
    /// The workload's table in a scenario file.
    pub const fn table(&self) -> &'static str {
        match self {
            Workload::Mix(_) => "mix",
            Workload::Cluster(_) => "cluster",
            Workload::Pods(_) => "pods",
            Workload::Growth(_) => "growth",
        }
    }

    /// Whether its trace may be looped.
    pub const fn shape(&self) -> Shape {
        match self {
            Workload::Mix(mix) => mix.shape,
            Workload::Cluster(cluster) => cluster.shape(),
            Workload::Pods(_) => Shape::Steady,
            Workload::Growth(_) => Shape::OneShot,
        }
    }

    /// The kinds of op that its trace holds.
    pub fn op_kinds(&self) -> BTreeSet<OpKind> {
        match self {
            Workload::Mix(mix) => mix.op_kinds(),
            Workload::Cluster(cluster) => cluster.op_kinds(),
            Workload::Pods(_) => {
                [OpKind::Get, OpKind::Insert, OpKind::Update, OpKind::Remove].into()
            }
            Workload::Growth(growth) => growth.op_kinds(),
        }
    }

    /// Checks every parameter.
    pub fn check(&self) -> Result<(), WorkloadError> {
        match self {
            Workload::Mix(mix) => mix.check(),
            Workload::Cluster(cluster) => cluster.check(),
            Workload::Pods(pods) => pods.check(),
            Workload::Growth(growth) => growth.check(),
        }
    }
}

/// Generates the trace of a scenario.
///
/// # Errors
/// A parameter out of its range. Scenarios that were read from a file have been checked already.
pub fn generate(scenario: &Scenario, seed: u64) -> Result<Trace, WorkloadError> {
    scenario.workload.check()?;
    let draft = match &scenario.workload {
        Workload::Mix(mix) => mix.draft(&scenario.name, seed),
        Workload::Cluster(cluster) => cluster.draft(&scenario.name, seed),
        Workload::Pods(pods) => pods.draft(&scenario.name, seed),
        Workload::Growth(growth) => growth.draft(&scenario.name, seed),
    };
    Ok(draft.finish()?)
}

/// A key count must fit the packed form of ops.
fn check_keys(key: &str, keys: u32) -> Result<(), WorkloadError> {
    if keys == 0 || keys > crate::op::MAX_KEYS {
        return Err(WorkloadError::parameter(key, format!("is {keys}; use 1 to 16,777,216")));
    }
    Ok(())
}

/// Most ops of a generated trace: 1 GiB of packed ops.
pub(crate) const MAX_OPS: u64 = 1 << 28;

fn check_ops(key: &str, ops: u64) -> Result<(), WorkloadError> {
    if ops == 0 || ops > MAX_OPS {
        return Err(WorkloadError::parameter(key, format!("is {ops}; use 1 to 268,435,456")));
    }
    Ok(())
}
