//! The parts of a series that are searched: seeded intervals, of lengths that fall by √2 and half
//! overlap. Some part holds each change with little else, however many there are; that is what
//! splitting at the strongest place again and again lacks, where two changes hide each other.
//!
//! Source: Kovács, Bühlmann, Li, Munk, *Seeded binary segmentation*, Biometrika 110 (2023), def. 1.

use std::ops::Range;

/// The parts of a series of `n` values, longest first, each of at least `least` values.
pub(super) fn intervals(n: usize, least: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut len = n as f64;
    while n > 0 && len >= least.max(2) as f64 {
        let whole = len.ceil() as usize;
        let count = (2.0 * (n as f64 / len).ceil() - 1.0) as usize;
        let step = if count > 1 { (n as f64 - len) / (count - 1) as f64 } else { 0.0 };
        for at in 0..count {
            let start = ((at as f64 * step).floor() as usize).min(n - whole);
            let part = start..start + whole;
            if found.last() != Some(&part) {
                found.push(part);
            }
        }
        len /= std::f64::consts::SQRT_2;
    }
    found
}
