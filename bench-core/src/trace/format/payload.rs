//! The payload of a block, both ways: event marks and records as bytes. Every delta begins anew with
//! the block, so that each can be read without the ones before. Knows no file and no checksum.

use crate::op::{MAX_KEYS, MAX_MAPS, OpKind, OpWord, TABLE};
use crate::trace::{MapSpec, Stream};

/// Longest event mark with its record: mark, number and predecessor of five bytes each, time of
/// ten, op, key delta and count of five each.
pub(super) const LONGEST_BYTES: usize = 32;

/// The high half of an event mark: the escape op code.
const MARK: u8 = 0xF0;
/// Flag of a mark: a time delta follows.
const TIMED: u8 = 8;
/// Mask of a mark's order code: 0 for an event without a number, else 1 + [`EXPLICIT`] if the
/// number is spelled out + how the predecessor is spelled.
const ORDER: u8 = 7;
const EXPLICIT: u8 = 3;
/// The event follows the one with the number before its own.
const FOLLOWS_PREVIOUS: u8 = 0;
/// How far back the event that it follows is, is spelled out.
const FOLLOWS_EARLIER: u8 = 1;
/// The event follows none.
const FOLLOWS_NONE: u8 = 2;

/// Turns events and records into the payload of one block.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    payload: Vec<u8>,
    records: u32,
    last_keys: [u32; MAX_MAPS],
    next_number: u32,
    last_time_ns: u64,
}

impl Encoder {
    /// An encoder with room for some bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Encoder { payload: Vec::with_capacity(bytes), ..Encoder::default() }
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.payload.len()
    }

    /// Says that the next record begins an event.
    pub(super) fn event(&mut self, stream: &Stream, event: usize) {
        let mark_at = self.payload.len();
        self.payload.push(MARK);
        let mut flags = 0;
        if let (Some(&number), Some(&follows)) =
            (stream.numbers.get(event), stream.follows.get(event))
        {
            flags = 1;
            let delta = number.wrapping_sub(self.next_number);
            if delta != 0 {
                flags += EXPLICIT;
                self.leb128(u64::from(delta));
            }
            self.next_number = number.wrapping_add(1);
            flags += match number.wrapping_sub(follows) {
                _ if follows == Stream::FREE => FOLLOWS_NONE,
                1 => FOLLOWS_PREVIOUS,
                back => {
                    self.leb128(u64::from(back));
                    FOLLOWS_EARLIER
                }
            };
        }
        if let Some(&time_ns) = stream.times_ns.get(event) {
            flags |= TIMED;
            self.leb128(time_ns.wrapping_sub(self.last_time_ns));
            self.last_time_ns = time_ns;
        }
        self.payload[mark_at] |= flags;
    }

    /// Appends a record; `range` is the count of a range.
    #[inline]
    pub(super) fn record(&mut self, op: OpWord, range: Option<u32>) {
        self.payload.push((op.0 >> 24) as u8);
        let last = &mut self.last_keys[op.map()];
        // Keys have 24 bits: their difference fits.
        let delta = op.key().cast_signed() - last.cast_signed();
        *last = op.key();
        self.leb128(u64::from(zigzag(delta)));
        if let Some(count) = range {
            self.leb128(u64::from(count));
        }
        self.records += 1;
    }

    /// The payload and its number of records.
    pub(super) fn finish(self) -> (Vec<u8>, u32) {
        (self.payload, self.records)
    }

    #[inline]
    fn leb128(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.payload.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.payload.push(number as u8);
    }
}

/// Appends the events and records of a payload to its stream; returns records and ops. What is
/// appended are ops on keys that exist, and events begin with ops.
pub(super) fn decode(
    payload: &[u8],
    maps: &[MapSpec],
    stream: &mut Stream,
) -> Result<(u32, u64), String> {
    let mut bytes = Bytes(payload);
    // Maps that do not exist have no keys.
    let mut keys = [0_u32; MAX_MAPS];
    keys.iter_mut().zip(maps).for_each(|(keys, spec)| *keys = spec.keys);
    let mut last_keys = [0_u32; MAX_MAPS];
    let (mut next_number, mut last_time_ns) = (0, 0);
    let (mut ops, mut records) = (0, 0_u32);
    while !bytes.0.is_empty() {
        let mut code = bytes.byte()?;
        if code & MARK == MARK {
            decode_event(code, &mut bytes, stream, &mut next_number, &mut last_time_ns)?;
            code = bytes.byte()?;
        }
        let map = usize::from(code & 15);
        let key = last_keys[map].wrapping_add_signed(unzigzag(bytes.u32()?));
        let is_range = code >> 4 == OpKind::Range as u8;
        let count = if is_range { bytes.u32()? } else { 1 };
        let is_op = usize::from(code >> 4) < TABLE.len();
        if !is_op || key >= keys[map] || count == 0 || count > MAX_KEYS {
            return Err(refusal(code, key, count, maps));
        }
        last_keys[map] = key;
        stream.words.push(u32::from(code) << 24 | key);
        if is_range {
            stream.words.push(count);
        }
        ops += u64::from(count);
        records += 1;
    }
    Ok((records, ops))
}

/// Why a record is none.
#[cold]
fn refusal(code: u8, key: u32, count: u32, maps: &[MapSpec]) -> String {
    match (OpKind::from_code(code >> 4), maps.get(usize::from(code & 15))) {
        (None, _) => format!("op byte {code:#04x}"),
        (_, None) => format!("there is no map {}", code & 15),
        (Some(kind), Some(spec)) => {
            format!("{} of {count} from key {key} on {}", kind.name(), spec.id)
        }
    }
}

fn decode_event(
    mark: u8,
    bytes: &mut Bytes<'_>,
    stream: &mut Stream,
    next_number: &mut u32,
    last_time_ns: &mut u64,
) -> Result<(), String> {
    stream.events.push(u32::try_from(stream.words.len()).map_err(|_| "too many ops")?);
    if let Some(order) = (mark & ORDER).checked_sub(1) {
        let delta = if order >= EXPLICIT { bytes.u32()? } else { 0 };
        let number = next_number.wrapping_add(delta);
        let follows = match order % EXPLICIT {
            _ if order >= 2 * EXPLICIT => return Err(format!("event mark {mark:#04x}")),
            FOLLOWS_PREVIOUS => number.checked_sub(1).ok_or("event 0 follows the one before it")?,
            FOLLOWS_NONE => Stream::FREE,
            _ => number.wrapping_sub(bytes.u32()?),
        };
        stream.numbers.push(number);
        stream.follows.push(follows);
        *next_number = number.wrapping_add(1);
    }
    if mark & TIMED != 0 {
        *last_time_ns = last_time_ns.wrapping_add(bytes.u64()?);
        stream.times_ns.push(*last_time_ns);
    }
    Ok(())
}

/// What is left of a payload.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    #[inline]
    fn byte(&mut self) -> Result<u8, &'static str> {
        let (&first, rest) = self.0.split_first().ok_or("a record without its end")?;
        self.0 = rest;
        Ok(first)
    }

    /// A number in LEB128.
    #[inline]
    fn u64(&mut self) -> Result<u64, &'static str> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err("a number over 64 bits")
    }

    /// The same of at most 32 bits: the hot one.
    #[inline]
    fn u32(&mut self) -> Result<u32, &'static str> {
        let mut number = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return u32::try_from(number).map_err(|_| OVER_32_BITS);
            }
        }
        Err(OVER_32_BITS)
    }
}

const OVER_32_BITS: &str = "a number over 32 bits";

fn zigzag(delta: i32) -> u32 {
    ((delta << 1) ^ (delta >> 31)).cast_unsigned()
}

fn unzigzag(number: u32) -> i32 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of one event of one get, after another of number 4 at 100 ns.
    fn second_event(number: u32, follows: u32, times_ns: &[u64]) -> Vec<u8> {
        let get = OpWord::new(OpKind::Get, 0, 0);
        let stream = Stream {
            numbers: vec![4, number],
            follows: vec![Stream::FREE, follows],
            times_ns: times_ns.to_vec(),
            ..Stream::default()
        };
        let mut encoder = Encoder::default();
        encoder.event(&stream, 0);
        encoder.record(get, None);
        let first = encoder.len();
        encoder.event(&stream, 1);
        encoder.record(get, None);
        encoder.finish().0.split_off(first)
    }

    #[test]
    fn an_event_says_no_more_than_it_must() {
        assert_eq!(second_event(5, 4, &[]), [0xF1, 0x00, 0x00]);
        assert_eq!(second_event(5, 3, &[]), [0xF2, 2, 0x00, 0x00]);
        assert_eq!(second_event(5, Stream::FREE, &[]), [0xF3, 0x00, 0x00]);
        assert_eq!(second_event(9, 8, &[]), [0xF4, 4, 0x00, 0x00]);
        assert_eq!(second_event(9, 4, &[]), [0xF5, 4, 5, 0x00, 0x00]);
        assert_eq!(second_event(9, Stream::FREE, &[]), [0xF6, 4, 0x00, 0x00]);
        assert_eq!(second_event(5, 4, &[100, 228]), [0xF9, 0x80, 0x01, 0x00, 0x00]);
    }

    #[test]
    fn the_longest_record_fits_its_bound() {
        let stream = Stream {
            numbers: vec![u32::MAX - 1],
            follows: vec![u32::MAX - 2 - (1 << 30)],
            times_ns: vec![u64::MAX],
            ..Stream::default()
        };
        let mut encoder = Encoder::default();
        encoder.event(&stream, 0);
        encoder.record(OpWord::new(OpKind::Range, 15, MAX_KEYS - 1), Some(u32::MAX));
        assert!(encoder.len() <= LONGEST_BYTES, "{}", encoder.len());
    }

    #[test]
    fn numbers_over_their_bits_are_refused() {
        let of = |bytes: &[u8]| (Bytes(bytes).u64(), Bytes(bytes).u32());
        let mut longest = [0xFF; 10];
        longest[9] = 0x01;
        assert_eq!(of(&longest), (Ok(u64::MAX), Err("a number over 32 bits")));
        longest[9] = 0x02;
        assert_eq!(of(&longest).0, Err("a number over 64 bits"));
        assert_eq!(of(&[0x80; 11]), (Err("a number over 64 bits"), Err("a number over 32 bits")));
        assert_eq!(of(&[0x80, 0x80, 0x80, 0x80, 0x10]).1, Err("a number over 32 bits"));
        assert_eq!(of(&[0x80]).0, Err("a record without its end"));
        assert_eq!(of(&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F]).1, Ok(u32::MAX));
    }
}
