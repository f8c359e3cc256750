//! The loop of an outsider: times a trace on dashmap or a std `RwLock<HashMap>` without a line of
//! mapbench. Reads the lines of `mapbench trace convert`, one op each on one map; foldhash, u64
//! keys and values, one thread. Prints the ns per op of the second slice.
//! usage: `outside_loop TRACE.jsonl dashmap|rwlock WARM_MS SLICE_MS`
#![expect(clippy::disallowed_methods, reason = "mapbench's own clock is what is checked")]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use foldhash::fast::FixedState as Hasher;

fn field(text: &str, name: &str) -> usize {
    let from = text.find(&format!("\"{name}\":")).expect(name) + name.len() + 3;
    text[from..].split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().expect(name)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let millis = |at: usize| Duration::from_millis(arguments[at].parse().expect("milliseconds"));
    let text = std::fs::read_to_string(&arguments[1]).expect("a trace");
    let (header, lines) = text.split_once('\n').expect("lines");
    let key = |index: usize| (index as u64 + 1).wrapping_mul(0xd134_2543_de82_ef95).swap_bytes();
    let op = |line: &str| {
        let mut words = line.split_once("\"op\":[\"").expect("an op").1.split(['"', ',', ']']);
        let kind = words.next().map(|kind| kind.as_bytes()[0]).expect("a kind");
        (kind, words.filter(|word| !word.is_empty()).nth(1).unwrap().parse::<u32>().unwrap())
    };
    let ops: Vec<(u8, u32)> = lines.lines().map(op).collect();
    let (preload, peak) = (field(header, "preload"), field(header, "peak"));
    let dash = dashmap::DashMap::with_capacity_and_hasher(peak, Hasher::default());
    let locked = std::sync::RwLock::new(HashMap::with_capacity_and_hasher(peak, Hasher::default()));
    let on_dashmap = arguments[2] == "dashmap";
    let run = |kind, key: u64, version: u64| match (kind, on_dashmap) {
        (b'g', true) => dash.get(&key).map(|value| *value),
        (b'o' | b'i', true) => dash.insert(key, version),
        (b'r', true) => dash.remove(&key).map(|(_, value)| value),
        (b'g', false) => locked.read().unwrap().get(&key).copied(),
        (b'o' | b'i', false) => locked.write().unwrap().insert(key, version),
        (b'r', false) => locked.write().unwrap().remove(&key),
        _ => panic!("only get, insert, overwrite and remove"),
    };
    (0..preload).for_each(|index| assert_eq!(run(b'o', key(index), 0), None, "keys differ"));
    let (mut at, mut found) = (0, 0_u64);
    let mut slice = |length| {
        let (start, mut done) = (Instant::now(), 0_u64);
        while start.elapsed() < length {
            let end = ops.len().min(at + 1024);
            for (kind, index) in &ops[at..end] {
                found += run(*kind, key(*index as usize), done).map_or(0, |value| value | 1);
            }
            done += (end - at) as u64;
            at = if end == ops.len() { 0 } else { end };
        }
        start.elapsed().as_secs_f64() * 1e9 / done as f64
    };
    slice(millis(3));
    println!("{:.3}", slice(millis(4)));
    std::hint::black_box(found);
}
