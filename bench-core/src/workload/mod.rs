//! Turns a scenario's workload and a seed into a trace: the same bytes for the same seed on every
//! platform and for any number of threads. Reads no clock, opens no file and knows no map.

mod actors;
mod alias;
mod balance;
pub(crate) mod cluster;
mod draws;
mod growth;
mod mix;
mod pods;
mod popularity;
pub(crate) mod random;
mod repeat;
mod replayed;
mod schedule;
mod spread;

use std::collections::BTreeSet;

use serde::Serialize;
use thiserror::Error;

pub use actors::{Actor, ActorMap, Actors, KeyRange, Pacing, Step, Task};
pub use cluster::{
    Arrivals, ClusterModel, Drain, Failing, Lifetimes, ModelMap, Outages, Quantiles, Rollouts,
    Spike, feasible_nodes_to_find,
};
pub use draws::{Draws, Misses};
pub use growth::Growth;
pub use mix::Mix;
pub use pods::Pods;
pub use popularity::Popularity;
pub use repeat::Repeat;
pub use replayed::{ReplayBy, Replayed};
pub use schedule::Schedule;
pub use spread::Drift;

use crate::op::OpKind;
use crate::scenario::Scenario;
use crate::trace::{Shape, Trace, TraceError, TraceHash};

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
    /// Independent actors over shared maps.
    Actors(Actors),
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
            Workload::Actors(_) => "actor",
        }
    }

    /// Whether its trace may be looped.
    pub const fn shape(&self) -> Shape {
        match self {
            Workload::Mix(mix) => mix.shape,
            Workload::Cluster(cluster) => cluster.shape(),
            Workload::Pods(_) | Workload::Actors(_) => Shape::Steady,
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
            Workload::Actors(actors) => actors.op_kinds(),
        }
    }

    /// Checks every parameter.
    pub fn check(&self) -> Result<(), WorkloadError> {
        match self {
            Workload::Mix(mix) => mix.check(),
            Workload::Cluster(cluster) => cluster.check(),
            Workload::Pods(pods) => pods.check(),
            Workload::Growth(growth) => growth.check(),
            Workload::Actors(actors) => actors.check(),
        }
    }

    fn popularities(&self) -> Vec<&Popularity> {
        match self {
            Workload::Mix(mix) => vec![&mix.draws.popularity],
            Workload::Actors(actors) => actors.popularities(),
            Workload::Cluster(_) | Workload::Pods(_) | Workload::Growth(_) => Vec::new(),
        }
    }

    fn popularities_mut(&mut self) -> Vec<&mut Popularity> {
        match self {
            Workload::Mix(mix) => vec![&mut mix.draws.popularity],
            Workload::Actors(actors) => actors.popularities_mut(),
            Workload::Cluster(_) | Workload::Pods(_) | Workload::Growth(_) => Vec::new(),
        }
    }

    /// The trace files that it takes popularity from, each once, as they are written.
    pub fn files(&self) -> BTreeSet<String> {
        let laws = self.popularities().into_iter();
        laws.filter_map(Popularity::replayed).map(|replayed| replayed.file.clone()).collect()
    }

    /// Hands in a trace file that it takes popularity from.
    ///
    /// # Errors
    /// The file has not the accesses that are asked for.
    pub fn supply(
        &mut self,
        file: &str,
        trace: &Trace,
        hash: TraceHash,
    ) -> Result<(), WorkloadError> {
        let laws = self.popularities_mut().into_iter();
        for replayed in laws.filter_map(Popularity::replayed_mut) {
            if replayed.file == file {
                replayed.supply(trace, hash)?;
            }
        }
        self.check()
    }

    /// Takes over what was handed in to a workload for the same files.
    pub(crate) fn take_supplied(&mut self, from: &Workload) {
        let given: Vec<&Replayed> =
            from.popularities().into_iter().filter_map(Popularity::replayed).collect();
        for law in self.popularities_mut().into_iter().filter_map(Popularity::replayed_mut) {
            if let Some(same) = given.iter().find(|given| given.is_asked_for_as(law)) {
                *law = (*same).clone();
            }
        }
    }

    fn check_supplied(&self) -> Result<(), WorkloadError> {
        let laws = self.popularities().into_iter();
        let missing = laws.filter_map(Popularity::replayed).find(|law| !law.is_supplied());
        missing.map_or(Ok(()), |missing| {
            let message = format!("replay: `{}` has not been read", missing.file);
            Err(WorkloadError::parameter("popularity", message))
        })
    }
}

/// Generates the trace of a scenario.
///
/// # Errors
/// A parameter out of its range, or a trace file that was not handed in. Scenarios that were read
/// from a file have been checked already.
pub fn generate(scenario: &Scenario, seed: u64) -> Result<Trace, WorkloadError> {
    scenario.workload.check()?;
    scenario.workload.check_supplied()?;
    let draft = match &scenario.workload {
        Workload::Mix(mix) => mix.draft(&scenario.name, seed),
        Workload::Cluster(cluster) => cluster.draft(&scenario.name, seed),
        Workload::Pods(pods) => pods.draft(&scenario.name, seed),
        Workload::Growth(growth) => growth.draft(&scenario.name, seed),
        Workload::Actors(actors) => actors.draft(&scenario.name, seed),
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
