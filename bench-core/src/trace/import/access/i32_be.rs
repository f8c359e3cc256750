//! Reads big-endian 32-bit keys, four bytes per access, as cache2k's traces are.

use std::io::{ErrorKind, Read};

use super::{Access, Accesses};
use crate::trace::import::{ImportError, Place};

const RECORD_BYTES: usize = 4;

pub(super) fn read(mut input: impl Read, accesses: &mut Accesses<'_>) -> Result<(), ImportError> {
    let mut buffer = vec![0; 64 << 10];
    let (mut offset, mut held) = (0_u64, 0);
    loop {
        let count = match input.read(&mut buffer[held..]) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                let at = Place::Byte(offset + held as u64);
                return Err(ImportError::read(accesses.label, at, &error));
            }
        };
        if count == 0 {
            break;
        }
        held += count;
        let (records, rest) = buffer[..held].as_chunks::<RECORD_BYTES>();
        for (index, record) in records.iter().enumerate() {
            let at = || Place::Byte(offset + (index * RECORD_BYTES) as u64);
            accesses.rows += 1;
            accesses.add(Access::Read, u64::from(u32::from_be_bytes(*record)), at)?;
        }
        offset += (records.len() * RECORD_BYTES) as u64;
        let rest = rest.len();
        buffer.copy_within(held - rest..held, 0);
        held = rest;
    }
    if held > 0 {
        return Err(ImportError::Bad {
            label: accesses.label.to_owned(),
            at: Place::Byte(offset),
            what: format!(
                "the last access has {held} of its {RECORD_BYTES} bytes; is the file cut off \
                 there? copy it again, or cut it to {offset} bytes"
            ),
        });
    }
    Ok(())
}
