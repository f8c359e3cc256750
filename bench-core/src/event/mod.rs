//! The messages between session and worker, and the events of a run. The run log is these events,
//! one JSON object per line; the terminal UI, the progress line and every export are made of them.
//! Plain data: nothing here computes or judges.

mod comparison;
mod fingerprint;
mod order;
mod run;
mod stacks;
mod sweep;
mod worker;

pub use comparison::{Arm, ArmBegin, ComparisonBegin};
pub use fingerprint::{Commit, Machine, Processor, Subject};
pub use order::{Offered, Order, RoundOrder, Timing, TrialSpec, Work};
pub use run::{
    Cell, CellMap, EndCause, Measure, PacedRole, Role, RunBegin, RunEnd, RunEvent, Sequence,
    Skipped, StopRule, UiMode,
};
pub use stacks::{Stack, StackFrame, Stacks};
pub use sweep::{Slo, SweepBegin, SweepDesign, SweepPart};
pub use worker::{
    ActorReport, ClassReport, Counters, Done, Failure, FailureKind, Hello, InstructionReport,
    MapReport, MemoryReport, Placement, PlacementMode, Ready, RoundReport, WorkerMessage,
};

/// Version of the worker protocol.
pub const PROTOCOL_VERSION: u32 = 1;
/// Version of the run log.
pub const SCHEMA_VERSION: u32 = 1;
