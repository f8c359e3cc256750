//! Makes inputs of seeds: bytes are flipped, cut and repeated, parts of seeds and words of all seeds
//! of the parser are put in, numbers become extreme. Every input is a function of the run's seed and
//! its number.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::mbt;
use crate::parsers::{Kind, Parser};

/// Longest input.
const LONGEST: usize = 64 << 10;
/// Most mutations of one input.
const MOST_MUTATIONS: usize = 6;
const EXTREMES: [&str; 18] = [
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "2147483647",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1e308",
    "-1e-308",
    "NaN",
    "inf",
    "0.1",
    "99999999999999999999999999",
];

/// Makes the inputs of one parser.
pub(crate) struct Mutator {
    kind: Kind,
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

impl Mutator {
    /// Reads the seeds of a parser.
    pub(crate) fn of(parser: &Parser) -> Self {
        let seeds = match parser.kind {
            Kind::Trace => mbt::files(),
            Kind::TraceLines => mbt::lines(),
            _ => parser.seeds.iter().flat_map(|folder| files_in(folder)).collect(),
        };
        assert!(!seeds.is_empty(), "{} has no seeds", parser.name);
        let text = !matches!(parser.kind, Kind::Bytes | Kind::Xz);
        let words: BTreeSet<Vec<u8>> =
            seeds.iter().filter(|_| text).flat_map(|seed| words_of(seed)).collect();
        let mut words: Vec<Vec<u8>> = words.into_iter().collect();
        words.extend(EXTREMES.map(|number| number.as_bytes().to_vec()));
        Mutator { kind: parser.kind, seeds, words }
    }

    /// The input of a number.
    pub(crate) fn input(&self, seed: u64, number: u64) -> Vec<u8> {
        let mut random = Random(Xoshiro256PlusPlus::seed_from_u64(
            seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number,
        ));
        let start = &self.seeds[random.below(self.seeds.len())];
        match self.kind {
            Kind::Text | Kind::TraceLines | Kind::Bytes | Kind::Xz => {
                self.mutated(start.clone(), &mut random)
            }
            Kind::Gzip if random.below(2) == 0 => {
                let text = self.mutated(start.clone(), &mut random);
                gzip(&text)
            }
            Kind::Gzip => self.mutated(gzip(start), &mut random),
            Kind::Trace => {
                let whole = random.below(4) == 0;
                if whole {
                    return self.mutated(start.clone(), &mut random);
                }
                mbt::mutated(start, |part, random| self.mutated(part, random), &mut random)
            }
        }
    }

    fn mutated(&self, mut input: Vec<u8>, random: &mut Random) -> Vec<u8> {
        // Half of the inputs have one mutation, so that what lies deep is reached.
        let more = if random.below(2) == 0 { 0 } else { random.below(MOST_MUTATIONS) };
        for _ in 0..=more {
            self.mutate(&mut input, random);
            input.truncate(LONGEST);
        }
        input
    }

    fn mutate(&self, input: &mut Vec<u8>, random: &mut Random) {
        let length = input.len();
        let at = random.below(length + 1);
        // Parts are short, but for one in eight.
        let longest = if random.below(8) == 0 { length - at } else { (length - at).min(32) };
        let end = at + random.below(longest + 1);
        match random.below(12) {
            0 if at < length => input[at] ^= 1 << random.below(8),
            1 if at < length => input[at] = random.below(256) as u8,
            2 => input.truncate(at),
            3 => drop(input.drain(at..end)),
            4 => {
                let part = input[at..end].to_vec();
                input.splice(at..at, part);
            }
            5 => {
                let other = &self.seeds[random.below(self.seeds.len())];
                let from = random.below(other.len() + 1);
                let to = from + random.below((other.len() - from).min(256) + 1);
                input.splice(at..end, other[from..to].iter().copied());
            }
            6 | 7 => {
                let (start, stop) = word_at(input, at);
                let word = &self.words[random.below(self.words.len())];
                input.splice(start..stop, word.iter().copied());
            }
            8 => {
                let (start, stop) = number_at(input, at);
                let number = EXTREMES[random.below(EXTREMES.len())];
                input.splice(start..stop, number.bytes());
            }
            9 => {
                let (start, stop) = line_at(input, at);
                let line = input[start..stop].to_vec();
                let to = line_at(input, random.below(length + 1)).0;
                input.splice(to..to, line);
            }
            10 => {
                let (start, stop) = line_at(input, at);
                input.drain(start..stop);
            }
            _ => {
                let bytes = [0, 0xFF, 0x80, b'"', b',', b'\n', b'{', b'['];
                let byte = bytes[random.below(bytes.len())];
                let times = 1 + random.below(4);
                input.splice(at..at, std::iter::repeat_n(byte, times));
            }
        }
    }
}

/// Random numbers of one input.
pub(crate) struct Random(Xoshiro256PlusPlus);

impl Random {
    /// A number below a bound over 0, or 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound.max(1) as u64) as usize
    }
}

/// The files of a folder of the crate, in the order of their names.
fn files_in(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{} holds seeds: {error}", folder.display()));
    let mut paths: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'-' | b'_' | b'.' | b'/')
}

fn words_of(text: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let words = text.split(|&byte| !is_word(byte));
    words.filter(|word| !word.is_empty() && word.len() < 64).map(<[u8]>::to_vec)
}

fn part_at(input: &[u8], at: usize, inside: fn(u8) -> bool) -> (usize, usize) {
    let start = input[..at].iter().rposition(|&byte| !inside(byte)).map_or(0, |before| before + 1);
    let stop = input[at..].iter().position(|&byte| !inside(byte)).map_or(input.len(), |to| at + to);
    (start, stop)
}

fn word_at(input: &[u8], at: usize) -> (usize, usize) {
    part_at(input, at, is_word)
}

/// The next number from a place on, or the place.
fn number_at(input: &[u8], at: usize) -> (usize, usize) {
    match input[at..].iter().position(u8::is_ascii_digit) {
        Some(to) => part_at(input, at + to, |byte| byte.is_ascii_digit()),
        None => (at, at),
    }
}

fn line_at(input: &[u8], at: usize) -> (usize, usize) {
    let (start, stop) = part_at(input, at, |byte| byte != b'\n');
    (start, (stop + 1).min(input.len()))
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text).expect("memory can be written to");
    packer.finish().expect("memory can be written to")
}
