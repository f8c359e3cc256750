//! A trace that is being made: generators and imports fill in what happens, and the figures of the
//! header are computed from it, so that none can be claimed.

use super::rules::{check, check_maps, check_steady};
use super::{
    ActorSpec, KeySet, MapSpec, Shape, Stream, Trace, TraceError, TraceHeader, Unit, fixed_keys,
    key_counts, replay::replay,
};

/// A trace before its figures are known.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Canonical scenario name, or the import's format and file name.
    pub name: String,
    /// Name and version of the generator.
    pub generator: String,
    /// The seed.
    pub seed: u64,
    /// The parameters.
    pub parameters: serde_json::Value,
    /// Whether it may be looped.
    pub shape: Shape,
    /// What the ops amount to, if they amount to something.
    pub unit: Option<Unit>,
    /// The maps; their peaks are filled in.
    pub maps: Vec<MapSpec>,
    /// The actors.
    pub actors: Vec<ActorSpec>,
    /// One stream per actor.
    pub streams: Vec<Stream>,
}

impl Draft {
    /// Checks the rules of traces and computes the figures of the header.
    pub fn finish(mut self) -> Result<Trace, TraceError> {
        check_maps(&self.maps)?;
        let (maps, streams) = (&self.maps, &self.streams);
        check(maps, &self.actors, streams)?;
        let (replay, top_key) = fixed_keys::figures(maps, streams).unwrap_or_else(|| {
            rayon::join(|| replay(maps, streams, |_, _| {}), || key_counts::top_key(maps, streams))
        });
        for (spec, peak) in self.maps.iter_mut().zip(&replay.peaks) {
            spec.peak = *peak;
        }
        if self.shape == Shape::Steady {
            check_steady(&self.maps, &replay)?;
        }
        let header = TraceHeader {
            name: self.name,
            generator: self.generator,
            seed: self.seed,
            parameters: self.parameters,
            shape: self.shape,
            maps: self.maps,
            actors: self.actors,
            unit: self.unit,
            ops: replay.ops,
            expected: replay.present.iter().map(KeySet::state).collect(),
            hit_share: replay.hit_share(),
            effective_write_share: replay.effective_write_share(),
            top_key,
        };
        Ok(Trace { header, streams: self.streams })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::Requirement;
    use crate::key::KeyRule;
    use crate::op::{MAX_KEYS, OpKind, OpWord};
    use crate::trace::Deal;

    fn draft(words: &[OpWord], events: &[u32], shape: Shape) -> Draft {
        let map = MapSpec {
            id: "M0".to_owned(),
            name: "store".to_owned(),
            key_rule: KeyRule::NsName,
            keys: 10,
            preload: 5,
            peak: 0,
        };
        Draft {
            name: "test".to_owned(),
            generator: "test".to_owned(),
            seed: 1,
            parameters: serde_json::Value::Null,
            shape,
            unit: None,
            maps: vec![map],
            actors: vec![ActorSpec::new("worker", Deal::Event)],
            streams: vec![Stream::of_events(
                words.iter().map(|word| word.0).collect(),
                events.to_vec(),
            )],
        }
    }

    fn error_of(draft: Draft) -> String {
        draft.finish().unwrap_err().to_string()
    }

    #[test]
    fn ops_on_what_does_not_exist_are_refused_by_position() {
        let get = OpWord::new(OpKind::Get, 0, 9);
        for (bad, expected) in [
            (OpWord::new(OpKind::Get, 0, 10), "op 1 of actor 0: key 10 is not below the 10 keys"),
            (OpWord::new(OpKind::Get, 1, 0), "op 1 of actor 0: there is no map 1"),
            (OpWord(15 << 28), "op 1 of actor 0: op code 15 is not an op"),
            (OpWord::new(OpKind::Range, 0, 0), "op 1 of actor 0: a range without its count"),
        ] {
            let error = error_of(draft(&[get, bad], &[], Shape::OneShot));
            assert!(error.starts_with(expected), "{error}");
        }
        for count in [0, MAX_KEYS + 1, u32::MAX] {
            let range = [OpWord::new(OpKind::Range, 0, 5), OpWord(count)];
            let error = error_of(draft(&range, &[], Shape::OneShot));
            assert!(error.contains("a range of"), "{error}");
        }
    }

    #[test]
    fn events_ascend_from_the_first_op() {
        let words = [OpWord::new(OpKind::Get, 0, 0); 3];
        assert!(draft(&words, &[0, 2], Shape::OneShot).finish().is_ok());
        for events in [&[1, 2][..], &[0, 0], &[0, 2, 1], &[0, 3]] {
            let error = error_of(draft(&words, events, Shape::OneShot));
            assert!(error.contains("event starts of actor 0"), "{events:?}: {error}");
        }
    }

    #[test]
    fn a_steady_trace_must_end_as_it_began() {
        let remove = OpWord::new(OpKind::Remove, 0, 4);
        let insert = OpWord::new(OpKind::Insert, 0, 4);
        assert!(draft(&[remove, insert], &[], Shape::Steady).finish().is_ok());
        let error = error_of(draft(&[remove], &[], Shape::Steady));
        assert!(error.contains("map M0 of a steady trace"), "{error}");
        let mut two = draft(&[], &[], Shape::Steady);
        two.streams.push(Stream::default());
        assert!(error_of(two).contains("1 actors but 2 streams"));
    }

    #[test]
    fn figures_are_those_of_the_event_order() {
        let op = |kind, key| OpWord::new(kind, 0, key);
        let words = [
            op(OpKind::Get, 4),
            op(OpKind::Get, 7),
            op(OpKind::Insert, 7),
            op(OpKind::Has, 7),
            op(OpKind::Remove, 8),
            op(OpKind::Update, 8),
            op(OpKind::InsertIfAbsent, 7),
            op(OpKind::Remove, 7),
        ];
        let trace = draft(&words, &[], Shape::OneShot).finish().unwrap();
        let header = &trace.header;
        assert_eq!((header.ops, header.maps[0].peak, header.expected[0].len), (8, 6, 5));
        assert_eq!(header.hit_share, Some(2.0 / 3.0));
        assert!((header.effective_write_share - 2.0 / 8.0).abs() < f64::EPSILON);
        assert_eq!(trace.requirements(), [Requirement::ReadModifyWrite].into());
        assert_eq!(
            trace.key_shares(0).map(|shares| (shares.accesses, shares.distinct)),
            Some((8, 3))
        );
        assert_eq!(trace.key_shares(1), None);
    }
}
