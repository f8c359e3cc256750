//! How large the streams of a trace are, and what is due in them: what its header does not say, kept
//! from when the trace was in memory.

use mapbench_core::event::PacedRole;
use mapbench_core::op::{OpClass, OpKind};
use mapbench_core::trace::{Deal, Shape, Stream, Trace};

/// Guessed time per op of a one-shot trace. Nanoseconds.
const OP_NS: u64 = 150;
/// Guessed time of each further get of a range: keys that lie side by side, and no branch between.
/// Nanoseconds.
const RANGE_OP_NS: u64 = 30;

/// How large the streams of a trace are, and what is due in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Ops, a range counting as many as its count.
    pub ops: u64,
    /// Words: packed ops, and the counts of ranges.
    pub words: u64,
    /// Events of all actors.
    pub events: u64,
    /// Whether there are several actors without an order among them.
    pub free_actors: bool,
    /// Whether a round can be a number of words: every thread has ops of the only actor, and none
    /// waits for a time or for another thread.
    pub counts_words: bool,
    /// The actors whose events are due at their times.
    pub paced: Vec<PacedActor>,
    /// All actors of a trace without an order: the role, and whether it has a pace.
    pub roles: Vec<(String, bool)>,
}

/// An actor whose events are due at their times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacedActor {
    /// The role.
    pub name: String,
    /// Events of a lap.
    pub events: u64,
    /// Length of a lap. Nanoseconds.
    pub lap_ns: u64,
}

impl Extent {
    /// Measures a trace.
    pub fn of(trace: &Trace) -> Self {
        let (streams, actors) = (&trace.streams, &trace.header.actors);
        let paced = actors.iter().zip(streams).filter_map(|(actor, stream)| {
            Some(PacedActor {
                name: actor.name.clone(),
                events: stream.times_ns.len() as u64,
                lap_ns: actor.pace?.lap_ns,
            })
        });
        Extent {
            ops: trace.header.ops,
            words: streams.iter().map(|stream| stream.words.len() as u64).sum(),
            events: streams.iter().map(|stream| stream.events.len() as u64).sum(),
            free_actors: streams.len() > 1 && !trace.is_ordered(),
            counts_words: counts_words(trace),
            paced: by_role(paced),
            roles: if trace.is_ordered() {
                Vec::new()
            } else {
                actors.iter().map(|a| (a.name.clone(), a.pace.is_some())).collect()
            },
        }
    }

    /// The roles whose events are due at their times; all, where the trace is offered at a rate.
    pub fn roles(&self, offered: bool) -> Vec<PacedRole> {
        let paced = self.roles.iter().filter(|(_, paced)| offered || *paced);
        let names: Vec<&String> = paced.map(|(name, _)| name).collect();
        let role =
            |side: &[&String]| PacedRole { name: side[0].clone(), actors: side.len() as u32 };
        names.chunk_by(|one, next| one == next).map(role).collect()
    }

    /// Memory of a worker for ops and events: as they were read, and as they are dealt. Bytes.
    pub fn dealt_bytes(&self) -> u64 {
        // Start, number, predecessor and time of an event.
        let events = self.events.saturating_mul(3 * 4 + 8);
        self.words.saturating_mul(4).saturating_add(events).saturating_mul(2)
    }

    /// A guess of the time of one pass over the trace, which its paces may stretch. Nanoseconds.
    pub fn one_shot_ns(&self, threads: u32) -> u64 {
        let single = self.words.min(self.ops);
        let work_ns = single
            .saturating_mul(OP_NS)
            .saturating_add((self.ops - single).saturating_mul(RANGE_OP_NS));
        (work_ns / u64::from(threads.max(1))).max(self.longest_lap_ns())
    }

    /// The time that a pass over the trace takes at least, by its paces. Nanoseconds.
    pub fn longest_lap_ns(&self) -> u64 {
        self.paced.iter().map(|actor| actor.lap_ns).max().unwrap_or(0)
    }
}

/// Replacing all of a map is left to one thread, so that others may have nothing to do.
fn counts_words(trace: &Trace) -> bool {
    let [actor] = trace.header.actors.as_slice() else { return false };
    let bulk = |stream: &Stream| stream.ops().any(|(op, _)| op.kind().is_some_and(is_bulk));
    trace.header.shape == Shape::Steady
        && !trace.is_ordered()
        && actor.pace.is_none()
        && actor.deal == Deal::Op
        && !trace.streams.iter().any(bulk)
}

fn is_bulk(kind: OpKind) -> bool {
    kind.class() == OpClass::Bulk
}

/// Actors of one role that stand side by side and have one lap count as one.
fn by_role(actors: impl Iterator<Item = PacedActor>) -> Vec<PacedActor> {
    let mut roles: Vec<PacedActor> = Vec::new();
    for actor in actors {
        match roles.last_mut() {
            Some(last) if last.name == actor.name && last.lap_ns == actor.lap_ns => {
                last.events += actor.events;
            }
            _ => roles.push(actor),
        }
    }
    roles
}

impl PacedActor {
    /// Events that are due in a round of a length; `None` is the whole trace. Nanoseconds.
    pub fn due_in(&self, round_ns: Option<u64>) -> f64 {
        let laps = round_ns.map_or(1.0, |ns| ns as f64 / self.lap_ns.max(1) as f64);
        self.events as f64 * laps
    }

    /// The time in which so many events are due. Nanoseconds.
    pub fn time_of(&self, events: f64) -> u64 {
        (events / self.events.max(1) as f64 * self.lap_ns as f64).ceil() as u64
    }
}

#[cfg(test)]
mod tests {
    use mapbench_core::op::OpWord;
    use mapbench_core::trace::{ActorSpec, Pace};

    use super::super::fake::workload;
    use super::*;

    #[test]
    fn a_trace_has_the_extent_of_its_streams() {
        let words = |ops: &[(OpKind, u32)]| -> Vec<u32> {
            ops.iter().map(|&(kind, key)| OpWord::new(kind, 0, key).0).collect()
        };
        let mut ranged = words(&[(OpKind::Get, 1), (OpKind::Range, 2)]);
        ranged.push(2_500);
        let timed = Stream {
            events: vec![0, 1],
            times_ns: vec![5, 9],
            ..Stream::of(words(&[(OpKind::Update, 3), (OpKind::Update, 4)]))
        };
        let mut header = workload("test/one", &[]).header;
        header.ops = 2_503;
        header.actors = vec![
            ActorSpec::new("worker", Deal::Op),
            ActorSpec { pace: Some(Pace { lap_ns: 10 }), ..ActorSpec::new("writer", Deal::Event) },
        ];
        let extent = Extent::of(&Trace { header, streams: vec![Stream::of(ranged), timed] });
        let writer = PacedActor { name: "writer".to_owned(), events: 2, lap_ns: 10 };
        let paced = vec![writer];
        let roles = vec![("worker".to_owned(), false), ("writer".to_owned(), true)];
        let expected = Extent {
            ops: 2_503,
            words: 5,
            events: 2,
            free_actors: true,
            counts_words: false,
            paced,
            roles,
        };
        assert_eq!(extent, expected);
        let role = |name: &str| PacedRole { name: name.to_owned(), actors: 1 };
        assert_eq!(extent.roles(false), [role("writer")]);
        assert_eq!(extent.roles(true), [role("worker"), role("writer")]);
    }

    #[test]
    fn words_count_where_one_actor_is_dealt_op_by_op() {
        let counts = |deal, pace, kind| {
            let mut header = workload("test/one", &[]).header;
            header.actors = vec![ActorSpec { pace, ..ActorSpec::new("worker", deal) }];
            let stream = Stream::of(vec![OpWord::new(kind, 0, 1).0]);
            Extent::of(&Trace { header, streams: vec![stream] }).counts_words
        };
        assert!(counts(Deal::Op, None, OpKind::Get));
        assert!(!counts(Deal::Whole, None, OpKind::Get));
        assert!(!counts(Deal::Op, Some(Pace { lap_ns: 10 }), OpKind::Get));
        assert!(!counts(Deal::Op, None, OpKind::ReplaceAll));
    }
}
