//! The page of `trace info`: what a trace says of itself and what is in it, at most 80 columns wide.

use std::fmt::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use mapbench_core::op;
use mapbench_core::trace::{Figures, LAP_PARTS, Lap, MapFigures, Shape, TraceHeader, Written};
use mapbench_results::units::Charset;

use super::plot;

/// Columns of a page.
const COLUMNS: usize = 80;

/// Everything that a page shows.
pub(super) struct Page<'a> {
    pub(super) header: &'a TraceHeader,
    pub(super) figures: &'a Figures,
    pub(super) written: &'a Written,
    /// The map whose keys' popularity is drawn.
    pub(super) popularity_of: Option<usize>,
    pub(super) charset: Charset,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        self.actors(f)?;
        self.maps(f)?;
        self.kinds(f)?;
        self.keys(f)?;
        self.live(f)?;
        self.popularity(f)?;
        self.arrivals(f)
    }
}

impl Page<'_> {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (header, figures, written) = (self.header, self.figures, self.written);
        let shape = match header.shape {
            Shape::Steady => "steady: rounds may loop",
            Shape::OneShot => "one-shot: a round is the whole trace",
        };
        let ops = header.ops;
        let mut rows = vec![
            ("name", header.name.clone()),
            ("hash", written.hash.to_string()),
            ("generator", format!("{}, seed {}", header.generator, header.seed)),
            ("shape", shape.to_owned()),
            ("ops", format!("{} in {} records", digits(ops), digits(figures.records))),
            (
                "bytes",
                format!(
                    "{}: {:.2} per record, {:.3} per op",
                    digits(written.bytes),
                    written.bytes_per_record(),
                    written.bytes as f64 / ops.max(1) as f64
                ),
            ),
        ];
        if let Some(unit) = &header.unit {
            let each = ops as f64 / unit.count.max(1) as f64;
            rows.push((
                "unit",
                format!("{} {}, {each:.1} ops each", digits(unit.count), unit.name),
            ));
        }
        if figures.events > 0 {
            let order = if figures.actors.iter().any(|actor| actor.following > 0) {
                ", in an order across actors"
            } else {
                ""
            };
            rows.push(("events", format!("{}{order}", digits(figures.events))));
        }
        if let Lap::Time(ns) = figures.lap {
            rows.push(("lap", format!("{:.3} s in open loop", ns as f64 / 1e9)));
        }
        rows.push(("hit share", self.share(header.hit_share, "of the reads")));
        let effective = Some(header.effective_write_share);
        rows.push((
            "effective",
            self.share(effective, "of all ops are writes that change something"),
        ));
        if let Some(top) = header.top_key {
            let map = &header.maps[top.map as usize].id;
            let share = self.share(Some(top.share), "of all ops");
            rows.push(("top key", format!("key {} of {map}, {share}", top.key)));
        }
        for (name, value) in rows {
            writeln!(f, "{name:<11}{value}")?;
        }
        if !header.parameters.is_null() {
            writeln!(f, "{}", wrapped("parameters", &header.parameters.to_string()))?;
        }
        Ok(())
    }

    fn actors(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = table(&["actor", "deal", "events", "records", "ops", "follow", "lap"], 2);
        for (spec, figures) in self.header.actors.iter().zip(&self.figures.actors) {
            let pace = spec.pace.map(|pace| format!("{:.3} s", pace.lap_ns as f64 / 1e9));
            table.add_row([
                spec.name.clone(),
                spelled(spec.deal),
                digits(figures.events),
                digits(figures.records),
                digits(figures.ops),
                digits(figures.following),
                pace.unwrap_or_else(|| "closed loop".to_owned()),
            ]);
        }
        writeln!(f, "\n{}", table.trim_fmt())
    }

    fn maps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.header.unit.as_ref().map(|unit| unit.count);
        let per = match &self.header.unit {
            Some(unit) => format!("for each of the {}; reads include scans", unit.name),
            None => "in total; reads include scans".to_owned(),
        };
        let columns = ["map", "name", "reads", "writes", "bulk", "hit %", "effective %"];
        let mut table = table(&columns, 2);
        let mut total = [0; 3];
        for map in &self.figures.maps {
            let columns = [map.reads + map.scans, map.writes, map.bulk];
            let [reads, writes, bulk] = columns.map(|ops| each(ops, count));
            for (total, ops) in total.iter_mut().zip(columns) {
                *total += ops;
            }
            let (hits, effective) = (map.hit_share(), map.effective_share());
            let (hits, effective) = (self.percent(hits), self.percent(effective));
            table.add_row([map.id.clone(), map.name.clone(), reads, writes, bulk, hits, effective]);
        }
        let [reads, writes, bulk] = total.map(|ops| each(ops, count));
        let rest = [String::new(), String::new()];
        let [hits, effective] = rest;
        table.add_row(["all".to_owned(), String::new(), reads, writes, bulk, hits, effective]);
        writeln!(f, "\nops {per}\n{}", table.trim_fmt())
    }

    /// Ops by kind, in total and per unit.
    fn kinds(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.header.unit.as_ref().map(|unit| unit.count);
        match &self.header.unit {
            Some(unit) => writeln!(f, "\nops by kind (for each of the {})", unit.name)?,
            None => writeln!(f, "\nops by kind")?,
        }
        for map in &self.figures.maps {
            let in_order = op::TABLE.iter().filter_map(|info| map.ops.get_key_value(info.name));
            let items = in_order.map(|(name, &ops)| match &self.header.unit {
                Some(_) => format!("{name} {} ({})", digits(ops), each(ops, count)),
                None => format!("{name} {}", digits(ops)),
            });
            let items: Vec<String> = items.collect();
            if !items.is_empty() {
                writeln!(f, "{}", wrapped_items(&map.id, &items))?;
            }
        }
        Ok(())
    }

    fn keys(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns =
            ["map", "keys", "accessed", "accesses", "top key %", "top 10 %", "top 1 % of keys %"];
        let mut table = table(&columns, 1);
        for (spec, map) in self.header.maps.iter().zip(&self.figures.maps) {
            let Some(keys) = map.keys else { continue };
            table.add_row([
                map.id.clone(),
                digits(spec.keys.into()),
                digits(keys.distinct.into()),
                digits(keys.accesses),
                self.percent(Some(keys.top)),
                self.percent(Some(keys.top_10)),
                self.percent(Some(keys.top_percent)),
            ]);
        }
        writeln!(f, "\n{}", table.trim_fmt())
    }

    fn live(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = table(&["map", "at start", "fewest", "most", "at end", "over the lap"], 1);
        if let Some(column) = table.column_mut(5) {
            column.set_cell_alignment(CellAlignment::Left);
        }
        for map in &self.figures.maps {
            let live = &map.live;
            let [start, min, max, end] =
                [live.start, live.min, live.max, live.end].map(|keys| digits(keys.into()));
            let line = plot::sparkline(&live.parts, 30, self.charset);
            table.add_row([map.id.clone(), start, min, max, end, line]);
        }
        writeln!(f, "\nkeys alive\n{}", table.trim_fmt())
    }

    fn popularity(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(map) = self.popularity_of.map(|at| &self.figures.maps[at]) else { return Ok(()) };
        let points: Vec<(f64, f64)> =
            map.popularity.iter().map(|&(rank, share)| (f64::from(rank), share)).collect();
        let percent = |share: f64| format!("{} %", short(share * 100.0));
        let plot = plot::log_log(&points, short, percent, self.charset);
        writeln!(
            f,
            "\nshare of the accesses to {} by rank of the key\n{plot}",
            title(map).trim_end()
        )
    }

    /// Keys that inserts add to the first map that gets any: the informer store, if there is one.
    fn arrivals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arriving = |map: &&MapFigures| map.arrivals.iter().any(|&keys| keys > 0);
        let Some(map) = self.figures.maps.iter().find(arriving) else { return Ok(()) };
        let name = title(map);
        let (values, what, end) = match self.figures.lap {
            Lap::Ops(ops) => {
                let each = ops as f64 / LAP_PARTS as f64;
                let values = map.arrivals.iter().map(|&keys| keys as f64 / each * 1e6).collect();
                (values, "million ops over the lap", format!("{} ops", digits(ops)))
            }
            Lap::Time(ns) => {
                let each = ns as f64 / 1e9 / LAP_PARTS as f64;
                let values = map.arrivals.iter().map(|&keys| keys as f64 / each).collect();
                (values, "second over the lap", format!("{:.3} s", ns as f64 / 1e9))
            }
        };
        let values: Vec<f64> = values;
        let plot = plot::bars(&values, ("0".to_owned(), end), short, self.charset);
        writeln!(f, "new keys in {name} per {what}\n{}", plot.trim_end())
    }

    fn share(&self, share: Option<f64>, of: &str) -> String {
        match share {
            Some(share) => format!("{:.2} % {of}", share * 100.0),
            None => self.charset.absent().to_owned(),
        }
    }

    fn percent(&self, share: Option<f64>) -> String {
        match share {
            Some(share) => format!("{:.2}", share * 100.0),
            None => self.charset.absent().to_owned(),
        }
    }
}

/// A table whose columns from `text` on are numbers.
fn table(columns: &[&str], text: usize) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(columns);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for column in table.column_iter_mut().skip(text) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn title(map: &MapFigures) -> String {
    format!("{} {}", map.id, map.name)
}

/// Ops, or ops per unit with one decimal.
fn each(ops: u64, count: Option<u64>) -> String {
    match count {
        Some(count) => format!("{:.1}", ops as f64 / count.max(1) as f64),
        None => digits(ops),
    }
}

/// A whole number in groups of three digits.
fn digits(number: u64) -> String {
    let plain = number.to_string();
    let groups = plain.as_bytes().rchunks(3).rev();
    let groups: Vec<&str> = groups.filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// A number in few characters: `0.01`, `2.5`, `40`, `10k`, `2.5M`.
fn short(number: f64) -> String {
    let (scaled, suffix) = match number {
        number if number >= 1e6 => (number / 1e6, "M"),
        number if number >= 1e4 => (number / 1e3, "k"),
        number => (number, ""),
    };
    let decimals =
        if scaled == 0.0 || scaled >= 10.0 { 0 } else { (1.0 - scaled.log10()).ceil() as usize };
    let text = format!("{scaled:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{suffix}")
}

/// A unit-like value by its name in files.
fn spelled(value: impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// JSON beside a title, broken at commas where the page ends.
fn wrapped(title: &str, json: &str) -> String {
    let mut page = format!("{title:<11}");
    let mut used = 11;
    for part in json.split_inclusive(',') {
        if used > 11 && used + part.chars().count() > COLUMNS {
            let _ = write!(page, "\n{:11}", "");
            used = 11;
        }
        page.push_str(part);
        used += part.chars().count();
    }
    page
}

/// Items beside a title, as many to the line as fit.
fn wrapped_items(title: &str, items: &[String]) -> String {
    let mut page = format!("{title:<4}");
    let mut used = 4;
    for item in items {
        if used + item.len() + 2 > COLUMNS {
            page = page.trim_end().to_owned() + "\n    ";
            used = 4;
        }
        let _ = write!(page, "{item}  ");
        used += item.len() + 2;
    }
    page.trim_end().to_owned()
}
