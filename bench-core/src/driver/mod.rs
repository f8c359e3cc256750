//! A worker's life: build, prefill, rounds on request, verification. Opens no file.

use crate::adapter::MapFamily;
use crate::event::{Failure, Order, TrialSpec, WorkerMessage};
use crate::trace::Trace;

/// The worker's line to its parent.
pub trait Link {
    /// Waits for the next order. `None` when the parent has gone.
    fn next_order(&mut self) -> Option<Order>;
    /// Sends a message to the parent. A parent that has gone is not an error.
    fn send(&mut self, message: &WorkerMessage);
}

/// Why a trial ended early; already reported to the parent.
#[derive(Debug)]
pub struct TrialFailure(pub Failure);

/// Runs one trial of a map family.
pub fn trial<F: MapFamily>(
    _spec: &TrialSpec,
    _trace: &Trace,
    _link: &mut dyn Link,
) -> Result<(), TrialFailure> {
    Ok(())
}
