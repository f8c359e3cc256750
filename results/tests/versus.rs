//! Ratios of two adapters pair what ran side by side, setting by setting.

mod sample;

use mapbench_core::event::RunEvent;
use mapbench_results::RunSummary;
use mapbench_results::versus::versus;

fn summary() -> RunSummary {
    let (mut begin, _) = sample::events();
    begin.cells[1].tuning.shards = Some(256);
    begin.cells[3].tuning.shards = Some(256);
    let mut summary = RunSummary::new(&begin);
    for fork in 0..2 {
        for n in 0..3 {
            // The machine drifts; the pairs do not notice. One of four cells is half as fast.
            let drift = 1_000_000 + u64::from(n) * 400_000;
            for (cell, factor) in [(0, 4), (1, 2), (2, 4), (3, 4)] {
                let report = Box::new(sample::round(n, drift * factor, None));
                summary.apply(&RunEvent::Round { cell, fork, report });
            }
        }
    }
    summary
}

#[test]
fn ratios_are_paired_within_a_setting_and_averaged_over_settings() {
    let versus = versus(&summary(), "sharded", "dashmap/v6 (shards 256)");
    let ratios: Vec<f64> =
        versus.settings.iter().map(|(_, ratio)| ratio.expect("a ratio").ratio).collect();
    assert!((ratios[0] - 2.0).abs() < 1e-9 && (ratios[1] - 1.0).abs() < 1e-9, "{ratios:?}");
    let mean = versus.geometric_mean.expect("a mean");
    assert!((mean.ratio - 2.0_f64.sqrt()).abs() < 1e-9);
    assert!(mean.interval.expect("an interval").half_width() < 1e-9, "drift cancels");
    let text = versus.describe();
    assert!(text.contains("2.000x [2.000 to 2.000] of 6 pairs  curated/read-heavy · 1 thread"));
    assert!(text.contains("1.414x [1.414 to 1.414] of 6 pairs  geometric mean of 2 settings"));
}

#[test]
fn adapters_without_a_common_setting_have_no_ratio() {
    let versus = versus(&summary(), "sharded", "dashmap/v6");
    assert_eq!((versus.settings.len(), versus.geometric_mean), (0, None));
}
