//! Settings that only some adapters have: what an adapter declares that it takes, and what a trial
//! gives it. Knows no adapter and no command line; it only checks a text against a declaration.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One setting that an adapter takes, as `NAME@KEY=VALUE` asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdapterSetting {
    /// The key.
    pub key: &'static str,
    /// What may be its value.
    pub takes: SettingValue,
    /// One line for lists, with the unit.
    pub summary: &'static str,
}

/// What may be the value of a setting. Bounds are inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingValue {
    /// A whole number.
    Count {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
    },
    /// A number, whole or not.
    Number {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
    },
    /// A time above zero with its unit.
    Duration,
}

impl AdapterSetting {
    /// Shards, for maps that have shards.
    pub const SHARDS: AdapterSetting = AdapterSetting {
        key: "shards",
        takes: SettingValue::Count { min: 1, max: 1 << 20 },
        summary: "shards; the map may round them up",
    };
    /// Writes per publication, for maps that publish.
    pub const PUBLISH_EVERY: AdapterSetting = AdapterSetting {
        key: "publish-every",
        takes: SettingValue::Count { min: 1, max: u32::MAX },
        summary: "writes per publication",
    };
}

impl SettingValue {
    /// What is taken, to go after "takes".
    pub fn described(self) -> String {
        match self {
            SettingValue::Count { min, max } => format!("a whole number from {min} to {max}"),
            SettingValue::Number { min, max } => format!("a number from {min} to {max}"),
            SettingValue::Duration => "a time, as `5ms` or `1s`".to_owned(),
        }
    }

    fn accepts(self, text: &str) -> bool {
        match self {
            SettingValue::Count { min, max } => {
                text.parse::<u32>().is_ok_and(|count| (min..=max).contains(&count))
            }
            SettingValue::Number { min, max } => number(text)
                .is_some_and(|number| (f64::from(min)..=f64::from(max)).contains(&number)),
            SettingValue::Duration => duration_ns(text).is_some(),
        }
    }
}

/// Settings that only some maps have; the others ignore them. Disclosed in the results.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tuning {
    /// Shards, for maps that have shards; `None` is the crate's own default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards: Option<u32>,
    /// Writes per publication, for maps that publish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publish_every: Option<u32>,
    /// Settings that one adapter alone has, by key, as they were written.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<String, String>,
}

impl Tuning {
    /// Sets one setting.
    ///
    /// # Errors
    ///
    /// If the text is not a value of it: what it takes.
    pub fn set(&mut self, setting: &AdapterSetting, text: &str) -> Result<(), String> {
        if !setting.takes.accepts(text) {
            return Err(setting.takes.described());
        }
        match setting.key {
            "shards" => self.shards = text.parse().ok(),
            "publish-every" => self.publish_every = text.parse().ok(),
            key => {
                self.own.insert(key.to_owned(), text.to_owned());
            }
        }
        Ok(())
    }

    /// These settings, and those of `under` where these have none.
    #[must_use]
    pub fn over(&self, under: &Tuning) -> Tuning {
        let mut own = under.own.clone();
        own.extend(self.own.clone());
        Tuning {
            shards: self.shards.or(under.shards),
            publish_every: self.publish_every.or(under.publish_every),
            own,
        }
    }

    /// A number among an adapter's own settings; `None` if it is not set.
    pub fn number(&self, key: &str) -> Option<f64> {
        number(self.own.get(key)?)
    }

    /// A time among an adapter's own settings; `None` if it is not set. Nanoseconds.
    pub fn duration_ns(&self, key: &str) -> Option<u64> {
        duration_ns(self.own.get(key)?)
    }
}

/// A finite number without sign or exponent.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| plain)
}

/// `5ms`, `1.5s`: a number and its unit, above zero and at most a year.
fn duration_ns(text: &str) -> Option<u64> {
    const YEAR_NS: f64 = 3.6e12 * 24.0 * 365.0;
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let scale = match &text[digits..] {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 6e10,
        "h" => 3.6e12,
        _ => return None,
    };
    let ns = number(&text[..digits])? * scale;
    (1.0..=YEAR_NS).contains(&ns).then_some(ns as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: AdapterSetting = AdapterSetting {
        key: "slow",
        takes: SettingValue::Number { min: 1, max: 10 },
        summary: "",
    };
    const PAUSE: AdapterSetting =
        AdapterSetting { key: "pause", takes: SettingValue::Duration, summary: "" };

    #[test]
    fn values_are_taken_within_their_bounds_and_refused_with_them() {
        let mut tuning = Tuning::default();
        for (setting, wrong) in [
            (AdapterSetting::SHARDS, &["0", "1048577", "1.5", "", "-1", "many"][..]),
            (SLOW, &["0.99", "10.01", "1e1", "+2", "nan", "inf", "", "."]),
            (PAUSE, &["5", "0ms", "ms", "5 ms", "1e3s", "-1s", "99999h"]),
        ] {
            for text in wrong {
                let refusal = tuning.set(&setting, text).unwrap_err();
                assert_eq!(refusal, setting.takes.described(), "{}={text}", setting.key);
            }
        }
        assert_eq!(tuning, Tuning::default());
        for (setting, text) in [(AdapterSetting::SHARDS, "64"), (SLOW, "1.02"), (PAUSE, "1.5ms")] {
            tuning.set(&setting, text).unwrap();
        }
        assert_eq!(tuning.shards, Some(64));
        assert_eq!(tuning.number("slow"), Some(1.02));
        assert_eq!(tuning.duration_ns("pause"), Some(1_500_000));
    }

    #[test]
    fn an_adapters_settings_win_over_the_runs() {
        let mut run = Tuning { shards: Some(8), publish_every: Some(3), ..Tuning::default() };
        run.set(&SLOW, "2").unwrap();
        let mut adapter = Tuning { shards: Some(64), ..Tuning::default() };
        adapter.set(&PAUSE, "5ms").unwrap();
        let both = adapter.over(&run);
        assert_eq!((both.shards, both.publish_every), (Some(64), Some(3)));
        assert_eq!((both.number("slow"), both.duration_ns("pause")), (Some(2.0), Some(5_000_000)));
    }

    #[test]
    fn settings_of_earlier_logs_are_read() {
        let old: Tuning = serde_json::from_str(r#"{"shards":4}"#).unwrap();
        assert_eq!(old, Tuning { shards: Some(4), ..Tuning::default() });
        assert_eq!(serde_json::to_string(&old).unwrap(), r#"{"shards":4}"#);
    }
}
