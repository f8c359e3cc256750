//! `mapbench-core` makes numbers: a scenario becomes a trace, a worker process runs the trace
//! against one map, and the worker's events are the measurements.
//!
//! The crate knows no concrete map, no terminal and no statistics. Inside it, `workload` never
//! reads a clock and `driver` never opens a file.

pub mod adapter;
pub mod driver;
pub mod event;
pub mod key;
pub mod op;
pub mod registry;
pub mod scenario;
pub mod trace;
pub mod value;
pub mod workload;

pub use adapter::{MapAdapter, MapFamily, MapHandle, Meta, Was};
pub use registry::{AdapterEntry, Registry};
