//! A trace file comes back as it was written, and a damaged one is refused with its place.

mod sample_traces;

use std::collections::HashSet;

use mapbench_core::key::scramble;
use mapbench_core::op::OpKind;
use mapbench_core::scenario::find;
use mapbench_core::trace::{FormatError, Trace, hash, read, read_hashed, write};
use mapbench_core::workload::generate;
use proptest::prelude::*;
use sample_traces::{any_ordered, any_step, drafted, small};

fn trace(name: &str) -> Trace {
    generate(&find(name).unwrap(), 3).unwrap()
}

fn file(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&trace(name), &mut bytes).unwrap();
    bytes
}

#[test]
fn a_trace_comes_back_as_it_was_written() {
    for name in ["test/pods", "test/churn", "test/growth", "test/hotspot"] {
        let original = trace(name);
        let mut bytes = Vec::new();
        let written = write(&original, &mut bytes).unwrap();
        let (again, read_hash) = read_hashed(bytes.as_slice(), name).unwrap();
        assert_eq!(again, original);
        assert_eq!(read_hash, written.hash);
        assert_eq!(written.bytes, bytes.len() as u64);
        assert_eq!(written.hash, hash(&again));
        assert_eq!(written.hash.0, xxhash_rust::xxh3::xxh3_64(&bytes));
        assert!(written.bytes_per_record() < 4.0, "{name}: {}", written.bytes_per_record());
    }
}

#[test]
fn a_file_of_many_blocks_is_the_same_for_any_number_of_threads() {
    // Ranges and events lie across the ends of blocks and chunks.
    let step = |number: u32| match number % 5 {
        0 => ((OpKind::Range, 1, number % 1_000, 1 + number % 2_000), number.is_multiple_of(3)),
        _ => ((OpKind::Insert, 0, number * 7 % 1_000, 1), number.is_multiple_of(3)),
    };
    let original = drafted(&(0..200_000).map(step).collect::<Vec<_>>());
    let file_with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut bytes = Vec::new();
        pool.install(|| write(&original, &mut bytes).unwrap());
        bytes
    };
    let bytes = file_with(1);
    assert_eq!(file_with(3), bytes);
    assert_eq!(read(bytes.as_slice(), "many.mbt").unwrap(), original);
}

#[test]
fn a_file_cut_off_anywhere_is_refused_with_its_length() {
    let bytes = small_file();
    for cut in 0..bytes.len() {
        match read(&bytes[..cut], "cut.mbt") {
            Err(FormatError::Truncated { offset, .. }) => assert_eq!(offset, cut as u64),
            other => panic!("cut at {cut} of {}: {other:?}", bytes.len()),
        }
    }
}

#[test]
fn any_flipped_bit_is_noticed() {
    let bytes = small_file();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1 << bit;
            let result = read(damaged.as_slice(), "flipped.mbt");
            assert!(result.is_err(), "bit {bit} of byte {place} of {}", bytes.len());
        }
    }
}

#[test]
fn errors_name_the_file_and_the_place() {
    let bytes = file("test/pods");
    let error = read(&bytes[..1_000], "some/file.mbt").unwrap_err().to_string();
    assert!(error.starts_with("some/file.mbt: is cut off at byte 1000"), "{error}");
    let error = read(b"name,creation_time\n".as_slice(), "pods.csv").unwrap_err();
    assert!(matches!(error, FormatError::NotATrace { .. }), "{error}");
    let mut other = bytes.clone();
    other[8] = 9;
    let error = read(other.as_slice(), "new.mbt").unwrap_err().to_string();
    assert!(error.contains("has trace format 9, this program reads 2"), "{error}");
    other[8] = 1;
    let error = read(other.as_slice(), "old.mbt").unwrap_err().to_string();
    assert!(
        error.contains("has trace format 1") && error.contains("generate or import"),
        "{error}"
    );
    let mut longer = bytes.clone();
    longer.push(0);
    let error = read(longer.as_slice(), "long.mbt").unwrap_err().to_string();
    assert!(error.contains(&format!("at byte {}", bytes.len())), "{error}");
}

#[test]
fn a_length_from_hell_costs_no_memory() {
    let mut bytes = file("test/pods");
    bytes[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(read(bytes.as_slice(), "x"), Err(FormatError::Corrupt { offset: 20, .. })));
    bytes[12..16].copy_from_slice(&(16_u32 << 20).to_le_bytes());
    assert!(matches!(read(bytes.as_slice(), "x"), Err(FormatError::Truncated { .. })));
}

fn small_file() -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&small(), &mut bytes).unwrap();
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_trace_of_one_actor_comes_back_as_it_was_written(
        steps in prop::collection::vec((any_step(), any::<bool>()), 0..300),
    ) {
        let original = drafted(&steps);
        let mut bytes = Vec::new();
        let written = write(&original, &mut bytes).unwrap();
        let again = read(bytes.as_slice(), "any.mbt").unwrap();
        prop_assert_eq!(hash(&again), written.hash);
        prop_assert_eq!(again, original);
    }

    #[test]
    fn any_ordered_trace_comes_back_as_it_was_written(original in any_ordered()) {
        let mut bytes = Vec::new();
        write(&original, &mut bytes).unwrap();
        prop_assert_eq!(read(bytes.as_slice(), "any.mbt").unwrap(), original);
    }

    #[test]
    fn a_replay_knows_what_plain_sets_would_hold(
        steps in prop::collection::vec((any_step(), any::<bool>()), 0..300),
    ) {
        let mut sets = [HashSet::new(), (0..1_000).collect()];
        let preloads: [HashSet<u32>; 2] = sets.clone();
        let (mut reads, mut hits, mut effective) = (0, 0, 0);
        for &((kind, map, key, count), _) in &steps {
            let set = &mut sets[map as usize];
            match kind {
                OpKind::Get | OpKind::Has | OpKind::GetCloned | OpKind::Range => {
                    reads += u64::from(count);
                    hits += (key..key + count).filter(|key| set.contains(&(key % 1_000))).count() as u64;
                }
                OpKind::Insert | OpKind::Overwrite => {
                    set.insert(key);
                    effective += 1;
                }
                OpKind::InsertIfAbsent => effective += u64::from(set.insert(key)),
                OpKind::Update => effective += u64::from(set.contains(&key)),
                OpKind::Remove => effective += u64::from(set.remove(&key)),
                OpKind::NewMap => set.clear(),
                OpKind::ReplaceAll => set.clone_from(&preloads[map as usize]),
                OpKind::Scan | OpKind::ScanPrefix | OpKind::Len => {}
            }
        }
        let trace = drafted(&steps);
        let replay = trace.replay().unwrap();
        prop_assert_eq!((replay.reads, replay.hits, replay.effective_writes), (reads, hits, effective));
        for ((set, present), expected) in sets.iter().zip(&replay.present).zip(&trace.header.expected) {
            prop_assert_eq!(&present.iter().collect::<HashSet<u32>>(), set);
            prop_assert_eq!(expected.len as usize, set.len());
            let sum = set.iter().fold(0_u64, |sum, &key| sum.wrapping_add(scramble(key.into())));
            prop_assert_eq!(expected.key_checksum, sum);
        }
    }

    #[test]
    fn any_bytes_after_a_valid_header_are_refused(junk in prop::collection::vec(any::<u8>(), 0..400)) {
        let bytes = file("test/pods");
        let header = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
        let mut bytes = bytes[..20 + header].to_vec();
        bytes.extend(junk);
        prop_assert!(read(bytes.as_slice(), "junk.mbt").is_err());
    }
}
