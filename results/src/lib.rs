//! `mapbench-results` keeps and judges numbers: the run log, the statistics over its rounds, the
//! summary that tables, screens and exports share, and the exit code that follows.
//!
//! The crate measures nothing, knows no concrete map and draws on no terminal. It depends on
//! `mapbench-core` for the vocabulary of events only.

pub mod run_log;
pub mod store;

pub mod fingerprint;

pub mod histogram;
pub mod stacks;
pub mod stats;
pub mod summary;

pub mod label;
pub mod units;

pub mod gate;
pub mod oddness;
pub mod placement;

pub mod advice;
pub mod compare;
pub mod history;
pub mod knee;
pub mod sweep;

pub mod exit;
pub mod export;
pub mod table;
pub mod versus;

pub use run_log::{RunLog, RunLogError, RunLogWriter};
pub use summary::{CellSummary, RunSummary, SummaryRow};
