//! The axis of any key of a scenario file: what `--set` takes, with the point for a value.

use super::ruler::{ANY, round_trip};
use super::{Axis, AxisError, Ruler};
use crate::scenario::{Scenario, Setting};

/// The scenario with the key at a value.
pub(super) fn scenario_at(
    axis: &Axis,
    scenario: &Scenario,
    path: &str,
    x: f64,
) -> Result<Scenario, AxisError> {
    let setting = Setting::new(path, &round_trip(x));
    let mut point = scenario.with_settings(&[setting]).map_err(|source| AxisError::Setting {
        axis: axis.clone(),
        scenario: scenario.name.clone(),
        source: Box::new(source),
    })?;
    point.workload.take_supplied(&scenario.workload);
    Ok(point)
}

/// The number that the file has for the key.
pub(super) fn value_in(scenario: &Scenario, path: &str) -> Option<f64> {
    Setting::new(path, "0").number_in(scenario)
}

/// Whole where the key takes its own value as an integer, but not with a fraction.
pub(super) fn ruler(scenario: &Scenario, path: &str) -> Ruler {
    let takes = |text: &str| scenario.with_settings(&[Setting::new(path, text)]).is_ok();
    let own = value_in(scenario, path).unwrap_or(1.0);
    let whole = takes(&round_trip(own)) && !takes(&format!("{own:.1}"));
    Ruler { whole, ..ANY }
}
