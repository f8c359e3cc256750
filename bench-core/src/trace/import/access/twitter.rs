//! Reads the traces of Twitter's cache clusters: `timestamp,key,key size,value size,client,op,TTL`,
//! one request per line, without a header. Keys may hold commas, so fields count from the right.
//! Source: Yang, Yue, Rashmi: "A large scale analysis of hundreds of in-memory cache clusters at
//! Twitter", OSDI 2020, and the README of github twitter/cache-trace.

use std::io::Read;

use super::{Access, Accesses};
use crate::trace::import::input::Lines;
use crate::trace::import::interner::hash_of;
use crate::trace::import::pace::Speed;
use crate::trace::import::{ImportError, Place};

/// Longest line.
const LONGEST_LINE: u64 = 1 << 20;
const FIELDS: usize = 7;

pub(super) fn read(input: impl Read, accesses: &mut Accesses<'_>) -> Result<(), ImportError> {
    let mut lines = Lines::new(input, LONGEST_LINE);
    loop {
        let number = lines.number + 1;
        let line = lines
            .next()
            .map_err(|error| ImportError::read(accesses.label, Place::Line(number), &error))?;
        let Some(line) = line else { return Ok(()) };
        accesses.rows += 1;
        if line.is_empty() {
            accesses.skip("empty line");
            continue;
        }
        let request = Request::parse(line).map_err(|what| ImportError::Bad {
            label: accesses.label.to_owned(),
            at: Place::Line(number),
            what,
        })?;
        let Some(access) = access_of(request.op) else {
            accesses.skip("another op");
            continue;
        };
        accesses.add(access, hash_of(request.key), || Place::Line(number))?;
        if accesses.options.speed != Speed::AsFastAsPossible {
            keep_time(accesses, request.at_s);
        }
    }
}

/// Requests of several threads may stand a little out of order: they keep the order of the file.
fn keep_time(accesses: &mut Accesses<'_>, at_s: i64) {
    let at_ns = at_s.saturating_mul(1_000_000_000);
    let before_ns = accesses.times_ns.last().copied().unwrap_or(at_ns);
    accesses.out_of_order += u64::from(at_ns < before_ns);
    accesses.times_ns.push(at_ns.max(before_ns));
}

fn access_of(op: &[u8]) -> Option<Access> {
    Some(match op {
        b"get" | b"gets" => Access::Read,
        b"set" => Access::Set,
        b"add" => Access::Add,
        b"replace" => Access::Replace,
        b"cas" | b"append" | b"prepend" | b"incr" | b"decr" => Access::Change,
        b"delete" => Access::Delete,
        _ => return None,
    })
}

struct Request<'l> {
    at_s: i64,
    key: &'l [u8],
    op: &'l [u8],
}

impl<'l> Request<'l> {
    fn parse(line: &'l [u8]) -> Result<Self, String> {
        let mut from_right = line.rsplitn(FIELDS - 1, |&byte| byte == b',');
        let mut right = [&[][..]; FIELDS - 2];
        for field in &mut right {
            *field = from_right.next().unwrap_or_default();
        }
        let Some((at, key)) = from_right.next().and_then(|rest| {
            let comma = rest.iter().position(|&byte| byte == b',')?;
            Some((&rest[..comma], &rest[comma + 1..]))
        }) else {
            let found = line.split(|&byte| byte == b',').count();
            return Err(format!(
                "has {found} fields where a request has {FIELDS}; is the file cut off there? copy \
                 it again or delete the line"
            ));
        };
        let at_s = std::str::from_utf8(at).ok().and_then(|at| at.trim().parse().ok());
        let at_s = at_s.ok_or_else(|| {
            let shown: String = String::from_utf8_lossy(at).chars().take(40).collect();
            format!("begins with `{shown}`, which is not a time in whole seconds")
        })?;
        Ok(Request { at_s, key, op: right[1].trim_ascii() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_hold_commas_and_fields_may_not_be_missing() {
        let request = Request::parse(b"12,a,b,,3,4,5,get,0").unwrap();
        assert_eq!((request.at_s, request.key, request.op), (12, &b"a,b,"[..], &b"get"[..]));
        assert!(Request::parse(b"12,a,3,4,5,get").err().unwrap().contains("has 6 fields"));
        assert!(Request::parse(b"soon,a,3,4,5,get,0").err().unwrap().contains("`soon`"));
    }
}
