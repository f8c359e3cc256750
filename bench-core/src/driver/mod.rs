//! A worker's life: deal the trace to threads, build and prefill the maps, run rounds on request,
//! verify the final state. It opens no file, spawns no process and judges nothing.

pub mod clock;
pub mod memory;
pub mod probe;

mod affinity;
mod barrier;
mod counts;
mod crew;
mod deal;
mod in_process;
mod member;
mod offered;
mod pacing;
mod placement;
mod recorder;
mod renewal;
mod round;
mod trial;
mod turnstile;
mod verify;

#[cfg(test)]
mod offered_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::hash::{BuildHasherDefault, DefaultHasher};

use foldhash::fast::FixedState;

use crate::adapter::{HasherKind, MapFamily};
use crate::event::{Failure, FailureKind, Order, TrialSpec, WorkerMessage};
use crate::key::{InlineKey, KeyKind};
use crate::trace::Trace;
use crate::value::{Arc224, Boxed, Inline224, ValueKind};

pub use affinity::{allowed_cpus, run_anywhere};
pub use in_process::InProcess;
pub use member::CREW_THREAD_NAME;
pub use placement::FAR_ABOVE_NS;
pub use recorder::nanosecond_histogram;

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

/// Runs one trial of a map family: the one place where types are chosen at run time.
///
/// After a failure, threads that are still inside the map are left behind; the caller must end
/// the process.
pub fn trial<F: MapFamily>(
    spec: &TrialSpec,
    trace: &Trace,
    link: &mut dyn Link,
) -> Result<(), TrialFailure> {
    type Siphash = BuildHasherDefault<DefaultHasher>;
    use KeyKind::{String, U64};
    use ValueKind::{Arc224 as Arc, Inline224 as Inline, Word};
    let run = match (spec.hasher, spec.key, spec.value) {
        (HasherKind::Foldhash, U64, Word) => trial::run::<F, u64, u64, FixedState>,
        (HasherKind::Foldhash, U64, Inline) => trial::run::<F, u64, Inline224, FixedState>,
        (HasherKind::Foldhash, U64, Arc) => trial::run::<F, u64, Arc224, FixedState>,
        (HasherKind::Foldhash, String, Word) => trial::run::<F, InlineKey, u64, FixedState>,
        (HasherKind::Foldhash, String, Inline) => trial::run::<F, InlineKey, Inline224, FixedState>,
        (HasherKind::Foldhash, String, Arc) => trial::run::<F, InlineKey, Arc224, FixedState>,
        (HasherKind::Foldhash, U64, ValueKind::Boxed(bytes)) => {
            Boxed::set_bytes(bytes);
            trial::run::<F, u64, Boxed, FixedState>
        }
        (HasherKind::Siphash, U64, Word) => trial::run::<F, u64, u64, Siphash>,
        // Every further combination is one more copy of every adapter's loop.
        (HasherKind::Foldhash, String, ValueKind::Boxed(_)) | (HasherKind::Siphash, _, _) => {
            let message = if spec.hasher == HasherKind::Siphash {
                "siphash is built for u64 keys and 8-byte values only: use --hasher foldhash, or \
                 --key u64 --value 8"
            } else {
                "boxed values are built for u64 keys only: use --key u64"
            };
            let failure = Failure { kind: FailureKind::Protocol, message: message.to_owned() };
            link.send(&WorkerMessage::Error(failure.clone()));
            return Err(TrialFailure(failure));
        }
    };
    run(spec, trace, link)
}
