//! What people call a cell: its adapter with the settings that only some maps have, and the setting
//! that it shares with the cells it may be compared with.

use mapbench_core::event::Cell;
use mapbench_core::value::ValueKind;

use crate::units::{self, Charset};

/// The adapter as it was asked for, with the run's settings that its name does not say:
/// `dashmap/v6 (shards 256)`, `dashmap/v6@shards=256`.
pub fn adapter(cell: &Cell) -> String {
    let tuning = &cell.tuning;
    let settings = [("shards", tuning.shards), ("publish-every", tuning.publish_every)];
    let settings: Vec<String> = settings
        .into_iter()
        .filter(|(key, _)| !cell.adapter.contains(&format!("@{key}=")))
        .filter_map(|(key, value)| Some(format!("{} {}", key.replace('-', " "), value?)))
        .collect();
    if settings.is_empty() {
        cell.adapter.clone()
    } else {
        format!("{} ({})", cell.adapter, settings.join(", "))
    }
}

/// Everything but the adapter: cells of one setting did the same work and may be compared.
pub fn setting(cell: &Cell, charset: Charset) -> String {
    let threads = if cell.threads == 1 { "thread" } else { "threads" };
    let mut parts = vec![
        cell.scenario.clone(),
        format!("{} {threads}", cell.threads),
        format!("{} keys", cell.key.name()),
        values(cell.value),
        cell.hasher.name().to_owned(),
    ];
    if cell.presize == Some(false) {
        parts.push("grown".to_owned());
    }
    if let Some(offered) = cell.offered {
        let unit = cell.unit.as_ref().map_or("ops", |unit| &unit.name);
        let rate = units::rate(offered.per_s);
        parts.push(format!("offered {rate} {unit}/s {}", offered.schedule.name()));
    } else if let (Some(axis), Some(value)) = (&cell.axis, &cell.axis_value) {
        parts.push(format!("{axis} = {value}"));
    }
    parts.join(charset.separator())
}

/// A type of values: `8 B values`, `boxed 64 B values`.
pub fn values(value: ValueKind) -> String {
    match value {
        ValueKind::Word | ValueKind::Inline224 => format!("{} B values", value.bytes()),
        ValueKind::Arc224 => format!("Arc of {} B values", value.bytes()),
        ValueKind::Boxed(bytes) => format!("boxed {bytes} B values"),
    }
}

/// The id and the name of a map of a cell's trace, by position: `M9`, `pod states`. Where a log
/// does not say, the id is the position and the name is empty.
pub fn map(cell: &Cell, position: usize) -> (String, String) {
    let known = cell.maps.get(position).map(|map| (map.id.clone(), map.name.clone()));
    known.unwrap_or_else(|| (format!("#{position}"), String::new()))
}
