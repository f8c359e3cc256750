//! Recorded times as due times of events, for replays in open loop.

use super::ImportError;
use crate::trace::{ActorSpec, Deal, Pace, Stream};

/// How fast recorded time passes in a replay.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speed {
    /// Closed loop: one event after the other. Times decide the order only.
    AsFastAsPossible,
    /// Open loop: every event is due at its recorded time divided by this.
    Warped(f64),
}

impl Speed {
    /// Refuses a warp that is none.
    pub(super) fn check(self) -> Result<(), ImportError> {
        match self {
            Speed::Warped(warp) if !warp.is_finite() || warp <= 0.0 => Err(ImportError::Option {
                what: format!(
                    "`--time-warp {warp}` is no speed; use a number over 0 (2 is twice as fast)"
                ),
            }),
            _ => Ok(()),
        }
    }

    /// The worker of a replay, and its stream. `times` are the recorded times of the events,
    /// ascending, in units of so many nanoseconds; nothing is kept of them in closed loop.
    pub(super) fn worker(
        self,
        words: Vec<u32>,
        events: Vec<u32>,
        times: &[i64],
        unit_ns: f64,
    ) -> (ActorSpec, Stream) {
        let mut actor = ActorSpec::new("worker", Deal::Event);
        let mut stream = Stream::of_events(words, events);
        let (Speed::Warped(warp), Some(&start)) = (self, times.first()) else {
            return (actor, stream);
        };
        let due = |&at: &i64| {
            let since = at.saturating_sub(start).max(0);
            ((since as f64 * unit_ns / warp) as u64).min(LATEST_NS)
        };
        stream.times_ns = times.iter().map(due).collect();
        let last_ns = stream.times_ns.last().copied().unwrap_or(0);
        let gap_ns = last_ns / stream.times_ns.len().max(1) as u64;
        actor.pace = Some(Pace { lap_ns: last_ns + gap_ns.max(1) });
        (actor, stream)
    }
}

/// Latest due time: some hundred years.
const LATEST_NS: u64 = 1 << 61;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warp_divides_the_times_from_the_first_event_on() {
        let times_ns = [i64::MIN, -5_000, 1_000];
        let (actor, stream) =
            Speed::Warped(2.0).worker(vec![0; 2], vec![0, 1], &times_ns[1..], 1.0);
        assert_eq!(stream.times_ns, [0, 3_000]);
        assert_eq!(actor.pace, Some(Pace { lap_ns: 4_500 }));
        let (actor, stream) = Speed::AsFastAsPossible.worker(vec![0], vec![0], &times_ns[..1], 1.0);
        assert_eq!((actor.pace, stream.times_ns.len()), (None, 0));
        let (_, stream) = Speed::Warped(1e-300).worker(vec![0; 3], vec![0, 1, 2], &times_ns, 1.0);
        assert!(stream.times_ns.is_sorted() && stream.times_ns[2] == LATEST_NS);
        for warp in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Speed::Warped(warp).check().is_err(), "{warp}");
        }
    }
}
