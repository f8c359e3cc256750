//! What was measured and where: commit, machine, program. Plain data; finding it out and comparing
//! it is for others.

use serde::{Deserialize, Serialize};

/// The commit under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Full hash.
    pub sha: String,
    /// Full hash of the first parent, if it has one.
    pub parent: Option<String>,
    /// Whether the work tree had changes.
    pub dirty: bool,
    /// First line of the message.
    pub subject: String,
    /// Commit time, RFC 3339.
    pub time: String,
}

/// The machine that a run measured on. What could not be found out is `None`, empty or `unknown`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Processor model.
    pub cpu: String,
    /// Processors that the process may use.
    pub cpus: u32,
    /// Operating system and kernel.
    pub kernel: String,
    /// Clock source of the system.
    pub clock_source: String,
    /// Hypervisor, if the processor names one.
    pub hypervisor: Option<String>,
    /// Transparent huge pages setting.
    pub huge_pages: String,
    /// Frequency governor, if there is one.
    pub governor: Option<String>,
    /// Physical memory. Bytes.
    pub memory_bytes: u64,
    /// Allocator of the worker. Part of what is measured, not of the machine: it stands here
    /// because it always has.
    pub allocator: String,
    /// Microcode revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microcode: Option<String>,
    /// Frequency of the processors' tick counter, as calibrated against the system clock. Hertz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tsc_hz: Option<u64>,
    /// What the processor says of its tick counter: `constant_tsc`, `nonstop_tsc`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tsc_flags: Vec<String>,
    /// Randomisation of addresses: `full`, `partial`, `off`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aslr: Option<String>,
    /// Whether the processors may run above their nominal frequency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turbo: Option<bool>,
    /// Processor time that the control groups of the process grant it. Processors; `None` is no
    /// limit, or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_quota: Option<f64>,
    /// Processors that the process may use, as the kernel lists them: `0-3,8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_list: Option<String>,
    /// Where those processors sit, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processors: Vec<Processor>,
}

/// Where one processor of a machine sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processor {
    /// Its number.
    pub cpu: u32,
    /// The package it is in.
    pub package: i32,
    /// The core within the package; processors of one core are SMT siblings.
    pub core: i32,
    /// The NUMA node.
    pub node: u32,
}

/// How the program that measured was built. With the commit and the versions of the maps, which
/// stand beside it, this is what a comparison compares; none of it needs to match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Hash of the program's file, 16 hexadecimal digits: two runs of one program have the same.
    pub program_hash: Option<String>,
    /// Hash of the `Cargo.lock` that it was built with, 16 hexadecimal digits.
    pub lock_hash: Option<String>,
    /// Compiler and version.
    pub rustc: String,
    /// Target triple.
    pub target: String,
    /// Instruction set extensions that the compiler was allowed to use.
    pub target_features: Vec<String>,
    /// Compiler flags beyond those of the profile.
    pub rustflags: Vec<String>,
    /// `release` or `debug`, and the level of optimisation.
    pub profile: String,
}
