//! What the threads do: three workloads as arrays of packed operations, one array per thread.

use std::collections::VecDeque;

use crate::rng::{Ranks, Rng};

/// What to do; kept in the top bits of a packed operation, above a 24-bit key number.
pub(crate) const GET: u32 = 0;
pub(crate) const OVERWRITE: u32 = 1;
pub(crate) const UPDATE: u32 = 2;
pub(crate) const REMOVE: u32 = 3;
/// The second map of `mixed-write`.
pub(crate) const GET_SECOND: u32 = 4;
pub(crate) const UPDATE_SECOND: u32 = 5;
pub(crate) const KEY_BITS: u32 = 24;

pub(crate) struct Trace {
    /// How many keys there are; operations name them by number.
    pub(crate) keys: usize,
    /// Keys in the first map at the start: `0..prefill`. The second has `0..SECOND_KEYS`.
    pub(crate) prefill: usize,
    pub(crate) per_thread: Vec<Vec<u32>>,
    /// A round runs one of this many equal pieces; after the last one the first fits again.
    pub(crate) pieces: usize,
}

pub(crate) const SECOND_KEYS: usize = 5_000;

/// A workload's name and how to make its trace for some number of threads.
type Workload = (&'static str, fn(usize) -> Trace);

pub(crate) const WORKLOADS: [Workload; 3] =
    [("read-heavy", read_heavy), ("hot-key", hot_key), ("mixed-write", mixed_write)];

fn op(what: u32, key: usize) -> u32 {
    what << KEY_BITS | key as u32
}

/// 98.3 % get, 1.7 % overwrite over 76,000 keys, Zipf–Mandelbrot with s = 1 and q = 6.
fn read_heavy(threads: usize) -> Trace {
    const KEYS: usize = 76_000;
    let ranks = Ranks::new((0..KEYS).map(|rank| 1.0 / (rank as f64 + 1.0 + 6.0)));
    let per_thread = |thread| {
        let mut rng = Rng::new(100 + thread as u64);
        let mut one = || {
            let what = if rng.unit() < 0.017 { OVERWRITE } else { GET };
            op(what, ranks.pick(&mut rng))
        };
        (0..600_000).map(|_| one()).collect()
    };
    Trace {
        keys: KEYS,
        prefill: KEYS,
        per_thread: (0..threads).map(per_thread).collect(),
        pieces: 2,
    }
}

/// 95 % get, 5 % read-modify-write over 1,000 keys, the hottest with 31 % of all accesses, the
/// others by Zipf 1.4.
fn hot_key(threads: usize) -> Trace {
    const KEYS: usize = 1_000;
    let rest = Ranks::new((1..KEYS).map(|rank| (rank as f64).powf(-1.4)));
    let per_thread = |thread| {
        let mut rng = Rng::new(200 + thread as u64);
        let mut one = || {
            let what = if rng.unit() < 0.05 { UPDATE } else { GET };
            let key = if rng.unit() < 0.31 { 0 } else { 1 + rest.pick(&mut rng) };
            op(what, key)
        };
        (0..600_000).map(|_| one()).collect()
    };
    Trace {
        keys: KEYS,
        prefill: KEYS,
        per_thread: (0..threads).map(per_thread).collect(),
        pieces: 2,
    }
}

/// Get, insert, remove 8 : 6 : 6 on a first map whose live set grows from 5,000 to 55,000 keys
/// and shrinks again, among get and update 24 : 12 on 5,000 keys of a second map.
///
/// A lap inserts each of the keys once and removes each once, oldest first, so laps join. A key
/// is inserted and removed by one thread, gets go to keys that were live when the trace was made.
fn mixed_write(threads: usize) -> Trace {
    const KEYS: usize = 150_000;
    const LIVE: usize = 5_000;
    let mut rng = Rng::new(300);
    let mut per_thread = vec![Vec::new(); threads];
    let mut live: VecDeque<usize> = (0..LIVE).collect();
    let mut next = LIVE;
    let mut inserted = 0;
    let mut turn = 0;
    while inserted < KEYS || live.len() > LIVE {
        turn = (turn + 1) % threads;
        let growing = inserted < KEYS / 3 * 2;
        match rng.below(56) {
            0..24 => per_thread[turn].push(op(GET_SECOND, rng.below(SECOND_KEYS))),
            24..36 => per_thread[turn].push(op(UPDATE_SECOND, rng.below(SECOND_KEYS))),
            36..44 => per_thread[turn].push(op(GET, live[rng.below(live.len())])),
            other => {
                // Twelve in 56: two inserts to one remove while growing, then the reverse.
                let insert = (other < 52) == growing && inserted < KEYS;
                if insert {
                    per_thread[next % threads].push(op(OVERWRITE, next));
                    live.push_back(next);
                    next = (next + 1) % KEYS;
                    inserted += 1;
                } else if live.len() > LIVE {
                    let oldest = live.pop_front().expect("it is longer than LIVE");
                    per_thread[oldest % threads].push(op(REMOVE, oldest));
                }
            }
        }
    }
    Trace { keys: KEYS, prefill: LIVE, per_thread, pieces: 24 }
}
