//! From a request in names to a sweep that can begin: looks scenarios, adapters and the axis up, and
//! says what cannot be swept before anything is measured. Makes no point but the two ends.

use mapbench_core::adapter::Requirement;
use mapbench_core::event::{Skipped, SweepBegin, SweepDesign, SweepPart};
use mapbench_core::key::KeyKind;
use mapbench_core::registry::Registry;
use mapbench_core::scenario::axis::{self, AxisError, Part, Ruler};
use mapbench_core::scenario::{Axis, Scenario};
use mapbench_core::trace::Shape;
use mapbench_results::knee::{Allowed, AxisRange, Scale};
use mapbench_results::sweep::SweepSpec;
use thiserror::Error;

use super::points::{Series, Source};
use super::request::SweepRequest;
use crate::session::plan::{Point, Settings, default_threads, lacks, skip};
use crate::session::prepare::{
    self as preparing, Blame, PrepareError, by_adapters, scenarios, settings, store_of,
};
use crate::session::variant::{self, Variant};

/// A sweep that can begin.
#[derive(Debug)]
pub struct SweepPlan<'r> {
    /// What was asked, resolved.
    pub begin: SweepBegin,
    /// The same, for those who judge.
    pub spec: SweepSpec,
    /// The axis.
    pub axis: Axis,
    /// What holds for every cell.
    pub settings: Settings,
    /// The folder of run logs and traces.
    pub store: std::path::PathBuf,
    /// The settings whose curves are measured.
    pub series: Vec<Series<'r>>,
    /// What is left out, and why.
    pub skipped: Vec<Skipped>,
    /// Visits: to each point of a grid, or most of all points of a setting.
    pub visits: u32,
    pub(super) request: SweepRequest,
}

/// Why a sweep cannot begin.
#[derive(Debug, Error)]
pub enum SweepError {
    /// What a run could not be made of either.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The axis does not fit.
    #[error(transparent)]
    Axis(#[from] AxisError),
    /// Bad range.
    #[error("--range {low}..{high}: {why}")]
    Range {
        /// Its beginning.
        low: f64,
        /// Its end.
        high: f64,
        /// What is wrong with it, and what to write.
        why: String,
    },
    /// An axis without a range of its own.
    #[error("axis {axis} has no range of its own; give one, as --range 1..64")]
    NoRange {
        /// The axis.
        axis: Axis,
    },
    /// Flags that say the same as the axis.
    #[error("{flag} is what axis {axis} changes; leave it out, --range says where to sweep")]
    Twice {
        /// The flag.
        flag: &'static str,
        /// The axis.
        axis: Axis,
    },
    /// A limit on latency without a load that it limits.
    #[error("--slo limits the latency of an offered load: use it with --axis rate, not {axis}")]
    SloAxis {
        /// The axis.
        axis: Axis,
    },
    /// A trace file has no parameters.
    #[error(
        "--trace has no {axis} to change: a trace file can be swept along threads, rate, \
         value-size and shards; for the others take a scenario (-s)"
    )]
    FixedTrace {
        /// The axis.
        axis: Axis,
    },
    /// A round that is over before it can be timed.
    #[error(
        "`{name}` holds {ops} ops, and a round is the whole of it: that is over before a clock can \
         tell maps apart; record for longer, or lay copies over each other with `trace import \
         --superpose`"
    )]
    TooShort {
        /// The trace.
        name: String,
        /// Its ops.
        ops: u64,
    },
    /// Partitions of what depends on what was measured.
    #[error(
        "--partition splits a grid: an adaptive sweep chooses its next point by what it has \
         measured; add --grid N"
    )]
    PartOfAdaptive,
    /// A part that no point falls into.
    #[error("no point of the grid falls into part {}/{}; the other parts have them all", part.number, part.of)]
    EmptyPart {
        /// The part.
        part: SweepPart,
    },
}

impl SweepError {
    /// Who is to blame.
    pub fn blame(&self) -> Blame {
        match self {
            SweepError::Prepare(error) => error.blame(),
            SweepError::EmptyPart { .. } => Blame::Nothing,
            _ => Blame::Usage,
        }
    }
}

/// Ops of a whole trace that take long enough to be timed: some ten microseconds.
const FEWEST_OPS: u64 = 1_000;
/// Steps of an axis on which two points are the same point: of a doubling, or of the whole range.
const LOG_STEP: f64 = 0.05;
const LINEAR_STEPS: f64 = 200.0;
/// Half an interval that is narrow enough when nobody says: in doublings, or of the whole range.
const LOG_PRECISION: f64 = 0.1;
/// The same of a load that keeps its latency: 3.5 %.
const LOAD_PRECISION: f64 = 0.05;
const LINEAR_PRECISION: f64 = 0.025;

/// Prepares a sweep.
///
/// # Errors
/// [`SweepError`], before anything is measured.
pub fn prepare<'r>(
    registry: &'r Registry,
    request: &SweepRequest,
) -> Result<SweepPlan<'r>, SweepError> {
    check(request)?;
    let adapters =
        variant::variants(registry, &request.run.adapters).map_err(PrepareError::from)?;
    let store = store_of(&request.run)?;
    let (sources, mut skipped) = sources(registry, request)?;
    let ruler = ruler(&sources, &request.axis);
    let range = range(request, ruler)?;
    let mut series = Vec::new();
    for source in sources {
        let ends = [range.low, range.high].map(|x| source.workload_at(request, &store, x));
        let [low, high] = ends;
        let (low, high) = (low?, high?);
        preparing::check(&low, &request.run)?;
        if low.header.shape == Shape::OneShot && low.header.ops < FEWEST_OPS {
            return Err(SweepError::TooShort { name: low.name, ops: low.header.ops });
        }
        let requires: Vec<Requirement> =
            low.requires.iter().chain(&high.requires).copied().collect();
        let (fit, unfit): (Vec<Variant<'r>>, Vec<Variant<'r>>) =
            adapters.iter().cloned().partition(|adapter| lacks(&requires, adapter).is_none());
        skipped.extend(unfit.iter().map(|adapter| skip(&low.name, &requires, adapter)));
        if fit.is_empty() {
            continue;
        }
        for point in fixed_points(request, &low) {
            series.push(Series::new(source.clone(), point, fit.clone(), range.clone()));
        }
    }
    if series.is_empty() {
        let reasons: Vec<String> = skipped
            .iter()
            .map(|skipped| format!("{} ({})", skipped.reason, skipped.scenario))
            .collect();
        return Err(PrepareError::NothingFits(reasons.join("; ")).into());
    }
    let settings = Settings { round_ns: request.round_ns(), ..settings(&request.run)? };
    let begin = begin(request, &range, ruler);
    let spec = SweepSpec::of_sweep(&begin, settings.seed);
    let visits = request.visits();
    let request = request.clone();
    let axis = request.axis.clone();
    Ok(SweepPlan { begin, spec, axis, settings, store, series, skipped, visits, request })
}

fn check(request: &SweepRequest) -> Result<(), SweepError> {
    let (axis, run) = (&request.axis, &request.run);
    let asked_too = match axis.part() {
        Part::Threads if !run.threads.is_empty() => Some("-t"),
        Part::Offered if !run.rates.is_empty() => Some("--rate"),
        Part::Value if !run.values.is_empty() => Some("--value"),
        Part::Tuning if run.tuning.shards.is_some() => Some("--shards"),
        _ => None,
    };
    if let Some(flag) = asked_too {
        return Err(SweepError::Twice { flag, axis: axis.clone() });
    }
    if request.slo.is_some() && *axis != Axis::Rate {
        return Err(SweepError::SloAxis { axis: axis.clone() });
    }
    if run.trace.is_some() && axis.part() == Part::Scenario {
        return Err(SweepError::FixedTrace { axis: axis.clone() });
    }
    if request.part.is_some() && request.design == SweepDesign::Adaptive {
        return Err(SweepError::PartOfAdaptive);
    }
    Ok(())
}

/// What is swept, and the scenarios that need adapters which are not there.
fn sources(
    registry: &Registry,
    request: &SweepRequest,
) -> Result<(Vec<Source>, Vec<Skipped>), SweepError> {
    if let Some(workload) = preparing::trace_of(&request.run)? {
        return Ok((vec![Source::File(Box::new(workload))], Vec::new()));
    }
    let (lacking, runnable) = by_adapters(registry, scenarios(&request.run)?);
    let sources = runnable.into_iter().map(|scenario| Source::Scenario(Box::new(scenario)));
    Ok((sources.collect(), lacking))
}

/// How the axis is measured: of several scenarios as of the first.
fn ruler(sources: &[Source], axis: &Axis) -> Ruler {
    let first = sources.iter().find_map(Source::scenario);
    first.map_or_else(|| axis.ruler(), |scenario: &Scenario| axis.ruler_for(scenario))
}

fn range(request: &SweepRequest, ruler: Ruler) -> Result<AxisRange, SweepError> {
    let Some((low, high)) = request.range.or(ruler.default_range) else {
        return Err(SweepError::NoRange { axis: request.axis.clone() });
    };
    let scale = request.scale.unwrap_or(match ruler.scale {
        axis::Scale::Log => Scale::Log,
        axis::Scale::Linear => Scale::Linear,
    });
    let wrong = |why: String| SweepError::Range { low, high, why };
    if low >= high {
        return Err(wrong("must begin below its end, as --range 1..64".to_owned()));
    }
    for end in [low, high] {
        let has = ruler.nearest(end);
        if (has - end).abs() > 1e-9 * end.abs() {
            return Err(wrong(format!("{end} is no point of it; use {}", ruler.described())));
        }
    }
    if scale == Scale::Log && low <= 0.0 {
        return Err(wrong(
            "an axis that is read in doublings begins above 0; use --scale linear".to_owned(),
        ));
    }
    let allowed = match (&request.axis, ruler.whole) {
        (Axis::Shards, _) => Allowed::Values(powers_of_two(low, high)),
        (_, true) => Allowed::Integers,
        (_, false) => Allowed::Any,
    };
    let resolution = match scale {
        Scale::Log => LOG_STEP,
        Scale::Linear => (high - low) / LINEAR_STEPS,
    };
    Ok(AxisRange { scale, low, high, allowed, resolution })
}

/// The ends of a range and the powers of two between them, ascending.
fn powers_of_two(low: f64, high: f64) -> Vec<f64> {
    let powers = (0..=20).map(|power| f64::from(1_u32 << power));
    let mut values: Vec<f64> =
        powers.filter(|power| (low..=high).contains(power)).chain([low, high]).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

fn begin(request: &SweepRequest, range: &AxisRange, ruler: Ruler) -> SweepBegin {
    let precision = request.precision.unwrap_or(match range.scale {
        Scale::Log if request.slo.is_some() => LOAD_PRECISION,
        Scale::Log => LOG_PRECISION,
        Scale::Linear => (range.high - range.low) * LINEAR_PRECISION,
    });
    SweepBegin {
        axis: request.axis.to_string(),
        unit: ruler.unit.to_owned(),
        logarithmic: range.scale == Scale::Log,
        low: range.low,
        high: range.high,
        slo: request.slo,
        design: request.design,
        most_visits: request.visits(),
        precision: Some(precision),
        budget_ns: request.budget_ns,
        part: request.part,
    }
}

/// Everything about the points of a series but the axis: what is asked for, crossed.
fn fixed_points(request: &SweepRequest, workload: &crate::session::plan::Workload) -> Vec<Point> {
    let run = &request.run;
    let own_threads = workload.threads.clone().unwrap_or_else(default_threads);
    let threads = match (request.axis.part(), &run.threads[..]) {
        // One place on the axis of threads is as good as another.
        (Part::Threads, _) => vec![1],
        (_, []) => own_threads,
        (_, asked) => asked.to_vec(),
    };
    let keys = match (request.axis.part(), &run.keys[..]) {
        // Boxed values are built for these keys only.
        (Part::Value, []) => vec![KeyKind::U64],
        (_, []) => vec![workload.key],
        (_, asked) => asked.to_vec(),
    };
    let values = if run.values.is_empty() { vec![workload.value] } else { run.values.clone() };
    let presize = if run.presize.is_empty() { vec![workload.presize] } else { run.presize.clone() };
    let offered: Vec<_> = match &run.offered()[..] {
        [] => vec![None],
        rates => rates.iter().copied().map(Some).collect(),
    };
    let mut points = Vec::new();
    for &threads in &threads {
        for &key in &keys {
            for &value in &values {
                for &offered in &offered {
                    points.extend(presize.iter().map(|&presize| Point {
                        threads,
                        key,
                        value,
                        offered,
                        presize,
                        tuning: mapbench_core::adapter::Tuning::default(),
                        axis: None,
                    }));
                }
            }
        }
    }
    points
}
