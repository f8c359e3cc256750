//! Small traces of every kind for tests: of one actor, and of several with an order and times.

use mapbench_core::key::KeyRule;
use mapbench_core::op::{OpKind, OpWord};
use mapbench_core::trace::{ActorSpec, Deal, Draft, MapSpec, Pace, Shape, Stream, Trace, Unit};
use proptest::prelude::*;

/// Some hundred bytes of trace: two actors with an order, one of them paced, ranges that go on with
/// the first key, and every way to say what an event follows.
pub(crate) fn small() -> Trace {
    let insert = |key| (OpKind::Insert, 0, key, 1);
    let events = [
        (0, vec![insert(3), (OpKind::Range, 1, 990, 20)], None, 5),
        (1, vec![insert(900)], Some(0), 1_000),
        (1, vec![(OpKind::Update, 1, 4, 1)], None, 1_000_000),
        (0, vec![insert(77), (OpKind::Len, 0, 0, 1)], Some(1), 0),
        (0, vec![(OpKind::Get, 0, 3, 1)], Some(3), 0),
        (1, vec![(OpKind::Scan, 1, 0, 1)], Some(2), 70),
    ];
    ordered(2, &[false, true], &events.map(AnyEvent::from))
}

/// Op, map, key and count of a range.
pub(crate) type Step = (OpKind, u8, u32, u32);

/// An event of an ordered trace.
#[derive(Debug, Clone)]
pub(crate) struct AnyEvent {
    actor: usize,
    steps: Vec<Step>,
    follows: Option<u32>,
    /// Since the event of the actor before.
    gap_ns: u64,
}

impl From<(usize, Vec<Step>, Option<u32>, u64)> for AnyEvent {
    fn from((actor, steps, follows, gap_ns): (usize, Vec<Step>, Option<u32>, u64)) -> Self {
        AnyEvent { actor, steps, follows, gap_ns }
    }
}

/// A trace of events in an order. Actors that are `timed` give their events times, and every other
/// of them has a pace.
pub(crate) fn ordered(actors: usize, timed: &[bool], events: &[AnyEvent]) -> Trace {
    let mut streams = vec![Stream::default(); actors];
    let mut now_ns = vec![0_u64; actors];
    for (number, event) in events.iter().enumerate() {
        let stream = &mut streams[event.actor];
        now_ns[event.actor] += event.gap_ns;
        stream.events.push(stream.words.len() as u32);
        stream.numbers.push(number as u32);
        stream.follows.push(event.follows.unwrap_or(Stream::FREE));
        if timed[event.actor] {
            stream.times_ns.push(now_ns[event.actor]);
        }
        push(&event.steps, stream);
    }
    let deals = [Deal::Whole, Deal::Turns, Deal::Shares, Deal::Event];
    let specs = streams.iter().zip(timed).enumerate().map(|(actor, (stream, &timed))| {
        let mut spec = ActorSpec::new("any", deals[actor % deals.len()]);
        if timed && actor % 2 == 1 {
            spec.pace = stream.times_ns.last().map(|last| Pace { lap_ns: last + 1 });
        }
        spec
    });
    draft(specs.collect(), streams).finish().unwrap()
}

/// A one-shot trace of one actor, as steps that begin an event or not.
pub(crate) fn drafted(steps: &[(Step, bool)]) -> Trace {
    let mut stream = Stream::default();
    let has_events = steps.iter().any(|step| step.1);
    for (step, begins) in steps {
        if has_events && (*begins || stream.words.is_empty()) {
            stream.events.push(stream.words.len() as u32);
        }
        push(&[*step], &mut stream);
    }
    draft(vec![ActorSpec::new("worker", Deal::Event)], vec![stream]).finish().unwrap()
}

fn push(steps: &[Step], stream: &mut Stream) {
    for &(kind, map, key, count) in steps {
        stream.words.push(OpWord::new(kind, map, key).0);
        if kind == OpKind::Range {
            stream.words.push(count);
        }
    }
}

/// On two maps of 1,000 keys.
fn draft(actors: Vec<ActorSpec>, streams: Vec<Stream>) -> Draft {
    let map = |id: &str, preload| MapSpec {
        id: id.to_owned(),
        name: "any".to_owned(),
        key_rule: KeyRule::Uid,
        keys: 1_000,
        preload,
        peak: 0,
    };
    Draft {
        name: "any".to_owned(),
        generator: "test".to_owned(),
        seed: 1,
        parameters: serde_json::json!({ "z": 1, "a": { "y": 0.1, "b": [1.5, null] } }),
        shape: Shape::OneShot,
        unit: Some(Unit { name: "pods".to_owned(), count: 7 }),
        maps: vec![map("A", 0), map("B", 1_000)],
        actors,
        streams,
    }
}

pub(crate) fn any_step() -> impl Strategy<Value = Step> {
    (0..14_u8, 0..2_u8, 0..1_000_u32, 1..3_000_u32).prop_map(|(code, map, key, count)| {
        let kind = OpKind::from_code(code).expect("below 14");
        (kind, map, key, if kind == OpKind::Range { count } else { 1 })
    })
}

pub(crate) fn any_ordered() -> impl Strategy<Value = Trace> {
    let gap_ns = prop_oneof![Just(0), 0..2_000_u64, 0..1_u64 << 40];
    let event = (0..5_usize, prop::collection::vec(any_step(), 1..6), any::<u32>(), gap_ns);
    let events = prop::collection::vec(event, 1..80);
    (1..6_usize, prop::collection::vec(any::<bool>(), 5), events).prop_map(
        |(actors, timed, events)| {
            let events = events.into_iter().enumerate().map(|(number, event)| {
                let (actor, steps, any, gap_ns) = event;
                let number = number as u32;
                let follows = match any % 4 {
                    0 => number.checked_sub(1),
                    1 => number.checked_sub(1 + any / 4 % number.max(1)),
                    _ => None,
                };
                AnyEvent { actor: actor % actors, steps, follows, gap_ns }
            });
            ordered(actors, &timed, &events.collect::<Vec<_>>())
        },
    )
}
