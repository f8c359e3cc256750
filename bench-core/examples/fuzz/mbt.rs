//! Trace files as seeds, and mutations that leave their checksums right, so that what lies behind
//! them is reached.

use mapbench_core::key::KeyRule;
use mapbench_core::op::{OpKind, OpWord};
use mapbench_core::trace::import::{
    AccessFormat, AccessOptions, HistoryOptions, Preload, Speed, access, audit,
};
use mapbench_core::trace::{
    ActorSpec, Deal, Draft, MapSpec, Pace, Shape, Stream, Trace, Unit, json_lines, write,
};

use crate::mutate::Random;

const MAGIC_BYTES: usize = 8;
const INDEX: u32 = u32::MAX;

/// Small traces of several kinds.
fn traces() -> Vec<Trace> {
    const LOG: &[u8] = include_bytes!("../../tests/fixtures/audit.jsonl");
    let label = "seed";
    let timed = HistoryOptions { speed: Speed::Warped(1.0), ..HistoryOptions::default() };
    let accesses = AccessOptions {
        format: AccessFormat::Lines,
        preload: Preload::None,
        speed: Speed::AsFastAsPossible,
    };
    let traces = [
        audit::import(LOG, label, None, &HistoryOptions::default()),
        audit::import(LOG, label, None, &timed),
        access::import(&b"a\nb\na\nc\n"[..], label, &accesses),
    ];
    let imported = traces.into_iter().map(|trace| trace.expect("seeds are good").0);
    imported.chain([ordered()]).collect()
}

/// Two actors, events in an order, one of them paced, a range that goes on with the first key.
fn ordered() -> Trace {
    let op = |kind, map, key| OpWord::new(kind, map, key).0;
    let map = |id: &str, keys, preload| MapSpec {
        id: id.to_owned(),
        name: "map".to_owned(),
        key_rule: KeyRule::Uid,
        keys,
        preload,
        peak: 0,
    };
    let mut informer = ActorSpec::new("informer", Deal::Whole);
    informer.pace = Some(Pace { lap_ns: 4_000_000 });
    let informs = Stream {
        words: vec![op(OpKind::Insert, 0, 5), op(OpKind::Get, 0, 9), op(OpKind::Insert, 0, 6)],
        events: vec![0, 2],
        numbers: vec![0, 2],
        follows: vec![Stream::FREE, 1],
        times_ns: vec![0, 2_000_000],
    };
    let schedules = Stream {
        words: vec![op(OpKind::Range, 1, 90), 20, op(OpKind::Remove, 0, 5), op(OpKind::Scan, 0, 0)],
        events: vec![0],
        numbers: vec![1],
        follows: vec![0],
        times_ns: vec![],
    };
    let draft = Draft {
        name: "ordered".to_owned(),
        generator: "fuzz".to_owned(),
        seed: 1,
        parameters: serde_json::json!({ "why": "a seed" }),
        shape: Shape::OneShot,
        unit: Some(Unit { name: "pods".to_owned(), count: 2 }),
        maps: vec![map("M0", 10, 4), map("M7", 100, 95)],
        actors: vec![informer, ActorSpec::new("scheduler", Deal::Whole)],
        streams: vec![informs, schedules],
    };
    draft.finish().expect("it keeps the rules")
}

/// The traces as files.
pub(crate) fn files() -> Vec<Vec<u8>> {
    traces().iter().map(file_of).collect()
}

/// The traces as lines of JSON.
pub(crate) fn lines() -> Vec<Vec<u8>> {
    let lines = |trace: &Trace| {
        let mut text = Vec::new();
        json_lines::write(trace, &mut text).expect("memory can be written to");
        text
    };
    traces().iter().map(lines).collect()
}

fn file_of(trace: &Trace) -> Vec<u8> {
    let mut file = Vec::new();
    write(trace, &mut file).expect("memory can be written to");
    file
}

/// The parts of a file.
struct Parts {
    version: Vec<u8>,
    header: Vec<u8>,
    /// Stream, records, payload.
    blocks: Vec<(u32, u32, Vec<u8>)>,
}

impl Parts {
    /// `None` if the file is not one; seeds are.
    fn of(file: &[u8]) -> Option<Parts> {
        let number = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?));
        let header_bytes = number(MAGIC_BYTES + 4)? as usize;
        let start = MAGIC_BYTES + 12;
        let header = file.get(start..start + header_bytes)?.to_vec();
        let (mut at, mut blocks) = (start + header_bytes, Vec::new());
        loop {
            let (stream, length, records) =
                (number(at)?, number(at + 4)? as usize, number(at + 8)?);
            if stream == INDEX {
                break;
            }
            blocks.push((stream, records, file.get(at + 16..at + 16 + length)?.to_vec()));
            at += 16 + length;
        }
        Some(Parts { version: file[MAGIC_BYTES..MAGIC_BYTES + 4].to_vec(), header, blocks })
    }

    fn file(&self) -> Vec<u8> {
        let mut file = b"mbtrace\n".to_vec();
        file.extend(&self.version);
        file.extend((self.header.len() as u32).to_le_bytes());
        file.extend(crc32fast::hash(&self.header).to_le_bytes());
        file.extend(&self.header);
        let mut index = Vec::new();
        for (stream, records, payload) in &self.blocks {
            index.extend((file.len() as u64).to_le_bytes());
            index.extend(stream.to_le_bytes());
            put_block(&mut file, *stream, *records, payload);
        }
        let index_at = file.len() as u64;
        put_block(&mut file, INDEX, self.blocks.len() as u32, &index);
        file.extend(index_at.to_le_bytes());
        file.extend(b"mbt-end\n");
        file
    }
}

fn put_block(file: &mut Vec<u8>, stream: u32, records: u32, payload: &[u8]) {
    let mut crc = crc32fast::Hasher::new();
    let mut numbers = Vec::new();
    numbers.extend(stream.to_le_bytes());
    numbers.extend((payload.len() as u32).to_le_bytes());
    numbers.extend(records.to_le_bytes());
    crc.update(&numbers);
    crc.update(payload);
    file.extend(numbers);
    file.extend(crc.finalize().to_le_bytes());
    file.extend(payload);
}

/// The file with a mutated header or block, and right checksums.
pub(crate) fn mutated(
    file: &[u8],
    mutate: impl Fn(Vec<u8>, &mut Random) -> Vec<u8>,
    random: &mut Random,
) -> Vec<u8> {
    let Some(mut parts) = Parts::of(file) else { return file.to_vec() };
    match random.below(5) {
        0 | 1 => parts.header = mutate(std::mem::take(&mut parts.header), random),
        2 | 3 if !parts.blocks.is_empty() => {
            let block = random.below(parts.blocks.len());
            let (_, records, payload) = &mut parts.blocks[block];
            *payload = mutate(std::mem::take(payload), random);
            // Often the number of records is still right, or nearly.
            *records = (*records + random.below(5) as u32).saturating_sub(2);
        }
        _ => {
            let block = random.below(parts.blocks.len());
            if let Some(part) = parts.blocks.get(block).cloned() {
                parts.blocks.insert(random.below(parts.blocks.len() + 1), part);
            }
            if let Some((stream, _, _)) = parts.blocks.get_mut(block) {
                *stream ^= random.below(3) as u32;
            }
        }
    }
    parts.file()
}
