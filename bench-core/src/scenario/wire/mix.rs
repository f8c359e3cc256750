//! The TOML shape of `[mix]`, and of what an actor's ops are drawn from. Ranges are checked where
//! the parameters live, not here.

use serde::Deserialize;

use super::default_key_rule;
use crate::key::KeyRule;
use crate::op::OpKind;
use crate::trace::Shape;
use crate::workload::{Draws, Drift, Mix, Popularity, Repeat};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireMix {
    keys: u32,
    preload: Option<u32>,
    #[serde(default = "default_lap_ops")]
    lap_ops: u64,
    ops: WireShares,
    range_keys: Option<u32>,
    #[serde(default = "uniform")]
    popularity: Popularity,
    drift: Option<Drift>,
    repeat: Option<Repeat>,
    #[serde(default = "default_key_rule")]
    key_rule: KeyRule,
    #[serde(default = "steady")]
    shape: Shape,
}

/// Shares of op kinds in percent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WireShares {
    get: f64,
    has: f64,
    insert: f64,
    insert_if_absent: f64,
    overwrite: f64,
    update: f64,
    remove: f64,
    get_cloned: f64,
    scan: f64,
    scan_prefix: f64,
    len: f64,
    range: f64,
    replace_all: f64,
}

pub(super) fn default_lap_ops() -> u64 {
    1 << 20
}

pub(super) fn uniform() -> Popularity {
    Popularity::Uniform
}

fn steady() -> Shape {
    Shape::Steady
}

impl From<WireMix> for Mix {
    fn from(wire: WireMix) -> Self {
        Mix {
            keys: wire.keys,
            preload: wire.preload.unwrap_or(wire.keys),
            lap_ops: wire.lap_ops,
            draws: Draws {
                ops: wire.ops.in_table_order(),
                range_keys: wire.range_keys,
                popularity: wire.popularity,
                drift: wire.drift,
                repeat: wire.repeat,
                misses: None,
            },
            key_rule: wire.key_rule,
            shape: wire.shape,
        }
    }
}

impl WireShares {
    /// The shares that are not zero.
    pub(super) fn in_table_order(&self) -> Vec<(OpKind, f64)> {
        let share = |kind| match kind {
            OpKind::Get => self.get,
            OpKind::Has => self.has,
            OpKind::Insert => self.insert,
            OpKind::InsertIfAbsent => self.insert_if_absent,
            OpKind::Overwrite => self.overwrite,
            OpKind::Update => self.update,
            OpKind::Remove => self.remove,
            OpKind::GetCloned => self.get_cloned,
            OpKind::Scan => self.scan,
            OpKind::ScanPrefix => self.scan_prefix,
            OpKind::Len => self.len,
            OpKind::Range => self.range,
            OpKind::ReplaceAll => self.replace_all,
            OpKind::NewMap => 0.0,
        };
        let shares = Draws::KINDS.into_iter().map(|kind| (kind, share(kind)));
        shares.filter(|(_, share)| *share != 0.0).collect()
    }
}
