//! How figures are spelled for people: few digits, one unit letter. Files get plain integers
//! instead; nothing here is read back.

/// Percentiles below this are near the resolution of the clock, and wear a badge. Nanoseconds.
pub const CLOCK_BADGE_NS: u64 = 100;

/// Which characters may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charset {
    /// Everything.
    #[default]
    Utf8,
    /// ASCII only.
    Ascii,
}

impl Charset {
    /// The letter of a millionth.
    pub const fn micro(self) -> &'static str {
        match self {
            Charset::Utf8 => "µ",
            Charset::Ascii => "u",
        }
    }

    /// Plus or minus.
    pub const fn plus_minus(self) -> &'static str {
        match self {
            Charset::Utf8 => "±",
            Charset::Ascii => "+-",
        }
    }

    /// What stands between the parts of a line.
    pub const fn separator(self) -> &'static str {
        match self {
            Charset::Utf8 => " · ",
            Charset::Ascii => ", ",
        }
    }

    /// A horizontal rule, one column of it.
    pub const fn rule(self) -> &'static str {
        match self {
            Charset::Utf8 => "─",
            Charset::Ascii => "-",
        }
    }

    /// What stands where a figure does not exist.
    pub const fn absent(self) -> &'static str {
        match self {
            Charset::Utf8 => "–",
            Charset::Ascii => "-",
        }
    }
}

/// A time in its natural unit: `61n`, `2.1µ`, `88µ`, `9.8m`, `1.2s`, `90s`.
pub fn time(ns: u64, charset: Charset) -> String {
    let units = [(1.0, "n"), (1e3, charset.micro()), (1e6, "m"), (1e9, "s")];
    let value = ns as f64;
    let mut spelled = String::new();
    for (scale, unit) in units {
        spelled = format!("{}{unit}", two_digits(value / scale));
        // Compare after rounding: 999.9 µs is `1.0m`, not `1000µ`.
        if two_digits(value / scale).len() <= 3 {
            break;
        }
    }
    spelled
}

/// One decimal below ten, none from there; none for whole nanoseconds either.
fn two_digits(value: f64) -> String {
    let whole = value.fract() == 0.0 && value < 10.0;
    if value < 9.95 && !whole { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// A latency percentile: [`time`], with `~` in front below [`CLOCK_BADGE_NS`].
pub fn percentile(ns: u64, charset: Charset) -> String {
    let badge = if ns < CLOCK_BADGE_NS { "~" } else { "" };
    format!("{badge}{}", time(ns, charset))
}

/// A throughput in millions of ops per second: `17.9`, `123`, `0.45`, `0.0012`.
pub fn mops(ops_per_sec: f64) -> String {
    let value = ops_per_sec / 1e6;
    format!("{value:.*}", decimals(value))
}

/// A figure on the scale of another: the half width of an interval beside its median.
pub fn mops_like(ops_per_sec: f64, beside: f64) -> String {
    format!("{:.*}", decimals(beside / 1e6), ops_per_sec / 1e6)
}

/// A number of things per second, three digits and a letter: `8.12`, `812`, `6420`, `64.2k`, `1.23M`.
pub fn rate(per_sec: f64) -> String {
    rate_like(per_sec, per_sec)
}

/// A figure on the scale of another: the half width of an interval beside its median.
pub fn rate_like(per_sec: f64, beside: f64) -> String {
    let (scale, letter) = match beside.abs() {
        v if v >= 999_500.0 => (1e6, "M"),
        v if v >= 9_999.5 => (1e3, "k"),
        _ => (1.0, ""),
    };
    format!("{:.*}{letter}", decimals(beside / scale), per_sec / scale)
}

/// How many there are: whole to four digits, then with a letter: `8`, `9876`, `55.0k`.
pub fn count(number: u64) -> String {
    if number < 10_000 { number.to_string() } else { rate(number as f64) }
}

/// Decimals that leave about three significant digits.
fn decimals(value: f64) -> usize {
    match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        v if v >= 0.0995 => 2,
        v if v >= 0.0095 => 3,
        v if v > 0.0 => 4,
        _ => 1,
    }
}

/// A share as a percentage: `90.0`.
pub fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

/// Bytes per entry: `41`, `41.3` below ten.
pub fn bytes(bytes: f64) -> String {
    if bytes < 9.95 { format!("{bytes:.1}") } else { format!("{bytes:.0}") }
}

/// A size in MiB without its unit, three digits: `0.5`, `34.0`, `1024`.
pub fn mebibytes(bytes: f64) -> String {
    let value = bytes / f64::from(1 << 20);
    if value == 0.0 { "0".to_owned() } else { format!("{value:.*}", decimals(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_two_digits_or_three_and_a_unit() {
        let spelled = [
            (0, "0n"),
            (7, "7n"),
            (61, "61n"),
            (999, "999n"),
            (1_000, "1µ"),
            (2_099, "2.1µ"),
            (9_960, "10µ"),
            (88_123, "88µ"),
            (410_000, "410µ"),
            (999_600, "1.0m"),
            (9_800_000, "9.8m"),
            (1_250_000_000, "1.2s"),
            (90_000_000_000, "90s"),
            (3_600_000_000_000, "3600s"),
        ];
        for (ns, expected) in spelled {
            assert_eq!(time(ns, Charset::Utf8), expected, "{ns} ns");
        }
        assert_eq!(time(2_100, Charset::Ascii), "2.1u");
    }

    #[test]
    fn percentiles_near_the_clocks_resolution_wear_a_badge() {
        assert_eq!(percentile(61, Charset::Utf8), "~61n");
        assert_eq!(percentile(100, Charset::Utf8), "100n");
    }

    #[test]
    fn rates_have_three_digits_and_a_letter() {
        let spelled = [
            (0.0, "0.0"),
            (8.123, "8.12"),
            (812.4, "812"),
            (6_420.4, "6420"),
            (9_999.6, "10.0k"),
            (64_240.0, "64.2k"),
            (642_400.0, "642k"),
            (999_600.0, "1.00M"),
        ];
        for (per_sec, expected) in spelled {
            assert_eq!(rate(per_sec), expected);
        }
        assert_eq!(rate_like(310.0, 64_240.0), "0.3k");
        assert_eq!([0, 9_999, 55_000].map(count), ["0", "9999", "55.0k"]);
    }

    #[test]
    fn throughputs_keep_about_three_digits() {
        let spelled = [
            (123.4e6, "123"),
            (17.94e6, "17.9"),
            (6.2e6, "6.20"),
            (0.451e6, "0.45"),
            (1_234.0, "0.0012"),
            (0.0, "0.0"),
        ];
        for (ops_per_sec, expected) in spelled {
            assert_eq!(mops(ops_per_sec), expected);
        }
        assert_eq!(mops_like(0.2e6, 17.9e6), "0.2");
        let mib = f64::from(1 << 20);
        assert_eq!(
            [0.0, 0.5, 34.0, -1024.0].map(|size| mebibytes(size * mib)),
            ["0", "0.50", "34.0", "-1024"]
        );
    }
}
