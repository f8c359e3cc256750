//! The highest offered load that keeps a percentile of latency, counted from the intended start,
//! within a limit. A queue's percentile grows as idle / (1 − r/c) with the load r, exactly so for
//! M/M/1 (Kleinrock, *Queueing Systems* I (1975), section 3.2), so log p = a − b log(1 − r/c) is
//! fitted by least squares, with b = 1 while observations are few, and solved for the limit. The interval holds the loads that an F test
//! of the fit forced through (load, limit) does not reject (profile likelihood, Bates and Watts,
//! *Nonlinear Regression Analysis* (1988), section 6.1). Where the residuals say that this is no
//! such queue, the load is bisected with probabilities instead. Reads points, offers no load.

use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::bisection::Posterior;
use super::queue_fit::{QueueData, QueueFit};
use super::{Curve, Definition, Finding, Location, ModelLine, Scale, Side};

/// Chance that an interval leaves out the true load.
const ALPHA: f64 = 0.05;
/// Level at which the model is given up for its residuals.
const MISFIT_ALPHA: f64 = 0.01;
/// Noise of a single observation, as a log, that no visit should have: beyond it, the model is
/// given up although repeated visits do not disprove it.
const MOST_DEVIATION: f64 = 0.5;
/// Unsaturated observations without which no queue is fitted.
const FEWEST_FITTED: usize = 4;
/// Points of the drawn model.
const DRAWN: u32 = 65;

/// The SLO load of a curve of a percentile in nanoseconds over offered loads. Observations that
/// are saturated count as above the limit whatever their latency.
pub fn slo_load(curve: &Curve, limit: f64, scale: Scale) -> Finding {
    let data = QueueData::of(curve, limit);
    let finding = |location, model| Finding {
        definition: Definition::SloLoad,
        subjects: vec![curve.subject.clone()],
        placement: None,
        location,
        visits: curve.observations.len() as u32,
        points: curve.points().len() as u32,
        model,
    };
    if let Some(location) = out_of_range(curve, limit) {
        return finding(location, None);
    }
    if data.fitted.len() >= FEWEST_FITTED
        && let Some(fit) = QueueFit::of(&data)
        && !is_misfit(&data, &fit)
        && let Some(location) = profile(curve, &data, &fit)
    {
        return finding(location, Some(model(curve, &fit, scale)));
    }
    finding(bisected(curve, limit, scale), None)
}

/// Where all observations are on one side of the limit.
fn out_of_range(curve: &Curve, limit: f64) -> Option<Location> {
    if curve.observations.is_empty() {
        return Some(Location::Unresolved { why: "nothing was measured".to_string() });
    }
    let missed = curve.observations.iter().filter(|seen| seen.saturated || seen.y > limit).count();
    if missed == 0 {
        return Some(Location::BeyondRange { side: Side::Above });
    }
    (missed == curve.observations.len()).then_some(Location::BeyondRange { side: Side::Below })
}

/// Whether the residuals are too large for noise: compared with what repeated visits of a point
/// differ by where there are such, else by their size alone.
fn is_misfit(data: &QueueData, fit: &QueueFit) -> bool {
    let df = data.df();
    if df >= 1.0 && (fit.squares / df).sqrt() > MOST_DEVIATION {
        return true;
    }
    let (pure, pure_df) = data.pure_error();
    let lack_df = df - pure_df;
    if df < 1.0 || pure_df < 2.0 || lack_df < 1.0 || pure <= 0.0 {
        return false;
    }
    let f = ((fit.squares - pure) / lack_df) / (pure / pure_df);
    FisherSnedecor::new(lack_df, pure_df).is_ok_and(|law| f > law.inverse_cdf(1.0 - MISFIT_ALPHA))
}

/// The fitted load with the loads that an F test keeps.
fn profile(curve: &Curve, data: &QueueData, fit: &QueueFit) -> Option<Location> {
    let (lowest, highest) = curve.range()?;
    let point = fit.load_at(data.log_limit)?;
    if point < lowest {
        return None;
    }
    let df = data.df();
    if df < 1.0 {
        return None;
    }
    let f = FisherSnedecor::new(1.0, df).ok()?.inverse_cdf(1.0 - ALPHA);
    let worst = fit.squares * (1.0 + f / df);
    let kept = |load: f64| data.squares_through(load) <= worst;
    let low = edge(point, lowest, &kept);
    let high = edge(point, highest.min(data.most_capacity), &kept);
    Some(Location::Found { point, low, high })
}

/// The last load from one that is kept towards a bound that may not be, by bisection.
fn edge(kept_load: f64, bound: f64, kept: &impl Fn(f64) -> bool) -> f64 {
    // In steps first, so that a gap far away is not taken for the edge.
    let (mut inside, mut outside) = (kept_load, bound);
    for step in 1..=32 {
        let load = kept_load + (bound - kept_load) * (f64::from(step) / 32.0).powi(2);
        if kept(load) {
            inside = load;
        } else {
            outside = load;
            break;
        }
    }
    for _ in 0..30 {
        let middle = f64::midpoint(inside, outside);
        if kept(middle) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    inside
}

fn model(curve: &Curve, fit: &QueueFit, scale: Scale) -> ModelLine {
    let (lowest, highest) = curve.range().unwrap_or((fit.capacity, fit.capacity));
    let low = scale.position(lowest);
    let high = scale.position(highest.min(fit.capacity * 0.999));
    ModelLine {
        parameters: vec![
            ("idle_ns".to_string(), fit.log_idle.exp()),
            ("capacity".to_string(), fit.capacity),
            ("exponent".to_string(), fit.exponent),
        ],
        line: (0..DRAWN)
            .map(|step| low + (high - low) * f64::from(step) / f64::from(DRAWN - 1))
            .map(|position| scale.value(position))
            .map(|load| (load, fit.log_latency(load).exp()))
            .collect(),
    }
}

fn bisected(curve: &Curve, limit: f64, scale: Scale) -> Location {
    let Some(posterior) = Posterior::of(curve, limit, scale) else {
        let why = "one load alone was measured".to_string();
        return Location::Unresolved { why };
    };
    let quantile = |share: f64| scale.value(posterior.quantile(share));
    Location::Found {
        point: quantile(0.5),
        low: quantile(ALPHA / 2.0),
        high: quantile(1.0 - ALPHA / 2.0),
    }
}

#[cfg(test)]
#[path = "slo_tests.rs"]
mod tests;
