//! Adapters with settings of their own, as `-a NAME@KEY=VALUE` asks for them. Several variants of
//! one adapter are cells of their own. Says what is accepted; measures nothing.

use mapbench_core::adapter::{AdapterSetting, Tuning};
use mapbench_core::registry::{AdapterEntry, Registry};

use super::select::{self, SelectError};

/// Separates a name from its settings, and those from each other.
const MARK: char = '@';
/// A key without a value that changes nothing: it makes a second cell of the same, for A/A.
const TWIN: &str = "twin";

/// An adapter and its own settings.
#[derive(Debug, Clone)]
pub struct Variant<'r> {
    /// The adapter.
    pub entry: &'r AdapterEntry,
    /// What reports call it: its name and the settings as they were written.
    pub label: String,
    /// Its own settings, without the run's.
    pub settings: Tuning,
}

impl<'r> Variant<'r> {
    /// An adapter without settings.
    pub fn plain(entry: &'r AdapterEntry) -> Self {
        Variant { entry, label: entry.meta.name.to_owned(), settings: Tuning::default() }
    }

    fn new(entry: &'r AdapterEntry, settings: &str, asked: &str) -> Result<Self, SelectError> {
        let mut variant = Variant::plain(entry);
        let mut seen = Vec::new();
        for setting in settings.split(MARK) {
            let (key, value) = match setting.split_once('=') {
                Some((key, value)) => (key, Some(value)),
                None => (setting, None),
            };
            if seen.contains(&key) {
                return Err(SelectError::RepeatedSetting {
                    key: key.to_owned(),
                    asked: asked.to_owned(),
                });
            }
            seen.push(key);
            variant.set(key, value)?;
        }
        variant.label = format!("{}{MARK}{settings}", entry.meta.name);
        Ok(variant)
    }

    fn set(&mut self, key: &str, value: Option<&str>) -> Result<(), SelectError> {
        let meta = &self.entry.meta;
        let adapter = meta.name;
        let refused = |takes| SelectError::BadSetting {
            adapter,
            key: key.to_owned(),
            value: value.unwrap_or_default().to_owned(),
            takes,
            accepted: accepted(meta.settings),
        };
        if key == TWIN {
            return match value {
                None => Ok(()),
                Some(_) => Err(refused("no value for it".to_owned())),
            };
        }
        let Some(setting) = meta.settings.iter().find(|setting| setting.key == key) else {
            return Err(SelectError::UnknownSetting {
                adapter,
                key: key.to_owned(),
                accepted: accepted(meta.settings),
            });
        };
        self.settings.set(setting, value.unwrap_or_default()).map_err(refused)
    }
}

/// The adapters that names, groups and globs mean, each with the settings behind its name: in the
/// registry's order, variants of one adapter in the order asked for, each once.
///
/// # Errors
///
/// If a name is unknown, or an adapter does not take one of its settings.
pub fn variants<'r>(
    registry: &'r Registry,
    patterns: &[String],
) -> Result<Vec<Variant<'r>>, SelectError> {
    let mut found: Vec<Variant<'r>> = Vec::new();
    for pattern in patterns {
        let (name, settings) = match pattern.split_once(MARK) {
            Some((name, settings)) => (name, Some(settings)),
            None => (pattern.as_str(), None),
        };
        let entries = match select::adapters(registry, &[name.to_owned()]) {
            // Another pattern may match; whether any did is known at the end.
            Err(SelectError::Nothing { .. }) => Vec::new(),
            entries => entries?,
        };
        for entry in entries {
            let variant = match settings {
                None => Variant::plain(entry),
                Some(settings) => Variant::new(entry, settings, pattern)?,
            };
            if found.iter().all(|other| other.label != variant.label) {
                found.push(variant);
            }
        }
    }
    if found.is_empty() {
        return Err(select::nothing("adapter", patterns));
    }
    let place = |variant: &Variant<'_>| {
        registry.entries().iter().position(|entry| entry.meta.name == variant.entry.meta.name)
    };
    found.sort_by_key(place);
    Ok(found)
}

/// The keys that an adapter takes, for a message.
fn accepted(settings: &[AdapterSetting]) -> String {
    let keys = settings.iter().map(|setting| format!("`{}`", setting.key));
    keys.chain([format!("`{TWIN}`")]).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use mapbench_core::adapter::Meta;

    use super::*;

    static ENTRIES: [AdapterEntry; 2] = [
        AdapterEntry { meta: Meta { name: "plain", ..Meta::NEW }, trial: |_, _, _| Ok(()) },
        AdapterEntry {
            meta: Meta { name: "mine/v1", settings: &[AdapterSetting::SHARDS], ..Meta::NEW },
            trial: |_, _, _| Ok(()),
        },
    ];

    fn of<'r>(registry: &'r Registry, patterns: &[&str]) -> Result<Vec<Variant<'r>>, String> {
        let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        variants(registry, &patterns).map_err(|error| error.to_string())
    }

    #[test]
    fn variants_of_one_adapter_are_told_apart_and_come_each_once() {
        let registry = Registry::new(&ENTRIES);
        let asked = ["mine/v1@shards=64", "*", "mine/*@shards=8@twin", "mine/v1", "plain@twin"];
        let found = of(&registry, &asked).unwrap();
        let labels: Vec<&str> = found.iter().map(|variant| variant.label.as_str()).collect();
        assert_eq!(
            labels,
            ["plain", "plain@twin", "mine/v1@shards=64", "mine/v1", "mine/v1@shards=8@twin"]
        );
        let shards: Vec<_> = found.iter().map(|variant| variant.settings.shards).collect();
        assert_eq!(shards, [None, None, Some(64), None, Some(8)]);
        assert_eq!(found[4].entry.meta.name, "mine/v1");
    }

    #[test]
    fn what_an_adapter_does_not_take_is_refused_with_what_it_takes() {
        let registry = Registry::new(&ENTRIES);
        for (asked, named) in [
            ("mine/v1@shard=64", &["`shard`", "`shards`", "`twin`", "mine/v1"][..]),
            ("plain@shards=64", &["`plain`", "`shards`", "takes `twin`"]),
            ("mine/v1@shards=none", &["`none`", "`shards`", "from 1 to 1048576", "`twin`"]),
            ("mine/v1@shards", &["`shards`", "whole number"]),
            ("mine/v1@twin=2", &["`2`", "`twin`"]),
            ("mine/v1@", &["``", "`shards`"]),
            ("mine/v1@shards=1@shards=2", &["`shards`", "twice"]),
        ] {
            let error = of(&registry, &[asked]).unwrap_err();
            assert!(named.iter().all(|word| error.contains(word)), "{asked}: {error}");
        }
    }

    #[test]
    fn a_name_that_nothing_has_is_unknown_and_a_glob_without_a_match_is_not() {
        let registry = Registry::new(&ENTRIES);
        assert!(of(&registry, &["mine/v2@shards=1"]).unwrap_err().contains("mine/v1"));
        assert_eq!(of(&registry, &["none/*", "plain"]).unwrap().len(), 1);
        assert!(of(&registry, &["none/*@twin"]).unwrap_err().contains("`none/*@twin`"));
    }
}
