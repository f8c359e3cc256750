//! Least squares of log p = a − log(1 − r/c): for each capacity c the best a is a mean, so that one
//! figure is searched. Saturated loads bound c from above, the largest load that was kept up with
//! from below. Judges no fit.

use super::Curve;

/// Of a capacity, how much above a saturated load it may be: a load counts as saturated when less
/// than 0.99 of it is achieved.
const SATURATED_MARGIN: f64 = 1.0 / 0.99;
/// Capacities tried between the bounds, before the best is refined.
const TRIED: u32 = 60;
/// Of the largest load, how many times a capacity may be where nothing bounds it.
const MOST_TIMES: f64 = 64.0;
/// Latencies so many times above or below the limit weigh half: they say less of where the limit is
/// met, and more of whether it is an M/M/1 queue.
const HALF_WEIGHT: f64 = 8.0;

/// What a queue is fitted to.
#[derive(Debug, Clone)]
pub(super) struct QueueData {
    /// (load, log latency, weight) of observations that are not saturated.
    pub(super) fitted: Vec<(f64, f64, f64)>,
    /// Log of the limit.
    pub(super) log_limit: f64,
    /// The capacity is above this load,
    pub(super) least_capacity: f64,
    /// and at most this.
    pub(super) most_capacity: f64,
}

impl QueueData {
    pub(super) fn of(curve: &Curve, limit: f64) -> Self {
        let ceiling = saturation(curve);
        let log_limit = limit.ln();
        let fitted: Vec<(f64, f64, f64)> = curve
            .observations
            .iter()
            .filter(|seen| !seen.saturated && seen.x < ceiling && seen.y > 0.0)
            .map(|seen| {
                let log = seen.y.ln();
                let far = (log - log_limit) / HALF_WEIGHT.ln();
                (seen.x, log, 1.0 / (1.0 + far * far))
            })
            .collect();
        let largest = fitted.iter().map(|point| point.0).fold(0.0, f64::max);
        let most_capacity =
            if ceiling.is_finite() { ceiling * SATURATED_MARGIN } else { largest * MOST_TIMES };
        QueueData { fitted, log_limit, least_capacity: largest, most_capacity }
    }

    /// Weighted squares of the best fit that meets the limit at a load.
    pub(super) fn squares_through(&self, load: f64) -> f64 {
        let least = self.least_capacity.max(load);
        self.best_capacity(least, |capacity| {
            let log_idle = self.log_limit + (-load / capacity).ln_1p();
            self.squares(capacity, log_idle)
        })
        .1
    }

    /// Weighted squares within repeated visits of a load, and their degrees of freedom.
    pub(super) fn pure_error(&self) -> (f64, f64) {
        let mut points: Vec<f64> = self.fitted.iter().map(|point| point.0).collect();
        points.sort_by(f64::total_cmp);
        points.dedup();
        let (mut squares, mut df) = (0.0, 0.0);
        for x in points {
            let here: Vec<&(f64, f64, f64)> =
                self.fitted.iter().filter(|point| point.0.total_cmp(&x).is_eq()).collect();
            let weight: f64 = here.iter().map(|point| point.2).sum();
            let mean = here.iter().map(|point| point.2 * point.1).sum::<f64>() / weight;
            squares += here.iter().map(|point| point.2 * (point.1 - mean).powi(2)).sum::<f64>();
            df += here.len() as f64 - 1.0;
        }
        (squares, df)
    }

    fn squares(&self, capacity: f64, log_idle: f64) -> f64 {
        self.fitted
            .iter()
            .map(|&(x, log, weight)| weight * (log - log_idle + (-x / capacity).ln_1p()).powi(2))
            .sum()
    }

    /// The best a for a capacity.
    fn log_idle(&self, capacity: f64) -> f64 {
        let weight: f64 = self.fitted.iter().map(|point| point.2).sum();
        let sum: f64 = self
            .fitted
            .iter()
            .map(|&(x, log, weight)| weight * (log + (-x / capacity).ln_1p()))
            .sum();
        sum / weight
    }

    /// The capacity from a least one on with the smallest squares, and those. Searched in the
    /// log of the distance from the least one: near it the latency grows without bound.
    fn best_capacity(&self, least: f64, squares: impl Fn(f64) -> f64) -> (f64, f64) {
        let widest = (self.most_capacity / least - 1.0).max(2e-6).ln();
        let narrowest = 1e-6_f64.ln();
        let capacity = |log: f64| least * (1.0 + log.exp());
        let step = (widest - narrowest) / f64::from(TRIED);
        let best = (0..=TRIED)
            .map(|tried| narrowest + step * f64::from(tried))
            .min_by(|a, b| squares(capacity(*a)).total_cmp(&squares(capacity(*b))))
            .unwrap_or(widest);
        let (mut low, mut high) = ((best - step).max(narrowest), (best + step).min(widest));
        for _ in 0..40 {
            let third = (high - low) / 3.0;
            if squares(capacity(low + third)) <= squares(capacity(high - third)) {
                high -= third;
            } else {
                low += third;
            }
        }
        let found = capacity(f64::midpoint(low, high));
        (found, squares(found))
    }
}

/// A fitted queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueueFit {
    /// Log of the latency without load, in nanoseconds.
    pub(super) log_idle: f64,
    /// The load at which latency grows without bound.
    pub(super) capacity: f64,
    /// Weighted squares of its residuals.
    pub(super) squares: f64,
}

impl QueueFit {
    /// The best fit; `None` without distinct loads.
    pub(super) fn of(data: &QueueData) -> Option<Self> {
        let first = data.fitted.first()?.0;
        if data.fitted.iter().all(|point| point.0.total_cmp(&first).is_eq()) {
            return None;
        }
        let (capacity, squares) = data.best_capacity(data.least_capacity, |capacity| {
            data.squares(capacity, data.log_idle(capacity))
        });
        Some(QueueFit { log_idle: data.log_idle(capacity), capacity, squares })
    }

    /// Log latency at a load below the capacity.
    pub(super) fn log_latency(&self, load: f64) -> f64 {
        self.log_idle - (-load / self.capacity).ln_1p()
    }

    /// The load at which a latency is reached; `None` if it is exceeded without load.
    pub(super) fn load_at(&self, log_latency: f64) -> Option<f64> {
        let share = -(self.log_idle - log_latency).exp_m1();
        (share > 0.0).then_some(share * self.capacity)
    }
}

/// The load from which on a map counts as saturated: the split of the loads that contradicts the
/// fewest observations, since a single one may be disturbed. Infinite if none is saturated.
fn saturation(curve: &Curve) -> f64 {
    let wrong = |ceiling: f64| {
        curve.observations.iter().filter(|seen| seen.saturated != (seen.x >= ceiling)).count()
    };
    curve
        .observations
        .iter()
        .filter(|seen| seen.saturated)
        .map(|seen| seen.x)
        .chain([f64::INFINITY])
        .min_by(|a, b| wrong(*a).cmp(&wrong(*b)).then(a.total_cmp(b)))
        .unwrap_or(f64::INFINITY)
}
