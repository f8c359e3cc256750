//! Other values for some keys of a scenario: the same text with these values in it, read and checked
//! as any other. Knows no key by name, so that every one that a scenario file has can be set.

use std::fmt;
use std::str::FromStr;

use toml_edit::{DocumentMut, Item, Table, Value};

use super::{Scenario, ScenarioError, wire};

/// One `key=value`: a key with its tables, as `cluster.nodes`, and its value as in TOML. A key
/// without tables that the file does not have at its top is one of the workload's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    key: String,
    value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => {
                Ok(Setting { key: key.trim().to_owned(), value: value.trim().to_owned() })
            }
            _ => Err("write KEY=VALUE, as `cluster.nodes=15000`".to_owned()),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

impl Scenario {
    /// The scenario with other values for some of its keys.
    ///
    /// # Errors
    /// A key that a scenario of this workload does not have, or a value that it cannot have.
    pub fn with_settings(&self, settings: &[Setting]) -> Result<Scenario, ScenarioError> {
        if settings.is_empty() {
            return Ok(self.clone());
        }
        let spelled: Vec<String> = settings.iter().map(Setting::to_string).collect();
        let label = format!("{} with {}", self.name, spelled.join(", "));
        let mut document: DocumentMut =
            self.source.parse().map_err(|error: toml_edit::TomlError| ScenarioError::Syntax {
                label: label.clone(),
                line: None,
                message: error.message().to_owned(),
                suggestion: None,
            })?;
        for setting in settings {
            setting.apply(&mut document, self.workload.table()).map_err(|message| {
                ScenarioError::Value {
                    label: label.clone(),
                    line: None,
                    key: setting.key.clone(),
                    message,
                }
            })?;
        }
        wire::parse(&self.name, &label, &document.to_string())
    }
}

impl Setting {
    fn apply(&self, document: &mut DocumentMut, workload: &str) -> Result<(), String> {
        let mut path: Vec<&str> = self.key.split('.').map(str::trim).collect();
        let is_at_top = document.get(path[0]).is_some_and(|item| !item.is_table_like());
        if path.len() == 1 && !is_at_top {
            path.insert(0, workload);
        }
        let Some((last, tables)) = path.split_last() else { return Ok(()) };
        let mut item = document.as_item_mut();
        for name in tables {
            let table = item.as_table_like_mut().ok_or("is inside of what is no table")?;
            item = table.entry(name).or_insert(Item::Table(Table::new()));
        }
        let table = item.as_table_like_mut().ok_or("is inside of what is no table")?;
        let is_text = table.get(last).is_some_and(Item::is_str);
        match table.get_mut(last) {
            // The old value's comment stays.
            Some(Item::Value(old)) => {
                let decor = old.decor().clone();
                *old = self.value(is_text);
                *old.decor_mut() = decor;
            }
            _ => {
                table.insert(last, Item::Value(self.value(is_text)));
            }
        }
        Ok(())
    }

    /// The value; what is no TOML, or takes the place of a text, is a text without its quotes.
    fn value(&self, is_text: bool) -> Value {
        match self.value.parse::<Value>() {
            Ok(value) if value.is_str() || !is_text => value.decorated(" ", ""),
            _ => Value::from(self.value.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::find;
    use crate::workload::Workload;

    fn with(name: &str, settings: &[&str]) -> Result<Scenario, String> {
        let settings: Vec<Setting> = settings.iter().map(|text| text.parse().unwrap()).collect();
        find(name).unwrap().with_settings(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_gets_another_value_and_the_rest_stays() {
        let original = find("test/hotspot").unwrap();
        let Workload::Mix(mut mix) = original.workload.clone() else { panic!("a mix") };
        (mix.keys, mix.preload, mix.lap_ops) = (2_000, 1_000, 5_000);
        let changed =
            with("test/hotspot", &["mix.keys=2_000", "preload = 1000", "lap_ops=5000"]).unwrap();
        assert_eq!(changed.workload, Workload::Mix(mix));
        assert_eq!((changed.name, changed.summary), (original.name, original.summary));
        let Workload::Pods(pods) = with("test/pods", &["pods=7"]).unwrap().workload else {
            panic!("pods")
        };
        assert_eq!(pods.pods, 7, "the key, not the table of the same name");
        let changed = with("test/hotspot", &["value=arc224", "threads=[1, 2]"]);
        assert!(changed.unwrap_err().contains("threads"), "not a key of the workload's table");
    }

    #[test]
    fn what_a_scenario_cannot_have_is_refused_by_its_key() {
        let error = with("test/uniform", &["keyz=5"]).unwrap_err();
        assert!(error.contains("keyz") && error.contains("did you mean `keys`"), "{error}");
        let error = with("test/uniform", &["mix.keys=0"]).unwrap_err();
        assert!(error.contains("test/uniform with mix.keys=0") && error.contains("mix.keys: is 0"));
        let error = with("test/uniform", &["summary.keys=1"]).unwrap_err();
        assert!(error.contains("summary.keys: is inside of what is no table"), "{error}");
        let error = with("test/uniform", &["mix.keys=many"]).unwrap_err();
        assert!(error.contains("many"), "{error}");
        for wrong in ["", "keys", "=5", "keys="] {
            assert!(wrong.parse::<Setting>().is_err(), "{wrong}");
        }
    }
}
