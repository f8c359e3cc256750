//! Least squares of log p = a − b log(1 − r/c): for each capacity c a line in −log(1 − r/c), so that
//! one figure is searched. M/M/1 has b = 1, which is what few observations get; with more, b is
//! fitted, since service times of maps are not exponential. Only loads whose latency is near the
//! limit count: the law holds for one resource, and far from the limit another one may rule.
//! Saturated loads bound c from above, the largest load that was kept up with from below. Judges no
//! fit.

use super::Curve;

/// Of a capacity, how much above a saturated load it may be: a load counts as saturated when less
/// than 0.99 of it is achieved.
const SATURATED_MARGIN: f64 = 1.0 / 0.99;
/// Capacities tried between the bounds, before the best is refined.
const TRIED: u32 = 32;
/// Of the largest load, how many times a capacity may be where nothing bounds it.
const MOST_TIMES: f64 = 64.0;
/// Latencies so many times above or below the limit do not count,
const NEAR_TIMES: f64 = 10.0;
/// as long as so many loads do.
const FEWEST_LOADS: usize = 5;
/// Observations and loads from which on the exponent is fitted.
const FEWEST_FOR_EXPONENT: (usize, usize) = (7, 5);
/// Between which exponents it may be.
const EXPONENTS: (f64, f64) = (0.2, 4.0);

/// What a queue is fitted to.
#[derive(Debug, Clone)]
pub(super) struct QueueData {
    /// (load, log latency) of observations near the limit that are not saturated.
    pub(super) fitted: Vec<(f64, f64)>,
    /// Log of the limit.
    pub(super) log_limit: f64,
    /// The capacity is above this load,
    pub(super) least_capacity: f64,
    /// and at most this.
    pub(super) most_capacity: f64,
    has_exponent: bool,
}

impl QueueData {
    pub(super) fn of(curve: &Curve, limit: f64) -> Self {
        let ceiling = saturation(curve);
        let log_limit = limit.ln();
        let kept_up: Vec<(f64, f64)> = curve
            .observations
            .iter()
            .filter(|seen| !seen.saturated && seen.x < ceiling && seen.y > 0.0)
            .map(|seen| (seen.x, seen.y.ln()))
            .collect();
        let largest = kept_up.iter().map(|point| point.0).fold(0.0, f64::max);
        let most_capacity =
            if ceiling.is_finite() { ceiling * SATURATED_MARGIN } else { largest * MOST_TIMES };
        let loads = near_loads(&kept_up, log_limit);
        let fitted: Vec<(f64, f64)> =
            kept_up.into_iter().filter(|point| loads.contains(&point.0)).collect();
        let (observations, distinct) = FEWEST_FOR_EXPONENT;
        QueueData {
            has_exponent: fitted.len() >= observations && loads.len() >= distinct,
            fitted,
            log_limit,
            least_capacity: largest,
            most_capacity,
        }
    }

    /// Degrees of freedom that a fit leaves.
    pub(super) fn df(&self) -> f64 {
        self.fitted.len() as f64 - if self.has_exponent { 3.0 } else { 2.0 }
    }

    /// Squares of the best fit that meets the limit at a load.
    pub(super) fn squares_through(&self, load: f64) -> f64 {
        self.best_capacity(self.least_capacity.max(load), |capacity| {
            let at_limit = steepness(load, capacity);
            let exponent = self.exponent(capacity, (at_limit, self.log_limit));
            self.squares(capacity, self.log_limit - exponent * at_limit, exponent)
        })
        .1
    }

    /// Squares within repeated visits of a load, and their degrees of freedom.
    pub(super) fn pure_error(&self) -> (f64, f64) {
        let (mut squares, mut df) = (0.0, 0.0);
        for (x, mean) in means(&self.fitted) {
            let here = self.fitted.iter().filter(|point| point.0.total_cmp(&x).is_eq());
            squares += here.clone().map(|point| (point.1 - mean).powi(2)).sum::<f64>();
            df += here.count() as f64 - 1.0;
        }
        (squares, df)
    }

    fn squares(&self, capacity: f64, log_idle: f64, exponent: f64) -> f64 {
        self.fitted
            .iter()
            .map(|&(x, log)| (log - log_idle - exponent * steepness(x, capacity)).powi(2))
            .sum()
    }

    /// The best exponent for a capacity of a line through a point of steepness and log latency.
    fn exponent(&self, capacity: f64, (steep, log): (f64, f64)) -> f64 {
        if !self.has_exponent {
            return 1.0;
        }
        let (mut product, mut square) = (0.0, 0.0);
        for &(x, seen) in &self.fitted {
            let distance = steepness(x, capacity) - steep;
            product += distance * (seen - log);
            square += distance * distance;
        }
        let (least, most) = EXPONENTS;
        if square > 0.0 { (product / square).clamp(least, most) } else { 1.0 }
    }

    /// The best a and b for a capacity.
    fn line(&self, capacity: f64) -> (f64, f64) {
        let n = self.fitted.len() as f64;
        let steep = self.fitted.iter().map(|point| steepness(point.0, capacity)).sum::<f64>() / n;
        let log = self.fitted.iter().map(|point| point.1).sum::<f64>() / n;
        let exponent = self.exponent(capacity, (steep, log));
        (log - exponent * steep, exponent)
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
            .map(|log| (log, squares(capacity(log))))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(widest, |(log, _)| log);
        let (mut low, mut high) = ((best - step).max(narrowest), (best + step).min(widest));
        for _ in 0..22 {
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
    /// How steeply: 1 is M/M/1.
    pub(super) exponent: f64,
    /// Squares of its residuals.
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
            let (log_idle, exponent) = data.line(capacity);
            data.squares(capacity, log_idle, exponent)
        });
        let (log_idle, exponent) = data.line(capacity);
        Some(QueueFit { log_idle, capacity, exponent, squares })
    }

    /// Log latency at a load below the capacity.
    pub(super) fn log_latency(&self, load: f64) -> f64 {
        self.log_idle + self.exponent * steepness(load, self.capacity)
    }

    /// The load at which a latency is reached; `None` if it is exceeded without load.
    pub(super) fn load_at(&self, log_latency: f64) -> Option<f64> {
        let share = -((self.log_idle - log_latency) / self.exponent).exp_m1();
        (share > 0.0).then_some(share * self.capacity)
    }
}

/// −log(1 − r/c).
fn steepness(load: f64, capacity: f64) -> f64 {
    -(-load / capacity).ln_1p()
}

/// The loads whose mean log latency is near the limit, or the nearest ones if those are few.
fn near_loads(points: &[(f64, f64)], log_limit: f64) -> Vec<f64> {
    let mut loads = means(points);
    loads.sort_by(|a, b| (a.1 - log_limit).abs().total_cmp(&(b.1 - log_limit).abs()));
    let near =
        loads.iter().take_while(|load| (load.1 - log_limit).abs() <= NEAR_TIMES.ln()).count();
    loads.truncate(near.max(FEWEST_LOADS));
    loads.into_iter().map(|load| load.0).collect()
}

/// Each load with the mean of its log latencies.
fn means(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut loads: Vec<f64> = points.iter().map(|point| point.0).collect();
    loads.sort_by(f64::total_cmp);
    loads.dedup();
    loads
        .into_iter()
        .map(|x| {
            let here = points.iter().filter(|point| point.0.total_cmp(&x).is_eq());
            (x, here.clone().map(|point| point.1).sum::<f64>() / here.count() as f64)
        })
        .collect()
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
