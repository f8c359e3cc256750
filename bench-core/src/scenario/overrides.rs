//! Other values for some keys of a scenario: the same text with these values in it, read and checked
//! as any other. Knows no key by name, so that every one that a scenario file has can be set.

use std::fmt;
use std::str::FromStr;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::{Scenario, ScenarioError, wire};

/// One `key=value`: a key with its tables, as `cluster.nodes`, and its value as in TOML. A key
/// without tables that the file does not have at its top is one of the workload's table. An actor
/// or a map goes by its name or id: `actor.newcomer.rate_per_s`, `map.M0.keys`.
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
    /// A key and a value that are both there.
    pub(super) fn new(key: &str, value: &str) -> Self {
        Setting { key: key.to_owned(), value: value.to_owned() }
    }

    /// The number that a scenario's text has for the key; `None` if it has none.
    pub(super) fn number_in(&self, scenario: &Scenario) -> Option<f64> {
        let mut document: DocumentMut = scenario.source.parse().ok()?;
        let (table, last) = self.place(&mut document, scenario.workload.table()).ok()?;
        let value = table.get(&last)?;
        value.as_float().or_else(|| value.as_integer().map(|number| number as f64))
    }

    fn apply(&self, document: &mut DocumentMut, workload: &str) -> Result<(), String> {
        let (table, last) = self.place(document, workload)?;
        let is_text = table.get(&last).is_some_and(Item::is_str);
        match table.get_mut(&last) {
            // The old value's comment stays.
            Some(Item::Value(old)) => {
                let decor = old.decor().clone();
                *old = self.value(is_text);
                *old.decor_mut() = decor;
            }
            _ => {
                table.insert(&last, Item::Value(self.value(is_text)));
            }
        }
        Ok(())
    }

    /// The table that the key is of, and its name there.
    fn place<'d>(
        &self,
        document: &'d mut DocumentMut,
        workload: &str,
    ) -> Result<(&'d mut dyn TableLike, String), String> {
        let mut path: Vec<&str> = self.key.split('.').map(str::trim).collect();
        let is_at_top = document.get(path[0]).is_some_and(|item| !item.is_table_like());
        if path.len() == 1 && !is_at_top {
            path.insert(0, workload);
        }
        let last = path.pop().unwrap_or_default().to_owned();
        Ok((descend(document.as_table_mut(), &path)?, last))
    }

    /// The value; what is no TOML, or takes the place of a text, is a text without its quotes.
    fn value(&self, is_text: bool) -> Value {
        match self.value.parse::<Value>() {
            Ok(value) if value.is_str() || !is_text => value.decorated(" ", ""),
            _ => Value::from(self.value.as_str()),
        }
    }
}

/// The table of a path inside a table. One that is not there becomes an empty one; one of several
/// (`[[actor]]`) goes by its `name` or `id`, one of a list by its position from 0.
fn descend<'d>(
    table: &'d mut dyn TableLike,
    path: &[&str],
) -> Result<&'d mut dyn TableLike, String> {
    const NO_TABLE: &str = "is inside of what is no table";
    let [name, rest @ ..] = path else { return Ok(table) };
    match table.entry(name).or_insert(Item::Table(Table::new())) {
        Item::ArrayOfTables(tables) => {
            let names: Vec<String> = tables.iter().filter_map(name_of).collect();
            let chosen = rest.first().and_then(|wanted| names.iter().position(|n| n == wanted));
            let table = chosen.and_then(|position| tables.get_mut(position));
            let table = table.ok_or_else(|| {
                let paths: Vec<String> = names.iter().map(|n| format!("{name}.{n}")).collect();
                format!("needs one of several tables: write {} before the key", paths.join(", "))
            })?;
            descend(table, &rest[1..])
        }
        Item::Value(Value::Array(items)) => {
            let count = items.len();
            let chosen = rest.first().and_then(|position| position.parse().ok());
            match chosen.and_then(|position: usize| items.get_mut(position)) {
                Some(Value::InlineTable(table)) => descend(table, &rest[1..]),
                Some(_) => Err(NO_TABLE.to_owned()),
                None => Err(format!("is in a list of {count}: write {name}.0 for the first")),
            }
        }
        item => descend(item.as_table_like_mut().ok_or(NO_TABLE)?, rest),
    }
}

/// What one of several tables goes by.
fn name_of(table: &Table) -> Option<String> {
    let name = table.get("name").filter(|_| !table.contains_key("id")).or_else(|| table.get("id"));
    name.and_then(Item::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::find;
    use crate::workload::{Task, Workload};

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
    fn an_actor_goes_by_its_name_a_map_by_its_id_and_a_step_by_its_position() {
        let path = |setting: &str| with("test/actors", &[setting]).map(|changed| changed.workload);
        let Ok(Workload::Actors(actors)) = path("actor.writer.rate_per_s=77") else { panic!() };
        assert_eq!(actors.actors[1].pacing.map(|pacing| pacing.rate_per_s), Some(77.0));
        let Ok(Workload::Actors(actors)) = path("map.B.keys=20") else { panic!() };
        assert_eq!((actors.maps[0].keys, actors.maps[1].keys), (600, 20));
        let Ok(Workload::Actors(actors)) = path("actor.scanner.steps.1.times=9") else { panic!() };
        let Task::Steps(steps) = &actors.actors[3].task else { panic!("steps") };
        assert_eq!((steps[0].times, steps[1].times), (1, 9));
        let error = path("actor.wroter.rate_per_s=77").unwrap_err();
        assert!(error.contains("write actor.reader, actor.writer, actor.counter"), "{error}");
        let error = path("rate_per_s=77").unwrap_err();
        assert!(error.contains("needs one of several tables"), "{error}");
        let error = path("actor.scanner.steps.2.times=9").unwrap_err();
        assert!(error.contains("is in a list of 2: write steps.0"), "{error}");
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
