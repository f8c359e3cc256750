//! The columns: the name of each beside what kind of thing it holds and what stands in it, in one
//! table. CSV writes the fields as they are; JSON gives each the type of its kind.

use mapbench_core::event::{Arm, Cell, RunBegin, SCHEMA_VERSION, Skipped};

use crate::histogram::Percentiles;
use crate::stats::Interval;
use crate::summary::{
    CellCalibration, CounterRate, Flag, Level, MapRow, MemoryFigures, Noise, PaceFigures,
    SummaryRow,
};
use crate::units::CLOCK_BADGE_NS;

/// One line of the file: a row of figures, one of a map, or a combination that was left out.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    begin: &'a RunBegin,
    cell: Option<&'a Cell>,
    row: Option<&'a SummaryRow>,
    map: Option<&'a MapRow>,
    skipped: Option<&'a Skipped>,
    /// What the run says of itself, in the row of a whole cell.
    own: Option<CellCalibration>,
}

/// One column.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    field: Field,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words.
    Text,
    /// A number, whole or decimal.
    Number,
    /// `true` or `false`.
    Truth,
}

type Field = fn(Line<'_>) -> String;

const fn text(name: &'static str, field: Field) -> Column {
    Column { name, kind: Kind::Text, field }
}

const fn number(name: &'static str, field: Field) -> Column {
    Column { name, kind: Kind::Number, field }
}

const fn truth(name: &'static str, field: Field) -> Column {
    Column { name, kind: Kind::Truth, field }
}

/// The columns, in order.
pub(super) const COLUMNS: [Column; 104] = [
    number("schema_version", |_| SCHEMA_VERSION.to_string()),
    text("run_id", |line| line.begin.run_id.clone()),
    text("commit", |line| commit(line.begin)),
    text("scenario", |line| match line.skipped {
        Some(skipped) => skipped.scenario.clone(),
        None => line.cell(|cell| cell.scenario.clone()),
    }),
    text("adapter", |line| match line.skipped {
        Some(skipped) => skipped.adapter.clone(),
        None => line.cell(|cell| cell.adapter.clone()),
    }),
    text("adapter_version", |line| line.cell(|cell| cell.adapter_version.clone())),
    text("hasher", |line| line.cell(|cell| cell.hasher.name().to_owned())),
    text("key_kind", |line| line.cell(|cell| cell.key.name().to_owned())),
    number("value_bytes", |line| line.cell(|cell| cell.value.bytes().to_string())),
    number("threads", |line| line.cell(|cell| cell.threads.to_string())),
    number("fork", |line| line.either(|row| optional(row.fork), |map| optional(map.fork))),
    number("rounds", |line| {
        line.either(|row| row.rounds.to_string(), |map| map.rounds.to_string())
    }),
    number("ops", |line| line.either(|row| row.ops.to_string(), |map| map.ops.to_string())),
    number("elapsed_ns", |line| {
        line.either(|row| row.elapsed_ns.to_string(), |map| map.elapsed_ns.to_string())
    }),
    number("ops_per_sec_median", |line| line.row(|row| decimal(row.ops_per_sec_median, 3))),
    number("ops_per_sec_ci95_low", |line| line.row(|row| low(row.ops_per_sec_ci95))),
    number("ops_per_sec_ci95_high", |line| line.row(|row| high(row.ops_per_sec_ci95))),
    number("service_ns_p50", |line| line.row(|row| at(row.service, |p| p.p50))),
    number("service_ns_p90", |line| line.row(|row| at(row.service, |p| p.p90))),
    number("service_ns_p99", |line| line.row(|row| at(row.service, |p| p.p99))),
    number("service_ns_p999", |line| line.row(|row| at(row.service, |p| p.p999))),
    number("service_ns_p9999", |line| line.row(|row| at(row.service, |p| p.p9999))),
    number("service_ns_max", |line| line.row(|row| at(row.service, |p| p.max))),
    number("hit_share", |line| line.row(|row| decimal(row.hit_share, 6))),
    number("effective_write_share", |line| line.row(|row| decimal(row.effective_write_share, 6))),
    number("bytes_per_entry", |line| line.row(|row| decimal(row.bytes_per_entry, 3))),
    text("status", |line| match line.skipped {
        Some(_) => "skipped".to_owned(),
        None => line.either(|row| row.status.name().to_owned(), |map| map.status.name().to_owned()),
    }),
    text("error", |line| match line.skipped {
        Some(skipped) => skipped.reason.clone(),
        None => line.row(|row| row.error.clone().unwrap_or_default()),
    }),
    text("level", |line| match (line.row, line.map) {
        (Some(row), _) => row.level.name().to_owned(),
        (_, Some(_)) => "map".to_owned(),
        _ => "cell".to_owned(),
    }),
    text("op_class", |line| {
        let class = line.row.and_then(|row| row.op_class);
        class.map_or("all", |class| class.name()).to_owned()
    }),
    text("axis", |line| line.cell(|cell| cell.axis.clone().unwrap_or_default())),
    text("axis_value", |line| line.cell(|cell| cell.axis_value.clone().unwrap_or_default())),
    number("seed", |line| line.begin.seed.to_string()),
    text("trace_hash", |line| line.cell(|cell| cell.trace_hash.clone())),
    text("placement", |line| {
        line.row(|row| row.placement.map(|shares| shares.describe()).unwrap_or_default())
    }),
    number("intended_ns_p50", |line| line.row(|row| at(row.intended, |p| p.p50))),
    number("intended_ns_p90", |line| line.row(|row| at(row.intended, |p| p.p90))),
    number("intended_ns_p99", |line| line.row(|row| at(row.intended, |p| p.p99))),
    number("intended_ns_p999", |line| line.row(|row| at(row.intended, |p| p.p999))),
    number("intended_ns_p9999", |line| line.row(|row| at(row.intended, |p| p.p9999))),
    number("intended_ns_max", |line| line.row(|row| at(row.intended, |p| p.max))),
    text("value_kind", |line| line.cell(|cell| cell.value.name().into_owned())),
    truth("verified", |line| line.row(|row| optional(row.verified))),
    number("round", |line| line.either(|row| optional(row.round), |map| optional(map.round))),
    number("shards", |line| line.cell(|cell| optional(cell.tuning.shards))),
    number("publish_every", |line| line.cell(|cell| optional(cell.tuning.publish_every))),
    text("map", |line| line.map.map_or("all", |map| &map.id).to_owned()),
    text("map_name", |line| line.map(|map| map.name.clone())),
    number("ops_per_sec_mean", |line| line.map(|map| decimal(Some(map.ops_per_sec()), 3))),
    number("reads", |line| line.map(|map| map.reads.to_string())),
    number("writes", |line| line.map(|map| map.writes.to_string())),
    number("entries", |line| line.map(|map| map.entries.to_string())),
    number("ops_share", |line| line.map(|map| decimal(map.ops_share, 6))),
    number("time_share", |line| line.map(|map| decimal(map.time_share, 6))),
    number("ns_per_op", |line| line.map(|map| decimal(map.ns_per_op, 3))),
    text("unit", |line| {
        line.cell(|cell| cell.unit.as_ref().map(|unit| unit.name.clone()).unwrap_or_default())
    }),
    number("units_per_sec_median", |line| line.row(|row| decimal(row.units_per_sec_median, 3))),
    number("units_per_sec_ci95_low", |line| line.row(|row| low(row.units_per_sec_ci95))),
    number("units_per_sec_ci95_high", |line| line.row(|row| high(row.units_per_sec_ci95))),
    number("busy_ns_per_unit", |line| line.all(|row, _| decimal(row.busy_ns_per_unit, 1))),
    number("busy_cores", |line| line.all(|row, _| decimal(row.busy_cores, 6))),
    number("hit_share_intended", |line| line.all(|_, cell| decimal(cell.hit_share, 6))),
    number("effective_write_share_intended", |line| {
        line.all(|_, cell| decimal(Some(cell.effective_write_share), 6))
    }),
    number("top_key_share", |line| line.all(|row, _| decimal(row.top_key_share, 6))),
    number("top_key_share_intended", |line| line.all(|_, cell| decimal(cell.top_key_share, 6))),
    number("contended_share", |line| line.all(|row, _| decimal(row.contended_share, 6))),
    number("waiting_share", |line| line.all(|row, _| decimal(row.waiting_share, 6))),
    number("due_events", |line| line.all(|row, _| row.due_events.to_string())),
    number("late_share", |line| line.all(|row, _| decimal(row.late_share, 6))),
    number("bytes_per_entry_churned", |line| line.held(|held| decimal(held.churned, 3))),
    number("bytes_per_entry_quiesced", |line| line.held(|held| decimal(held.quiesced, 3))),
    number("held_bytes", |line| line.held(|held| decimal(held.held_bytes, 0))),
    number("reclaimed_bytes", |line| line.held(|held| decimal(held.reclaimed_bytes, 0))),
    number("peak_bytes", |line| line.held(|held| optional(held.peak_bytes))),
    number("rss_bytes", |line| line.held(|held| decimal(held.rss_bytes, 0))),
    number("peak_rss_bytes", |line| line.held(|held| optional(held.peak_rss_bytes))),
    number("quiesce_ns", |line| line.held(|held| decimal(held.quiesce_ns, 0))),
    number("taken_bytes_per_op", |line| line.held(|held| decimal(held.taken_bytes_per_op, 3))),
    number("given_bytes_per_op", |line| line.held(|held| decimal(held.given_bytes_per_op, 3))),
    number("presize", |line| line.cell(|cell| optional(cell.presize))),
    number("preempted_share", |line| {
        line.all(|row, _| decimal(row.disturbance.preempted_share, 6))
    }),
    number("steal_share", |line| line.all(|row, _| decimal(row.disturbance.pressure.steal, 6))),
    number("psi_share", |line| line.all(|row, _| decimal(row.disturbance.pressure.psi_some, 6))),
    number("odd_rounds", |line| line.summed(|row| row.disturbance.odd_rounds.to_string())),
    truth("steady_state", |line| line.all(|row, _| optional(row.disturbance.steady))),
    text("noise", |line| line.all(|row, _| row.disturbance.describe())),
    number("floor_ns_per_op", |line| line.own(|own| decimal(own.floor_ns_per_op, 3))),
    number("floor_share", |line| line.own(|own| decimal(own.floor_share, 6))),
    number("self_ratio", |line| line.noise(|noise| decimal(Some(noise.ratio), 6))),
    number("self_ratio_ci95_low", |line| line.noise(|noise| decimal(Some(noise.interval.low), 6))),
    number("self_ratio_ci95_high", |line| {
        line.noise(|noise| decimal(Some(noise.interval.high), 6))
    }),
    number("detectable_share", |line| line.noise(|noise| decimal(noise.detectable, 6))),
    number("offered_per_sec", |line| pace(line, |pace| decimal(Some(pace.offered_per_sec), 3))),
    number("achieved_per_sec", |line| pace(line, |pace| decimal(Some(pace.achieved_per_sec), 3))),
    number("achieved_share", |line| pace(line, |pace| decimal(pace.achieved_share(), 6))),
    truth("saturated", |line| flagged(line, Flag::Saturated).to_owned()),
    text("schedule", |line| {
        line.cell(|cell| cell.offered.map_or("", |offered| offered.schedule.name()).to_owned())
    }),
    text("idling", |line| {
        pace(line, |pace| if pace.yielded { "yield" } else { "spin" }.to_owned())
    }),
    number("wake_late_ns_p50", |line| pace(line, |pace| at(pace.wakes, |p| p.p50))),
    number("wake_late_ns_p99", |line| pace(line, |pace| at(pace.wakes, |p| p.p99))),
    text("below_clock_resolution", |line| {
        line.row(|row| row.service.map_or("", |service| below_resolution(&service)).to_owned())
    }),
    number("instructions_per_op", |line| line.row(|row| decimal(row.instructions_per_op, 3))),
    text("counters", |line| line.row(|row| counted(&row.counters))),
    text("arm", |line| line.cell(|cell| cell.arm.map_or("", arm_name).to_owned())),
];

impl<'a> Line<'a> {
    fn new(begin: &'a RunBegin) -> Self {
        Line { begin, cell: None, row: None, map: None, skipped: None, own: None }
    }

    pub(super) fn of_row(begin: &'a RunBegin, cell: &'a Cell, row: &'a SummaryRow) -> Self {
        Line { cell: Some(cell), row: Some(row), ..Line::new(begin) }
    }

    pub(super) fn of_map(begin: &'a RunBegin, cell: &'a Cell, map: &'a MapRow) -> Self {
        Line { cell: Some(cell), map: Some(map), ..Line::new(begin) }
    }

    pub(super) fn of_skipped(begin: &'a RunBegin, skipped: &'a Skipped) -> Self {
        Line { skipped: Some(skipped), ..Line::new(begin) }
    }

    /// With what the run says of itself.
    pub(super) fn calibrated(self, own: CellCalibration) -> Self {
        Line { own: Some(own), ..self }
    }

    /// The fields, in the order of [`COLUMNS`].
    pub(super) fn fields(self) -> impl Iterator<Item = String> {
        COLUMNS.iter().map(move |column| (column.field)(self))
    }

    fn cell(self, field: fn(&Cell) -> String) -> String {
        self.cell.map_or_else(String::new, field)
    }

    fn row(self, field: fn(&SummaryRow) -> String) -> String {
        self.row.map_or_else(String::new, field)
    }

    fn own(self, field: fn(&CellCalibration) -> String) -> String {
        self.own.as_ref().map_or_else(String::new, field)
    }

    fn noise(self, field: fn(&Noise) -> String) -> String {
        self.own.and_then(|own| own.noise).as_ref().map_or_else(String::new, field)
    }

    fn map(self, field: fn(&MapRow) -> String) -> String {
        self.map.map_or_else(String::new, field)
    }

    fn either(self, row: fn(&SummaryRow) -> String, map: fn(&MapRow) -> String) -> String {
        self.row.map_or_else(|| self.map(map), row)
    }

    /// A figure of memory.
    fn held(self, field: fn(&MemoryFigures) -> String) -> String {
        self.row.and_then(|row| row.memory.as_ref()).map_or_else(String::new, field)
    }

    /// A figure of several rounds, of which one has no part of its own.
    fn summed(self, field: fn(&SummaryRow) -> String) -> String {
        let is_round = self.row.is_some_and(|row| row.level == Level::Round);
        match self.row.filter(|row| row.op_class.is_none() && !is_round) {
            Some(row) => field(row),
            None => String::new(),
        }
    }

    /// A figure of all ops, of which a class has no part of its own.
    fn all(self, field: fn(&SummaryRow, &Cell) -> String) -> String {
        match (self.row, self.cell) {
            (Some(row), Some(cell)) if row.op_class.is_none() => field(row, cell),
            _ => String::new(),
        }
    }
}

/// A figure of what was offered and achieved, of all ops.
fn pace(line: Line<'_>, field: fn(PaceFigures) -> String) -> String {
    line.row.and_then(|row| row.pace).map_or_else(String::new, field)
}

/// Whether a row of a cell or fork, of which something was offered, has a flag.
fn flagged(line: Line<'_>, flag: Flag) -> &'static str {
    let judged = line.row.filter(|row| row.pace.is_some() && row.level != Level::Round);
    judged.map_or("", |row| if row.flags.contains(&flag) { "true" } else { "false" })
}

/// The highest percentile that is near the resolution of the clock, with all below it.
fn below_resolution(service: &Percentiles) -> &'static str {
    let percentiles = [
        ("p9999", service.p9999),
        ("p999", service.p999),
        ("p99", service.p99),
        ("p90", service.p90),
        ("p50", service.p50),
    ];
    let badged = percentiles.into_iter().find(|(_, ns)| *ns < CLOCK_BADGE_NS);
    badged.map_or("none", |(name, _)| name)
}

/// `name=per_s;name=per_s`, by name: medians over rounds of what maps counted of themselves.
fn counted(counters: &[CounterRate]) -> String {
    let parts = counters
        .iter()
        .map(|counter| format!("{}={}", counter.name, decimal(Some(counter.per_sec_median), 3)));
    parts.collect::<Vec<_>>().join(";")
}

/// The name of an arm of a comparison: `A`, `A again`, `B`.
pub(super) const fn arm_name(arm: Arm) -> &'static str {
    match arm {
        Arm::A => "A",
        Arm::AgainA => "A again",
        Arm::B => "B",
    }
}

/// The full hash; as `git describe` does, a changed work tree is not passed off as its commit.
fn commit(begin: &RunBegin) -> String {
    begin.commit.as_ref().map_or_else(String::new, |commit| {
        format!("{}{}", commit.sha, if commit.dirty { "-dirty" } else { "" })
    })
}

fn at(latency: Option<Percentiles>, pick: fn(&Percentiles) -> u64) -> String {
    optional(latency.as_ref().map(pick))
}

fn low(interval: Option<Interval>) -> String {
    decimal(interval.map(|interval| interval.low), 3)
}

fn high(interval: Option<Interval>) -> String {
    decimal(interval.map(|interval| interval.high), 3)
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn decimal(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(String::new, |value| format!("{value:.decimals$}"))
}
