//! The columns: the name of each beside what stands in it, in one table.

use mapbench_core::event::{Cell, RunBegin, SCHEMA_VERSION, Skipped};

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
    field: fn(Line<'_>) -> String,
}

const fn column(name: &'static str, field: fn(Line<'_>) -> String) -> Column {
    Column { name, field }
}

/// The columns, in order.
pub(super) const COLUMNS: [Column; 103] = [
    column("schema_version", |_| SCHEMA_VERSION.to_string()),
    column("run_id", |line| line.begin.run_id.clone()),
    column("commit", |line| commit(line.begin)),
    column("scenario", |line| match line.skipped {
        Some(skipped) => skipped.scenario.clone(),
        None => line.cell(|cell| cell.scenario.clone()),
    }),
    column("adapter", |line| match line.skipped {
        Some(skipped) => skipped.adapter.clone(),
        None => line.cell(|cell| cell.adapter.clone()),
    }),
    column("adapter_version", |line| line.cell(|cell| cell.adapter_version.clone())),
    column("hasher", |line| line.cell(|cell| cell.hasher.name().to_owned())),
    column("key_kind", |line| line.cell(|cell| cell.key.name().to_owned())),
    column("value_bytes", |line| line.cell(|cell| cell.value.bytes().to_string())),
    column("threads", |line| line.cell(|cell| cell.threads.to_string())),
    column("fork", |line| line.either(|row| optional(row.fork), |map| optional(map.fork))),
    column("rounds", |line| {
        line.either(|row| row.rounds.to_string(), |map| map.rounds.to_string())
    }),
    column("ops", |line| line.either(|row| row.ops.to_string(), |map| map.ops.to_string())),
    column("elapsed_ns", |line| {
        line.either(|row| row.elapsed_ns.to_string(), |map| map.elapsed_ns.to_string())
    }),
    column("ops_per_sec_median", |line| line.row(|row| decimal(row.ops_per_sec_median, 3))),
    column("ops_per_sec_ci95_low", |line| line.row(|row| low(row.ops_per_sec_ci95))),
    column("ops_per_sec_ci95_high", |line| line.row(|row| high(row.ops_per_sec_ci95))),
    column("service_ns_p50", |line| line.row(|row| at(row.service, |p| p.p50))),
    column("service_ns_p90", |line| line.row(|row| at(row.service, |p| p.p90))),
    column("service_ns_p99", |line| line.row(|row| at(row.service, |p| p.p99))),
    column("service_ns_p999", |line| line.row(|row| at(row.service, |p| p.p999))),
    column("service_ns_p9999", |line| line.row(|row| at(row.service, |p| p.p9999))),
    column("service_ns_max", |line| line.row(|row| at(row.service, |p| p.max))),
    column("hit_share", |line| line.row(|row| decimal(row.hit_share, 6))),
    column("effective_write_share", |line| line.row(|row| decimal(row.effective_write_share, 6))),
    column("bytes_per_entry", |line| line.row(|row| decimal(row.bytes_per_entry, 3))),
    column("status", |line| match line.skipped {
        Some(_) => "skipped".to_owned(),
        None => line.either(|row| row.status.name().to_owned(), |map| map.status.name().to_owned()),
    }),
    column("error", |line| match line.skipped {
        Some(skipped) => skipped.reason.clone(),
        None => line.row(|row| row.error.clone().unwrap_or_default()),
    }),
    column("level", |line| match (line.row, line.map) {
        (Some(row), _) => row.level.name().to_owned(),
        (_, Some(_)) => "map".to_owned(),
        _ => "cell".to_owned(),
    }),
    column("op_class", |line| {
        let class = line.row.and_then(|row| row.op_class);
        class.map_or("all", |class| class.name()).to_owned()
    }),
    column("axis", |line| line.cell(|cell| cell.axis.clone().unwrap_or_default())),
    column("axis_value", |line| line.cell(|cell| cell.axis_value.clone().unwrap_or_default())),
    column("seed", |line| line.begin.seed.to_string()),
    column("trace_hash", |line| line.cell(|cell| cell.trace_hash.clone())),
    column("placement", |line| {
        line.row(|row| row.placement.map(|shares| shares.describe()).unwrap_or_default())
    }),
    column("intended_ns_p50", |line| line.row(|row| at(row.intended, |p| p.p50))),
    column("intended_ns_p90", |line| line.row(|row| at(row.intended, |p| p.p90))),
    column("intended_ns_p99", |line| line.row(|row| at(row.intended, |p| p.p99))),
    column("intended_ns_p999", |line| line.row(|row| at(row.intended, |p| p.p999))),
    column("intended_ns_p9999", |line| line.row(|row| at(row.intended, |p| p.p9999))),
    column("intended_ns_max", |line| line.row(|row| at(row.intended, |p| p.max))),
    column("value_kind", |line| line.cell(|cell| cell.value.name().into_owned())),
    column("verified", |line| line.row(|row| optional(row.verified))),
    column("round", |line| line.either(|row| optional(row.round), |map| optional(map.round))),
    column("shards", |line| line.cell(|cell| optional(cell.tuning.shards))),
    column("publish_every", |line| line.cell(|cell| optional(cell.tuning.publish_every))),
    column("map", |line| line.map.map_or("all", |map| &map.id).to_owned()),
    column("map_name", |line| line.map(|map| map.name.clone())),
    column("ops_per_sec_mean", |line| line.map(|map| decimal(Some(map.ops_per_sec()), 3))),
    column("reads", |line| line.map(|map| map.reads.to_string())),
    column("writes", |line| line.map(|map| map.writes.to_string())),
    column("entries", |line| line.map(|map| map.entries.to_string())),
    column("ops_share", |line| line.map(|map| decimal(map.ops_share, 6))),
    column("time_share", |line| line.map(|map| decimal(map.time_share, 6))),
    column("ns_per_op", |line| line.map(|map| decimal(map.ns_per_op, 3))),
    column("unit", |line| {
        line.cell(|cell| cell.unit.as_ref().map(|unit| unit.name.clone()).unwrap_or_default())
    }),
    column("units_per_sec_median", |line| line.row(|row| decimal(row.units_per_sec_median, 3))),
    column("units_per_sec_ci95_low", |line| line.row(|row| low(row.units_per_sec_ci95))),
    column("units_per_sec_ci95_high", |line| line.row(|row| high(row.units_per_sec_ci95))),
    column("busy_ns_per_unit", |line| line.all(|row, _| decimal(row.busy_ns_per_unit, 1))),
    column("busy_cores", |line| line.all(|row, _| decimal(row.busy_cores, 6))),
    column("hit_share_intended", |line| line.all(|_, cell| decimal(cell.hit_share, 6))),
    column("effective_write_share_intended", |line| {
        line.all(|_, cell| decimal(Some(cell.effective_write_share), 6))
    }),
    column("top_key_share", |line| line.all(|row, _| decimal(row.top_key_share, 6))),
    column("top_key_share_intended", |line| line.all(|_, cell| decimal(cell.top_key_share, 6))),
    column("contended_share", |line| line.all(|row, _| decimal(row.contended_share, 6))),
    column("waiting_share", |line| line.all(|row, _| decimal(row.waiting_share, 6))),
    column("due_events", |line| line.all(|row, _| row.due_events.to_string())),
    column("late_share", |line| line.all(|row, _| decimal(row.late_share, 6))),
    column("bytes_per_entry_churned", |line| line.held(|held| decimal(held.churned, 3))),
    column("bytes_per_entry_quiesced", |line| line.held(|held| decimal(held.quiesced, 3))),
    column("held_bytes", |line| line.held(|held| decimal(held.held_bytes, 0))),
    column("reclaimed_bytes", |line| line.held(|held| decimal(held.reclaimed_bytes, 0))),
    column("peak_bytes", |line| line.held(|held| optional(held.peak_bytes))),
    column("rss_bytes", |line| line.held(|held| decimal(held.rss_bytes, 0))),
    column("peak_rss_bytes", |line| line.held(|held| optional(held.peak_rss_bytes))),
    column("quiesce_ns", |line| line.held(|held| decimal(held.quiesce_ns, 0))),
    column("taken_bytes_per_op", |line| line.held(|held| decimal(held.taken_bytes_per_op, 3))),
    column("given_bytes_per_op", |line| line.held(|held| decimal(held.given_bytes_per_op, 3))),
    column("presize", |line| line.cell(|cell| optional(cell.presize))),
    column("preempted_share", |line| {
        line.all(|row, _| decimal(row.disturbance.preempted_share, 6))
    }),
    column("steal_share", |line| line.all(|row, _| decimal(row.disturbance.pressure.steal, 6))),
    column("psi_share", |line| line.all(|row, _| decimal(row.disturbance.pressure.psi_some, 6))),
    column("odd_rounds", |line| line.summed(|row| row.disturbance.odd_rounds.to_string())),
    column("steady_state", |line| line.all(|row, _| optional(row.disturbance.steady))),
    column("noise", |line| line.all(|row, _| row.disturbance.describe())),
    column("floor_ns_per_op", |line| line.own(|own| decimal(own.floor_ns_per_op, 3))),
    column("floor_share", |line| line.own(|own| decimal(own.floor_share, 6))),
    column("self_ratio", |line| line.noise(|noise| decimal(Some(noise.ratio), 6))),
    column("self_ratio_ci95_low", |line| line.noise(|noise| decimal(Some(noise.interval.low), 6))),
    column("self_ratio_ci95_high", |line| {
        line.noise(|noise| decimal(Some(noise.interval.high), 6))
    }),
    column("detectable_share", |line| line.noise(|noise| decimal(noise.detectable, 6))),
    column("offered_per_sec", |line| pace(line, |pace| decimal(Some(pace.offered_per_sec), 3))),
    column("achieved_per_sec", |line| pace(line, |pace| decimal(Some(pace.achieved_per_sec), 3))),
    column("achieved_share", |line| pace(line, |pace| decimal(pace.achieved_share(), 6))),
    column("saturated", |line| flagged(line, Flag::Saturated).to_owned()),
    column("schedule", |line| {
        line.cell(|cell| cell.offered.map_or("", |offered| offered.schedule.name()).to_owned())
    }),
    column("idling", |line| {
        pace(line, |pace| if pace.yielded { "yield" } else { "spin" }.to_owned())
    }),
    column("wake_late_ns_p50", |line| pace(line, |pace| at(pace.wakes, |p| p.p50))),
    column("wake_late_ns_p99", |line| pace(line, |pace| at(pace.wakes, |p| p.p99))),
    column("below_clock_resolution", |line| {
        line.row(|row| row.service.map_or("", |service| below_resolution(&service)).to_owned())
    }),
    column("instructions_per_op", |line| line.row(|row| decimal(row.instructions_per_op, 3))),
    column("counters", |line| line.row(|row| counted(&row.counters))),
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
