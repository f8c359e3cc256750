//! Quantities that only sweeps take: ranges, latency limits, parts of a grid.

use mapbench_core::event::{Slo, SweepPart};

use crate::cli::quantity::{duration_ns, number};

/// Parses `LOW..HIGH`; k, M and G are powers of 1000.
pub(in crate::cli) fn range(text: &str) -> Result<(f64, f64), String> {
    let ends = text.split_once("..").and_then(|(low, high)| {
        let high = high.strip_prefix('=').unwrap_or(high);
        Some((number(low.trim())?, number(high.trim())?))
    });
    ends.ok_or_else(|| "write LOW..HIGH, as `1..64` or `1k..16M`".to_owned())
}

/// Parses `pPERCENTILE=TIME`.
pub(in crate::cli) fn slo(text: &str) -> Result<Slo, String> {
    let wrong = || "write a percentile and its limit, as `p99=50us`".to_owned();
    let (percentile, limit) = text.split_once('=').ok_or_else(wrong)?;
    let percentile = percentile.strip_prefix('p').and_then(|digits| digits.parse::<f64>().ok());
    let percentile = percentile.filter(|p| (1.0..100.0).contains(p)).ok_or_else(wrong)?;
    let limit_ns = duration_ns(limit).map_err(|error| format!("{}; {error}", wrong()))?;
    Ok(Slo { percentile, limit_ns })
}

/// Parses `hash:NUMBER/OF`.
pub(super) fn part(text: &str) -> Result<SweepPart, String> {
    let parts = text.strip_prefix("hash:").and_then(|fraction| {
        let (number, of) = fraction.split_once('/')?;
        Some((number.parse::<u32>().ok()?, of.parse::<u32>().ok()?))
    });
    match parts {
        Some((number, of)) if (1..=of).contains(&number) => Ok(SweepPart { number, of }),
        _ => Err("write hash:PART/PARTS, as `hash:1/4`".to_owned()),
    }
}

/// Parses half the width of an interval.
pub(super) fn precision(text: &str) -> Result<f64, String> {
    let number = number(text).filter(|width| *width > 0.0);
    number.ok_or_else(|| "write a number above 0, as `0.1`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_limits_and_parts_are_read_or_refused_with_what_to_write() {
        assert_eq!(range("1..64"), Ok((1.0, 64.0)));
        assert_eq!(range("1k..16M"), Ok((1e3, 16e6)));
        assert_eq!(range("0..=12.5"), Ok((0.0, 12.5)));
        assert_eq!(slo("p99.9=50us"), Ok(Slo { percentile: 99.9, limit_ns: 50_000 }));
        assert_eq!(part("hash:2/4"), Ok(SweepPart { number: 2, of: 4 }));
        for wrong in ["", "1", "..", "1..", "a..b", "1-64", "-1..4"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "99=50us", "p99", "p=1s", "p100=1s", "p99=50", "pinf=1s", "pNaN=1s"] {
            assert!(slo(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "1/4", "hash:0/4", "hash:5/4", "hash:1/0", "hash:1", "hash:a/b"] {
            assert!(part(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "0", "-1", "nan", "inf"] {
            assert!(precision(wrong).is_err(), "{wrong}");
        }
    }
}
