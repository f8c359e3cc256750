//! A soak of hours keeps constant memory. Alone in its process, because it looks at the memory of
//! the process.

mod sample;

use mapbench_core::event::RunEvent;
use mapbench_results::RunSummary;

/// Resident memory of this process in bytes; `None` where the system does not tell.
fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[test]
fn a_hundred_thousand_rounds_take_no_more_memory_than_ten_thousand() {
    let begin = sample::begin(vec![sample::composite_cell(0, "sharded")]);
    let mut summary = RunSummary::new(&begin);
    let mut report = Box::new(sample::composite_round(0, 0, 1_000_000));
    let latencies = report.classes.clone();
    let mut early = None;
    for n in 0..100_000 {
        report.n = n;
        // Every tenth round brings latencies: decoding them takes most of this test's time.
        report.classes = if n % 10 == 0 { latencies.clone() } else { Vec::new() };
        report.started_ns = u64::from(n) * 250_000_000;
        report.ops = 1_000_000 + u64::from(n % 1_000);
        let event = RunEvent::Round { cell: 0, fork: 0, report };
        summary.apply(&event);
        let RunEvent::Round { report: back, .. } = event else { unreachable!() };
        report = back;
        if n == 10_000 {
            summary.cells()[0].row();
            early = resident_bytes();
        }
    }
    let cell = &summary.cells()[0];
    assert_eq!(cell.row().rounds, 100_000);
    assert!(cell.series().len() <= 1_024 && cell.samples().len() <= 512);
    let last = cell.series().last().expect("points");
    assert_eq!(last.at_ns, 99_999 * 250_000_000 + report.elapsed_ns, "the end is on the screen");
    let median = cell.row().ops_per_sec_median.expect("a median");
    assert!((median / (1_000_500.0 * 5.0) - 1.0).abs() < 1e-4, "{median}");
    if let (Some(early), Some(late)) = (early, resident_bytes()) {
        println!("resident after 10k rounds {early}, after 100k {late}");
        assert!(late < early + (1 << 20), "grew by {} bytes", late - early);
    }
}
