//! What is in a trace, map by map, for people who read its figures: ops by kind, hits, how accesses
//! spread over keys, and how many keys live over the lap. Runs the trace on key sets; draws nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::key_counts::{by_rank, of_all};
use super::{Event, KeyShares, MapSpec, Replay, Trace, TraceError, replay};
use crate::op::{OpClass, OpKind, OpWord};

/// Parts that the lap is divided into.
pub const LAP_PARTS: usize = 120;
/// Ranks of a popularity per factor of ten.
const RANKS_PER_DECADE: i32 = 20;

/// What is in a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Records; a range is one.
    pub records: u64,
    /// Events; none where ops are dealt one by one.
    pub events: u64,
    /// What the parts of the lap are parts of.
    pub lap: Lap,
    /// Map by map.
    pub maps: Vec<MapFigures>,
    /// Actor by actor.
    pub actors: Vec<ActorFigures>,
}

/// What the parts of the lap are parts of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lap {
    /// As many ops.
    Ops(u64),
    /// The time in which events are due. Nanoseconds.
    Time(u64),
}

/// What is asked of one map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapFigures {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Ops by kind, a range counting as many as its count.
    pub ops: BTreeMap<&'static str, u64>,
    /// Ops of the class read.
    pub reads: u64,
    /// Reads that find their key, in event order.
    pub hits: u64,
    /// Ops of the class write.
    pub writes: u64,
    /// Writes that change something, in event order.
    pub effective_writes: u64,
    /// Ops that ask for the map as a whole.
    pub scans: u64,
    /// Ops that replace it.
    pub bulk: u64,
    /// How accesses are spread over its keys; `None` if no op names one.
    pub keys: Option<KeyShares>,
    /// Rank, from 1, and share of the accesses of the keys at some ranks.
    pub popularity: Vec<(u32, f64)>,
    /// Keys present over the lap.
    pub live: Live,
    /// Keys that inserts added in each part of the lap.
    pub arrivals: Vec<u64>,
}

/// Keys present over the lap, in event order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Live {
    /// Before the first op.
    pub start: u32,
    /// Fewest.
    pub min: u32,
    /// Most.
    pub max: u32,
    /// After the last op.
    pub end: u32,
    /// At the end of each part of the lap.
    pub parts: Vec<u32>,
}

/// What one actor does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActorFigures {
    /// The role.
    pub name: String,
    /// Records; a range is one.
    pub records: u64,
    /// Ops, a range counting as many as its count.
    pub ops: u64,
    /// Events.
    pub events: u64,
    /// Events that follow another.
    pub following: u64,
}

impl MapFigures {
    /// Share of the reads that find their key; `None` without reads.
    pub fn hit_share(&self) -> Option<f64> {
        (self.reads > 0).then(|| self.hits as f64 / self.reads as f64)
    }

    /// Share of the writes that change something; `None` without writes.
    pub fn effective_share(&self) -> Option<f64> {
        (self.writes > 0).then(|| self.effective_writes as f64 / self.writes as f64)
    }
}

impl Trace {
    /// What is in it, map by map.
    pub fn figures(&self) -> Result<Figures, TraceError> {
        let actors: Vec<ActorFigures> = (0..self.streams.len()).map(|at| self.actor(at)).collect();
        let lap = self.lap();
        let mut maps: Vec<MapFigures> = self.header.maps.iter().map(MapFigures::new).collect();
        self.replay_into(&mut maps, &actors, lap)?;
        let (counts, _) = of_all(&self.header.maps, &self.streams);
        for (map, counts) in maps.iter_mut().zip(counts) {
            let ranked = by_rank(counts);
            map.keys = KeyShares::of(&ranked);
            map.popularity = popularity(&ranked);
        }
        let sum = |of: fn(&ActorFigures) -> u64| actors.iter().map(of).sum();
        let (records, events) = (sum(|actor| actor.records), sum(|actor| actor.events));
        Ok(Figures { records, events, lap, maps, actors })
    }

    fn actor(&self, at: usize) -> ActorFigures {
        let stream = &self.streams[at];
        let (records, ops) = stream
            .ops()
            .fold((0, 0), |(records, ops), (_, count)| (records + 1, ops + u64::from(count)));
        let free = stream.follows.iter().filter(|&&follows| follows == super::Stream::FREE);
        ActorFigures {
            name: self.header.actors[at].name.clone(),
            records,
            ops,
            events: stream.events.len() as u64,
            following: (stream.follows.len() - free.count()) as u64,
        }
    }

    /// Time, if events have times; a lap is then as long as its longest pace.
    fn lap(&self) -> Lap {
        let paces = self.header.actors.iter().filter_map(|actor| actor.pace);
        let lasts = self.streams.iter().filter_map(|stream| stream.times_ns.last());
        let longest = paces.map(|pace| pace.lap_ns).chain(lasts.map(|last| last + 1)).max();
        longest.map_or(Lap::Ops(self.header.ops), Lap::Time)
    }

    fn replay_into(
        &self,
        maps: &mut [MapFigures],
        actors: &[ActorFigures],
        lap: Lap,
    ) -> Result<(), TraceError> {
        let mut before = Totals::default();
        let mut clock = LapClock {
            lap,
            in_order: self.is_ordered() || actors.len() == 1,
            actors,
            done: vec![0; actors.len()],
            now_ns: 0,
        };
        let mut changes = vec![[0_i64; LAP_PARTS]; maps.len()];
        let mut watch = |event: &Event<'_>, op: OpWord, count: u32, replay: &Replay| {
            let Some(kind) = op.kind() else { return };
            let part = clock.part(event, count, replay);
            let map = &mut maps[op.map()];
            let now = Totals::of(replay);
            map.count(kind, count);
            map.hits += now.hits - before.hits;
            map.effective_writes += now.effective - before.effective;
            before = now;
            let (was, live) = (map.live.end, replay.present[op.map()].len());
            changes[op.map()][part] += i64::from(live) - i64::from(was);
            if matches!(kind, OpKind::Insert | OpKind::InsertIfAbsent) && live > was {
                map.arrivals[part] += 1;
            }
            map.live.see(live);
        };
        replay::replay_ops(self, &mut watch)?;
        // Actors without an order share no key that they write: what each changes adds up.
        for (map, changes) in maps.iter_mut().zip(changes) {
            let mut live = i64::from(map.live.start);
            for (part, change) in map.live.parts.iter_mut().zip(changes) {
                live += change;
                *part = live.max(0) as u32;
            }
        }
        Ok(())
    }
}

/// Knows which part of the lap an op falls into.
struct LapClock<'a> {
    lap: Lap,
    /// Whether the events have one order, which the replay keeps.
    in_order: bool,
    actors: &'a [ActorFigures],
    /// Ops of each actor so far.
    done: Vec<u64>,
    now_ns: u64,
}

impl LapClock<'_> {
    /// The part of an op that was just replayed: by the time of its event where it has one, else by
    /// its place in the order, else by its place among its actor's ops.
    #[inline]
    fn part(&mut self, event: &Event<'_>, count: u32, replay: &Replay) -> usize {
        let done = &mut self.done[event.actor];
        *done += u64::from(count);
        match (self.lap, event.time_ns) {
            (Lap::Time(lap_ns), Some(time_ns)) => {
                self.now_ns = time_ns;
                part_of(time_ns, lap_ns)
            }
            (Lap::Time(lap_ns), None) if self.in_order => part_of(self.now_ns, lap_ns),
            (Lap::Ops(ops), _) if self.in_order => part_of(replay.ops - 1, ops),
            _ => part_of(*done - 1, self.actors[event.actor].ops),
        }
    }
}

/// The part of a lap that a place in it falls into.
fn part_of(place: u64, lap: u64) -> usize {
    let part = u128::from(place) * LAP_PARTS as u128 / u128::from(lap.max(1));
    (part as usize).min(LAP_PARTS - 1)
}

/// What a replay had counted over all maps.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    hits: u64,
    effective: u64,
}

impl Totals {
    fn of(replay: &Replay) -> Self {
        Totals { hits: replay.hits, effective: replay.effective_writes }
    }
}

impl MapFigures {
    fn new(spec: &MapSpec) -> Self {
        let (start, parts) = (spec.preload, vec![spec.preload; LAP_PARTS]);
        MapFigures {
            id: spec.id.clone(),
            name: spec.name.clone(),
            ops: BTreeMap::new(),
            reads: 0,
            hits: 0,
            writes: 0,
            effective_writes: 0,
            scans: 0,
            bulk: 0,
            keys: None,
            popularity: Vec::new(),
            live: Live { start, min: start, max: start, end: start, parts },
            arrivals: vec![0; LAP_PARTS],
        }
    }

    fn count(&mut self, kind: OpKind, count: u32) {
        let count = u64::from(count);
        *self.ops.entry(kind.name()).or_default() += count;
        match kind.class() {
            OpClass::Read => self.reads += count,
            OpClass::Write => self.writes += count,
            OpClass::Scan => self.scans += count,
            OpClass::Bulk => self.bulk += count,
        }
    }
}

impl Live {
    fn see(&mut self, live: u32) {
        self.end = live;
        self.min = self.min.min(live);
        self.max = self.max.max(live);
    }
}

/// Shares of some ranks, evenly spread over the logarithm of the rank, the first and the last among
/// them.
fn popularity(ranked: &[u64]) -> Vec<(u32, f64)> {
    let accesses: u64 = ranked.iter().sum();
    let steps = (0..).map(|step| 10_f64.powf(f64::from(step) / f64::from(RANKS_PER_DECADE)));
    let mut ranks: Vec<usize> =
        steps.map(|rank| rank.round() as usize).take_while(|&rank| rank < ranked.len()).collect();
    ranks.extend((!ranked.is_empty()).then_some(ranked.len()));
    ranks.dedup();
    ranks.into_iter().map(|rank| (rank as u32, ranked[rank - 1] as f64 / accesses as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::KeyRule;
    use crate::trace::{ActorSpec, Deal, Draft, Pace, Shape, Stream};

    fn figures(actors: Vec<ActorSpec>, streams: Vec<Stream>) -> Figures {
        let map = MapSpec {
            id: "M0".to_owned(),
            name: "store".to_owned(),
            key_rule: KeyRule::NsName,
            keys: 1_000,
            preload: 100,
            peak: 0,
        };
        let draft = Draft {
            name: "test".to_owned(),
            generator: "test".to_owned(),
            seed: 1,
            parameters: serde_json::Value::Null,
            shape: Shape::OneShot,
            unit: None,
            maps: vec![map],
            actors,
            streams,
        };
        draft.finish().unwrap().figures().unwrap()
    }

    fn words(kind: OpKind, keys: std::ops::Range<u32>) -> Vec<u32> {
        keys.map(|key| OpWord::new(kind, 0, key).0).collect()
    }

    #[test]
    fn actors_without_an_order_live_side_by_side() {
        let worker = |name| ActorSpec::new(name, Deal::Op);
        let inserts = Stream::of(words(OpKind::Insert, 100..340));
        let removes = Stream::of(words(OpKind::Remove, 0..60));
        let figures = figures(vec![worker("one"), worker("other")], vec![inserts, removes]);
        let map = &figures.maps[0];
        // Two inserts in each part of the lap, and one remove in every other one.
        assert_eq!(map.arrivals, [2; LAP_PARTS]);
        assert_eq!((map.live.parts[1], map.live.parts[59]), (103, 190));
        assert_eq!((map.live.end, map.live.parts[LAP_PARTS - 1]), (280, 280));
    }

    #[test]
    fn events_with_times_lie_where_they_are_due() {
        let mut paced = ActorSpec::new("paced", Deal::Event);
        paced.pace = Some(Pace { lap_ns: 1_200 });
        let stream = Stream {
            times_ns: vec![0, 600, 1_199],
            ..Stream::of_events(words(OpKind::Insert, 100..103), vec![0, 1, 2])
        };
        let others = Stream::of(words(OpKind::Get, 0..1_000));
        let figures = figures(vec![paced, ActorSpec::new("free", Deal::Op)], vec![stream, others]);
        assert_eq!(figures.lap, Lap::Time(1_200));
        let arrivals = &figures.maps[0].arrivals;
        let parts: Vec<usize> = (0..LAP_PARTS).filter(|&part| arrivals[part] > 0).collect();
        assert_eq!(parts, [0, 60, 119]);
        assert_eq!(figures.maps[0].hits, 103);
    }
}
