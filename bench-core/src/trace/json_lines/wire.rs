//! The shape of the lines. Names that nobody knows are refused; what they mean is `read`'s business.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::key::KeyRule;
use crate::op::{OpKind, TABLE};
use crate::scenario::nearest;
use crate::trace::{Deal, FinalState, Pace, Shape, TopKey, Unit};

/// The first line. What the records give may be left out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireHeader {
    /// Version of the format that the trace is one of.
    pub(super) mapbench_trace: u32,
    pub(super) name: String,
    #[serde(default = "by_hand")]
    pub(super) generator: String,
    #[serde(default)]
    pub(super) seed: u64,
    #[serde(default)]
    pub(super) parameters: serde_json::Value,
    pub(super) shape: Shape,
    pub(super) maps: Vec<WireMap>,
    pub(super) actors: Vec<WireActor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unit: Option<Unit>,
    pub(super) ops: Option<u64>,
    pub(super) expected: Option<Vec<FinalState>>,
    pub(super) hit_share: Option<f64>,
    pub(super) effective_write_share: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) top_key: Option<TopKey>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireMap {
    pub(super) id: String,
    pub(super) name: Option<String>,
    #[serde(default = "default_key_rule")]
    pub(super) key_rule: KeyRule,
    pub(super) keys: u32,
    #[serde(default)]
    pub(super) preload: u32,
    pub(super) peak: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireActor {
    pub(super) name: String,
    pub(super) deal: Deal,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pace: Option<Pace>,
}

fn by_hand() -> String {
    "by hand".to_owned()
}

fn default_key_rule() -> KeyRule {
    KeyRule::NsName
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireLine<'a> {
    #[serde(borrow)]
    pub(super) actor: Name<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) follows: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at_ns: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) ops: Option<Vec<WireOp<'a>>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) op: Option<WireOp<'a>>,
}

/// An actor or a map by its name, or by its position where names repeat.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Name<'a> {
    Called(Cow<'a, str>),
    At(u32),
}

/// An op as `["get","M0",17]`; the key of what asks for a whole map may be left out, a range has its
/// count last.
#[derive(Debug)]
pub(super) struct WireOp<'a> {
    pub(super) kind: OpKind,
    pub(super) map: Name<'a>,
    pub(super) key: u32,
    pub(super) count: u32,
}

impl Serialize for WireOp<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, map) = (self.kind.name(), &self.map);
        match self.kind {
            OpKind::Range => (name, map, self.key, self.count).serialize(serializer),
            _ if self.key == 0 && may_lack_key(self.kind) => (name, map).serialize(serializer),
            _ => (name, map, self.key).serialize(serializer),
        }
    }
}

/// A prefix is named by a key.
fn may_lack_key(kind: OpKind) -> bool {
    !kind.accesses_a_key() && kind != OpKind::ScanPrefix
}

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named;
        impl<'de> Visitor<'de> for Named {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a position")
            }

            fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name::Called(Cow::Borrowed(name)))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name::Called(Cow::Owned(name.to_owned())))
            }

            fn visit_u64<E: de::Error>(self, at: u64) -> Result<Name<'de>, E> {
                u32::try_from(at).map(Name::At).map_err(|_| E::custom("a position over 32 bits"))
            }
        }
        deserializer.deserialize_any(Named)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireOp<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnOp;
        impl<'de> Visitor<'de> for AnOp {
            type Value = WireOp<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an op as [\"get\",\"M0\",17]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<WireOp<'de>, A::Error> {
                let name: Cow<'de, str> = parts
                    .next_element()?
                    .ok_or_else(|| de::Error::custom("an op without a name"))?;
                let kind = OpKind::from_name(&name).ok_or_else(|| unknown(&name))?;
                let lacks =
                    |what: &str| de::Error::custom(format!("{} without {what}", kind.name()));
                let map = parts.next_element()?.ok_or_else(|| lacks("its map"))?;
                let key = match parts.next_element()? {
                    Some(key) => key,
                    None if may_lack_key(kind) => 0,
                    None => return Err(lacks("its key")),
                };
                let count = match kind {
                    OpKind::Range => parts.next_element()?.ok_or_else(|| lacks("its count"))?,
                    _ => 1,
                };
                match parts.next_element::<de::IgnoredAny>()? {
                    None => Ok(WireOp { kind, map, key, count }),
                    Some(_) => {
                        Err(de::Error::custom(format!("{} with more than it has", kind.name())))
                    }
                }
            }
        }
        deserializer.deserialize_seq(AnOp)
    }
}

fn unknown<E: de::Error>(name: &str) -> E {
    // What is quoted must not be as long as the line.
    let shown: String = name.chars().take(40).collect();
    let near = nearest(&shown, TABLE.iter().map(|info| info.name));
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    E::custom(format!("there is no op `{shown}`{hint}"))
}
