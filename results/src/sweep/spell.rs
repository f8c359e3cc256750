//! How the words and figures of a sweep are spelled for people: values on the axis, locations,
//! definitions, and the shape and colour of each subject. Computes nothing.

use super::spec::SweepSpec;
use crate::knee::{Definition, Finding, Location, Scale, Side};
use crate::units::{self, Charset};

/// Shapes of the subjects by position, the same as on every screen.
const SHAPES: [char; 12] = ['◆', '▲', '●', '■', '▼', '★', '◇', '△', '○', '□', '▽', '☆'];
const ASCII_SHAPES: [char; 12] = ['*', '^', 'o', '#', 'v', '+', 'd', 'A', '0', 'u', 'V', 'x'];

/// The shape of the subject at a position.
pub(super) fn shape(position: usize, charset: Charset) -> char {
    let shapes = match charset {
        Charset::Utf8 => &SHAPES,
        Charset::Ascii => &ASCII_SHAPES,
    };
    shapes[position % shapes.len()]
}

/// A plain number: whole below ten thousand where it is whole, else three digits and a letter.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() || value.abs() >= 1e12 {
        return format!("{value:.2e}");
    }
    let is_whole = value.fract() == 0.0 && value.abs() < 10_000.0;
    if is_whole { format!("{value:.0}") } else { units::rate(value) }
}

/// A value on the axis with its unit: `12.5 %`, `64 threads`, `850k/s`.
pub(crate) fn with_unit(value: &str, spec: &SweepSpec) -> String {
    match spec.unit.as_str() {
        "" => value.to_owned(),
        // A rate of what the scenario counts.
        unit if unit.starts_with('/') => format!("{value}{unit}"),
        unit if value == "1" && !unit.contains('/') => {
            format!("1 {}", unit.strip_suffix('s').unwrap_or(unit))
        }
        unit => format!("{value} {unit}"),
    }
}

/// The axis with its unit, where its name does not say it: `write-share (%)`, `keys`.
pub(super) fn axis_title(spec: &SweepSpec) -> String {
    match spec.unit.as_str() {
        "" => spec.axis.clone(),
        unit if unit == spec.axis => spec.axis.clone(),
        unit => format!("{} ({unit})", spec.axis),
    }
}

/// A value on the axis with its unit.
pub(crate) fn on_axis(x: f64, spec: &SweepSpec) -> String {
    with_unit(&number(x), spec)
}

/// Where a knee is, or why there is none.
pub(super) fn location(location: &Location, spec: &SweepSpec) -> String {
    match location {
        Location::Found { point, .. } => on_axis(*point, spec),
        Location::None => "none".to_owned(),
        Location::BeyondRange { side } => format!("beyond range ({})", side_name(*side)),
        Location::Unresolved { .. } => "unresolved".to_owned(),
    }
}

/// A side of the range.
pub(super) const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Below => "below",
        Side::Above => "above",
    }
}

/// A scale in files, as in JSON.
pub(super) const fn scale_name(scale: Scale) -> &'static str {
    match scale {
        Scale::Log => "log",
        Scale::Linear => "linear",
    }
}

/// The state of a location in CSV and JSON.
pub(super) const fn state_name(location: &Location) -> &'static str {
    match location {
        Location::Found { .. } => "found",
        Location::None => "none",
        Location::BeyondRange { .. } => "beyond_range",
        Location::Unresolved { .. } => "unresolved",
    }
}

/// The interval of a location, where it has one.
pub(super) fn interval(location: &Location, charset: Charset) -> String {
    match location {
        Location::Found { low, high, .. } if low < high => {
            format!("{} to {}", number(*low), number(*high))
        }
        _ => charset.absent().to_owned(),
    }
}

/// A definition in tables and legends.
pub(super) const fn definition_title(definition: Definition) -> &'static str {
    match definition {
        Definition::UslPeak => "N* (USL)",
        Definition::SloLoad => "SLO load",
        Definition::SlopeBreak => "slope break",
        Definition::CacheCliff => "cache cliff",
        Definition::Crossover => "crossover",
        Definition::Kneedle => "Kneedle",
    }
}

/// A definition in files, as in JSON.
pub(super) const fn definition_name(definition: Definition) -> &'static str {
    match definition {
        Definition::UslPeak => "usl-peak",
        Definition::SloLoad => "slo-load",
        Definition::SlopeBreak => "slope-break",
        Definition::CacheCliff => "cache-cliff",
        Definition::Crossover => "crossover",
        Definition::Kneedle => "kneedle",
    }
}

/// A definition in a sentence.
pub(super) fn definition_sentence(
    definition: Definition,
    spec: &SweepSpec,
    charset: Charset,
) -> String {
    match definition {
        Definition::UslPeak => "N* (USL): threads of the highest throughput, sqrt((1 - alpha) / \
                                beta) of the Universal Scalability Law"
            .to_owned(),
        Definition::SloLoad => spec.slo.map_or_else(
            || "SLO load: highest offered load that keeps a latency within its limit".to_owned(),
            |slo| {
                let limit = units::time(slo.limit_ns, charset);
                format!(
                    "SLO load: highest offered load with p{} from due to done within {limit}s",
                    slo.percentile
                )
                // `50µ` and `s`; whole seconds have their letter already.
                .replace("ss", "s")
            },
        ),
        Definition::SlopeBreak => "slope break: where the slope of log throughput changes, with \
                                   an interval from refitting its residuals"
            .to_owned(),
        Definition::CacheCliff => {
            "cache cliff: a slope break over the number of keys, one of at most three".to_owned()
        }
        Definition::Crossover => "crossover: where two maps are equally fast; the first is the \
                                  faster one below it"
            .to_owned(),
        Definition::Kneedle => "Kneedle: point of maximum curvature, a second opinion that moves \
                                with the range and has no interval"
            .to_owned(),
    }
}

/// Whose knee it is; of two, the faster one below the point first.
pub(super) fn whose(finding: &Finding, named: impl Fn(&str) -> String, charset: Charset) -> String {
    let between = match (&finding.location, charset) {
        (Location::Found { .. }, Charset::Utf8) => " → ",
        (Location::Found { .. }, Charset::Ascii) => " -> ",
        (Location::None, _) => " > ",
        _ => " / ",
    };
    finding.subjects.iter().map(|subject| named(subject)).collect::<Vec<_>>().join(between)
}

/// The parameters of a model that say something to a reader: `alpha 0.034, beta 1.20e-5`. The
/// others, which a statistician asks for, are in the files.
pub(super) fn parameters(finding: &Finding) -> String {
    let is_shown = |name: &str| ["alpha", "beta"].contains(&name) || name.starts_with("slope");
    let parameters = finding.model.iter().flat_map(|model| &model.parameters);
    let shown = parameters.filter(|(name, _)| is_shown(name));
    let spelled = shown.map(|(name, value)| {
        // A slope so small is none, whatever its digits.
        let is_flat = name.starts_with("slope") && value.abs() < 0.005;
        format!("{} {}", name.replace('_', " "), figure(if is_flat { 0.0 } else { *value }))
    });
    spelled.collect::<Vec<_>>().join(", ")
}

/// A figure of any size in three digits.
fn figure(value: f64) -> String {
    if value != 0.0 && value.abs() < 0.001 { format!("{value:.2e}") } else { number(value) }
}
