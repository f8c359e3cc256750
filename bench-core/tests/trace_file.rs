//! A trace file comes back as it was written, and a damaged one is refused with its place.

use mapbench_core::scenario::find;
use mapbench_core::trace::{FormatError, Trace, hash, read, write};
use mapbench_core::workload::generate;
use proptest::prelude::*;

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
        let again = read(bytes.as_slice(), name).unwrap();
        assert_eq!(again, original);
        assert_eq!(written.bytes, bytes.len() as u64);
        assert_eq!(written.hash, hash(&again));
        assert_eq!(written.hash.0, xxhash_rust::xxh3::xxh3_64(&bytes));
        assert!(written.bytes_per_record() < 4.0, "{name}: {}", written.bytes_per_record());
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused_with_its_length() {
    let bytes = file("test/pods");
    // Every offset of the header and the end, and some in between.
    let cuts =
        (0..2_000).chain((2_000..bytes.len()).step_by(97)).chain(bytes.len() - 200..bytes.len());
    for cut in cuts {
        match read(&bytes[..cut], "cut.mbt") {
            Err(FormatError::Truncated { offset, .. }) => assert_eq!(offset, cut as u64),
            other => panic!("cut at {cut}: {other:?}"),
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
    assert!(error.contains("has trace format 9, this program reads 1"), "{error}");
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_byte_is_always_noticed(place in any::<prop::sample::Index>(), flip in 1_u8..) {
        let mut bytes = file("test/pods");
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        prop_assert!(read(bytes.as_slice(), "flipped.mbt").is_err());
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
