//! Reads one key per line. A key is any bytes; an empty line is none.

use std::io::Read;

use super::{Access, Accesses};
use crate::trace::import::input::Lines;
use crate::trace::import::interner::hash_of;
use crate::trace::import::{ImportError, Place};

/// Longest key.
const LONGEST_KEY: u64 = 1 << 20;

pub(super) fn read(input: impl Read, accesses: &mut Accesses<'_>) -> Result<(), ImportError> {
    let mut lines = Lines::new(input, LONGEST_KEY);
    loop {
        let number = lines.number + 1;
        let line = lines
            .next()
            .map_err(|error| ImportError::read(accesses.label, Place::Line(number), &error))?;
        let Some(key) = line else { return Ok(()) };
        accesses.rows += 1;
        if key.is_empty() {
            accesses.skip("empty line");
        } else {
            accesses.add(Access::Read, hash_of(key), || Place::Line(number))?;
        }
    }
}
