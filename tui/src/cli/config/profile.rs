//! Profiles: named sets of flags, in files. Reads and resolves them; which flags there are and what
//! they take is the command line's business.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::FILE;
use crate::cli::CliError;
use crate::session::select::suggestion_among;

/// The profiles that come with the program.
const BUILT_IN: &str = include_str!("profiles.toml");
/// The key that names the profile below.
const INHERITS: &str = "inherits";
/// The only table of a configuration file.
const PROFILE: &str = "profile";

/// All profiles that hold in a folder.
#[derive(Debug)]
pub(super) struct Profiles {
    /// Built-in ones first: later ones change earlier ones key by key.
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    /// What to call it in messages.
    origin: String,
    profiles: Table,
}

/// A flag that a profile sets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    /// The flag's long name.
    pub(super) key: String,
    /// What it is set to.
    pub(super) value: Value,
    /// Profile and file, for messages.
    pub(super) origin: String,
}

/// The configuration file of a folder: the nearest upward.
pub(super) fn find(here: &Path) -> Option<PathBuf> {
    here.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
}

impl Profiles {
    /// Those of a folder over those that come with the program.
    pub(super) fn load(here: &Path) -> Result<Profiles, CliError> {
        let mut layers = vec![Layer::parse("built in", BUILT_IN)?];
        if let Some(path) = find(here) {
            let text = fs::read_to_string(&path).map_err(|error| {
                CliError::usage(format!("`{}` cannot be read: {error}", path.display()))
            })?;
            layers.push(Layer::parse(&path.display().to_string(), &text)?);
        }
        Ok(Profiles { layers })
    }

    /// Every name, those of the program first.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.layers.iter().flat_map(|layer| layer.profiles.keys()) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// The flags that a profile sets, with those that it inherits; each once.
    pub(super) fn resolve(&self, name: &str) -> Result<Vec<Setting>, CliError> {
        let mut chain = vec![name.to_owned()];
        while let Some(below) = self.below(&chain[chain.len() - 1])? {
            if chain.contains(&below) {
                return Err(CliError::usage(format!(
                    "profile `{name}` inherits itself: {} -> {below}; remove one `{INHERITS}`",
                    chain.join(" -> ")
                )));
            }
            chain.push(below);
        }
        let mut settings: Vec<Setting> = Vec::new();
        for name in chain.iter().rev() {
            for (layer, table) in self.of(name) {
                for (key, value) in table.iter().filter(|(key, _)| *key != INHERITS) {
                    settings.retain(|setting| setting.key != *key);
                    settings.push(Setting {
                        key: key.clone(),
                        value: value.clone(),
                        origin: format!("profile {name}, {}", layer.origin),
                    });
                }
            }
        }
        Ok(settings)
    }

    /// The tables of a profile, lowest first.
    fn of<'p>(&'p self, name: &'p str) -> impl Iterator<Item = (&'p Layer, &'p Table)> {
        self.layers
            .iter()
            .filter_map(move |layer| Some((layer, layer.profiles.get(name)?.as_table()?)))
    }

    fn below(&self, name: &str) -> Result<Option<String>, CliError> {
        let Some(top) = self.of(name).last() else {
            let hint = suggestion_among(name, &self.names());
            return Err(CliError::usage(format!("there is no profile `{name}`; {hint}")));
        };
        let named = self.of(name).filter_map(|(_, table)| table.get(INHERITS)).last();
        match named {
            None => Ok(None),
            Some(Value::String(below)) => Ok(Some(below.clone())),
            Some(_) => Err(CliError::usage(format!(
                "{}: `{INHERITS}` of profile `{name}` takes the name of a profile in quotes",
                top.0.origin
            ))),
        }
    }
}

impl Layer {
    fn parse(origin: &str, text: &str) -> Result<Layer, CliError> {
        let wrong = |what: String| CliError::usage(format!("{origin}: {what}"));
        let mut file: Table = text.parse().map_err(|error: toml::de::Error| {
            let error = error.to_string();
            wrong(format!("no TOML: {}", error.trim_end()))
        })?;
        let profiles = match file.remove(PROFILE) {
            None => Table::new(),
            Some(Value::Table(profiles)) => profiles,
            Some(_) => return Err(wrong(format!("`{PROFILE}` takes tables: [{PROFILE}.ci]"))),
        };
        if let Some(key) = file.keys().next() {
            let hint = suggestion_among(key, &[PROFILE]);
            return Err(wrong(format!("unknown key `{key}`; {hint}")));
        }
        if let Some((name, _)) = profiles.iter().find(|(_, table)| !table.is_table()) {
            return Err(wrong(format!("`{PROFILE}.{name}` takes a table: [{PROFILE}.{name}]")));
        }
        Ok(Layer { origin: origin.to_owned(), profiles })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(text: &str) -> Result<Profiles, CliError> {
        let built_in = Layer::parse("built in", BUILT_IN)?;
        Ok(Profiles { layers: vec![built_in, Layer::parse("mapbench.toml", text)?] })
    }

    fn value(profiles: &Profiles, name: &str, key: &str) -> Option<(String, String)> {
        let settings = profiles.resolve(name).expect("settings");
        let found = settings.into_iter().find(|setting| setting.key == key)?;
        Some((found.value.to_string(), found.origin))
    }

    #[test]
    fn a_file_changes_a_built_in_profile_key_by_key() {
        let profiles = profiles("[profile.ci]\nforks = 7\n").expect("profiles");
        let forks = value(&profiles, "ci", "forks").expect("forks");
        assert_eq!(forks, ("7".to_owned(), "profile ci, mapbench.toml".to_owned()));
        assert!(value(&profiles, "ci", "duration").expect("a duration").1.contains("built in"));
    }

    #[test]
    fn a_profile_takes_what_it_does_not_set_from_the_one_below() {
        let text = "[profile.own]\ninherits = \"ci\"\nthreads = [8]\n";
        let profiles = profiles(text).expect("profiles");
        assert_eq!(value(&profiles, "own", "threads").expect("threads").0, "[8]");
        assert_eq!(value(&profiles, "own", "forks"), value(&profiles, "ci", "forks"));
        assert_eq!(value(&profiles, "own", "inherits"), None);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_file() {
        let refused = |text: &str, name: &str| {
            profiles(text)
                .and_then(|profiles| profiles.resolve(name))
                .expect_err("an error")
                .message
        };
        let cycle = "[profile.a]\ninherits = \"b\"\n[profile.b]\ninherits = \"a\"\n";
        assert!(refused(cycle, "a").contains("a -> b -> a"));
        assert!(refused("", "cli").contains("there are ci, default"));
        assert!(refused("profil = 1\n", "ci").contains("mapbench.toml: unknown key `profil`"));
        assert!(refused("[profile\n", "ci").contains("mapbench.toml: no TOML"));
        assert!(refused("[profile]\nci = 3\n", "ci").contains("[profile.ci]"));
        assert!(refused("[profile.x]\ninherits = 3\n", "x").contains("in quotes"));
    }
}
