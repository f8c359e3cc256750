//! Times on screen: the clock of a run and the labels of the latency axis. All other figures are
//! spelled by `mapbench_results::units`, as in the final table.

/// A latency as the label of an axis: `50ns`, `1µs`, `5ms`.
pub(crate) fn axis_ns(ns: f64, ascii: bool) -> String {
    let micro = if ascii { "us" } else { "µs" };
    let (scaled, unit) = match ns {
        ns if ns < 999.0 => (ns, "ns"),
        ns if ns < 999e3 => (ns / 1e3, micro),
        ns if ns < 999e6 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    format!("{scaled:.0}{unit}")
}

/// A length of time as minutes and seconds, `00:42`; hours before them where there are any.
pub(crate) fn clock(ns: u64) -> String {
    let seconds = ns / 1_000_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_labels_are_short() {
        assert_eq!(axis_ns(50.0, false), "50ns");
        assert_eq!(axis_ns(1_000.0, false), "1µs");
        assert_eq!(axis_ns(1_000.0, true), "1us");
        assert_eq!(axis_ns(5e6, true), "5ms");
        assert_eq!(clock(42_000_000_000), "00:42");
        assert_eq!(clock(3_661_000_000_000), "1:01:01");
    }
}
