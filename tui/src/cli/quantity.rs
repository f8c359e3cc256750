//! Quantities on the command line: durations as `500ms`, `2s`, `1m`; sizes as `512M`, `8G`.

/// Parses a duration above zero into nanoseconds.
pub(crate) fn duration_ns(text: &str) -> Result<u64, String> {
    let units: [(&str, f64); 6] =
        [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];
    let ns = scaled(text, &units).ok_or("write a number and a unit, as `500ms`, `2s` or `1m`")?;
    if ns < 1.0 {
        return Err("must be longer than nothing, as `500ms`, `2s` or `1m`".to_owned());
    }
    if ns > 3.6e12 * 24.0 * 365.0 {
        return Err("is longer than a year; write less, as `30s` or `10m`".to_owned());
    }
    Ok(ns as u64)
}

/// Parses a size into bytes; K, M, G and T are powers of 1024.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let kib = 1024.0_f64;
    let plain = text.strip_suffix("iB").or_else(|| text.strip_suffix('B')).unwrap_or(text);
    let units: [(&str, f64); 5] =
        [("K", kib), ("M", kib.powi(2)), ("G", kib.powi(3)), ("T", kib.powi(4)), ("", 1.0)];
    let bytes = scaled(plain, &units).ok_or("write a number and a unit, as `512M` or `8G`")?;
    if !(1.0..1e18).contains(&bytes) {
        return Err("must lie between 1 byte and 1 EB, as `512M` or `8G`".to_owned());
    }
    Ok(bytes as u64)
}

/// Parses a plain number; k, M and G are powers of 1000. `None` if it is none.
pub(crate) fn number(text: &str) -> Option<f64> {
    scaled(text, &[("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9)])
}

/// Parses a rate per second; k, M and G are powers of 1000.
pub(crate) fn per_second(text: &str) -> Result<f64, String> {
    let plain = text.strip_suffix("/s").unwrap_or(text);
    let rate = number(plain).ok_or("write a number per second, as `810`, `10k` or `1.5M`")?;
    if !(1e-3..=1e9).contains(&rate) {
        return Err("must lie between 0.001 and 1G per second, as `810` or `100k`".to_owned());
    }
    Ok(rate)
}

/// Nanoseconds as people write them.
pub(crate) fn show_ns(ns: u64) -> String {
    match ns {
        0..1_000_000 => format!("{:.1} µs", ns as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.0} ms", ns as f64 / 1e6),
        1_000_000_000..120_000_000_000 => format!("{:.1} s", ns as f64 / 1e9),
        _ => format!("{} min {} s", ns / 60_000_000_000, ns / 1_000_000_000 % 60),
    }
}

/// Bytes as people write them.
pub(crate) fn show_bytes(bytes: u64) -> String {
    if bytes < 10 << 30 {
        format!("{} MiB", bytes.div_ceil(1 << 20))
    } else {
        format!("{:.1} GiB", bytes as f64 / (1_u64 << 30) as f64)
    }
}

fn scaled(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let (_, scale) = units.iter().find(|(name, _)| *name == unit.trim())?;
    Some(number * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_something_to_measure() {
        assert_eq!(duration_ns("500ms"), Ok(500_000_000));
        assert_eq!(duration_ns("1.5s"), Ok(1_500_000_000));
        assert_eq!(duration_ns("1m"), Ok(60_000_000_000));
        for wrong in ["", "2", "s", "-1s", "2 parsecs", "0s", "1e3s", "99999999h"] {
            assert!(duration_ns(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rates_are_per_second_in_powers_of_1000() {
        assert_eq!(["810", "10k", "1.5M/s"].map(per_second), [Ok(810.0), Ok(1e4), Ok(1.5e6)]);
        for wrong in ["", "k", "10K", "0", "-1", "2G", "1e3"] {
            assert!(per_second(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!(bytes("512M"), Ok(512 << 20));
        assert_eq!(bytes("8GiB"), Ok(8 << 30));
        assert_eq!(bytes("4096"), Ok(4096));
        for wrong in ["", "G", "8X", "0", "-1G"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
