//! Puts the flags that profiles and environment variables set into a command line. Means nothing by
//! them: the parser that reads the result does.

use std::ffi::OsString;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, Command};
use toml::Value;

use super::profile::{Profiles, Setting};
use crate::cli::CliError;
use crate::session::select::suggestion_among;

/// The flag that names a profile; verbs that have it take settings.
const PROFILE: &str = "profile";
/// What environment variables begin with.
const PREFIX: &str = "MAPBENCH_";

/// The command line with what was set elsewhere. One that does not parse is left as it is, because
/// the parser's own words are better.
///
/// # Errors
/// A profile, a key or a value that there is not, with the file that has it.
pub(in crate::cli) fn expand(
    command: &Command,
    args: Vec<OsString>,
    here: &Path,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<OsString>, CliError> {
    let Ok(matches) = command.clone().try_get_matches_from(&args) else { return Ok(args) };
    let Some((verb, given)) = matches.subcommand() else { return Ok(args) };
    let Some(takes) = command.find_subcommand(verb) else { return Ok(args) };
    if !flags(takes).any(|flag| flag.get_id() == PROFILE) {
        return Ok(args);
    }
    let named = given.get_one::<String>(PROFILE).cloned();
    let named = named.or_else(|| variable(&variable_of(PROFILE))?.into_string().ok());
    let profiles = Profiles::load(here)?;
    let settings = profiles.resolve(named.as_deref().unwrap_or("default"))?;
    check_keys(command, &settings)?;

    let mut more = Vec::new();
    for flag in flags(takes).filter(|flag| flag.get_id() != PROFILE) {
        let Some(name) = flag.get_long() else { continue };
        let is_typed = |id: &str| given.value_source(id) == Some(ValueSource::CommandLine);
        let rivals = takes.get_arg_conflicts_with(flag);
        let of_rivals = rivals.iter().any(|rival| is_typed(rival.get_id().as_str()));
        if is_typed(flag.get_id().as_str()) || of_rivals {
            continue;
        }
        if let Some(value) = variable(&variable_of(name)) {
            more.extend(words_of_variable(flag, name, value)?);
        } else if let Some(setting) = settings.iter().find(|setting| setting.key == name) {
            more.extend(words(flag, setting)?);
        }
    }
    spliced(command, args, verb, more, named.as_deref())
}

/// The command line with more words behind its verb, if it still parses.
fn spliced(
    command: &Command,
    args: Vec<OsString>,
    verb: &str,
    more: Vec<OsString>,
    profile: Option<&str>,
) -> Result<Vec<OsString>, CliError> {
    let at = args.iter().skip(1).position(|word| word == verb).map_or(args.len(), |at| at + 2);
    let mut all = args;
    all.splice(at..at, more);
    // It parsed before: what is wrong now comes from outside of the command line.
    if let Err(error) = command.clone().try_get_matches_from(&all) {
        let profile = profile.unwrap_or("default");
        return Err(CliError::usage(format!(
            "profile `{profile}` and the {PREFIX}* variables ask for what `{verb}` does not \
             take:\n{}",
            error.to_string().trim_end()
        )));
    }
    Ok(all)
}

fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| !arg.is_positional())
}

fn variable_of(flag: &str) -> String {
    format!("{PREFIX}{}", flag.to_uppercase().replace('-', "_"))
}

/// A key is a flag of some verb that takes settings: profiles are shared by verbs.
fn check_keys(command: &Command, settings: &[Setting]) -> Result<(), CliError> {
    let taking = |verb: &&Command| flags(verb).any(|flag| flag.get_id() == PROFILE);
    let known: Vec<&str> = command
        .get_subcommands()
        .filter(taking)
        .flat_map(|verb| flags(verb).filter_map(Arg::get_long))
        .filter(|name| *name != PROFILE && *name != "help")
        .collect();
    match settings.iter().find(|setting| !known.contains(&setting.key.as_str())) {
        None => Ok(()),
        Some(Setting { key, origin, .. }) => {
            let hint = suggestion_among(key, &known);
            Err(CliError::usage(format!("{origin}: unknown key `{key}`; {hint}")))
        }
    }
}

/// The words that a setting stands for.
fn words(flag: &Arg, setting: &Setting) -> Result<Vec<OsString>, CliError> {
    let wrong = |takes: &str| {
        let Setting { key, value, origin } = setting;
        CliError::usage(format!("{origin}: `{key} = {value}`: `{key}` takes {takes}"))
    };
    let name = &setting.key;
    if takes_no_value(flag) {
        return match setting.value {
            Value::Boolean(true) => Ok(vec![format!("--{name}").into()]),
            Value::Boolean(false) => Ok(Vec::new()),
            _ => Err(wrong("true or false")),
        };
    }
    let items = match &setting.value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
    let texts = texts.ok_or_else(|| wrong("a text, a number, or a list of them"))?;
    if texts.len() > 1 && !matches!(flag.get_action(), ArgAction::Append) {
        return Err(wrong("one value"));
    }
    Ok(texts.into_iter().map(|text| format!("--{name}={text}").into()).collect())
}

fn words_of_variable(flag: &Arg, name: &str, value: OsString) -> Result<Vec<OsString>, CliError> {
    if takes_no_value(flag) {
        return match value.to_str() {
            Some("1" | "true" | "yes") => Ok(vec![format!("--{name}").into()]),
            Some("" | "0" | "false" | "no") => Ok(Vec::new()),
            _ => {
                let variable = variable_of(name);
                Err(CliError::usage(format!("{variable} takes 1 or 0")))
            }
        };
    }
    let mut word = OsString::from(format!("--{name}="));
    word.push(value);
    Ok(vec![word])
}

fn takes_no_value(flag: &Arg) -> bool {
    !flag.get_action().takes_values()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(is) => Some(if *is { "yes" } else { "no" }.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    /// What a command line becomes in a folder with a configuration file and variables.
    fn expanded(
        line: &str,
        file: &str,
        variables: &[(&str, &str)],
    ) -> Result<Vec<String>, CliError> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("mapbench.toml"), file).expect("a file");
        let args = line.split(' ').map(OsString::from).collect();
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let all = expand(&Cli::command(), args, folder.path(), variable)?;
        Ok(all.into_iter().map(|word| word.to_string_lossy().into_owned()).collect())
    }

    fn line(line: &str, file: &str, variables: &[(&str, &str)]) -> String {
        match expanded(line, file, variables) {
            Ok(words) => words.join(" "),
            Err(error) => error.message,
        }
    }

    const OWN: &str = "[profile.own]\nforks = 5\nthreads = [1, 4]\nsoak = false\n";

    #[test]
    fn a_profile_sets_what_nobody_typed() {
        let own = line("mapbench -q run --profile own -a sharded", OWN, &[]);
        assert_eq!(
            own,
            "mapbench -q run --threads=1 --threads=4 --forks=5 --profile own -a sharded"
        );
        let typed = line("mapbench run --profile own --forks 9", OWN, &[]);
        assert!(typed.contains("--threads=4") && !typed.contains("--forks=5"), "{typed}");
        assert_eq!(line("mapbench run", OWN, &[]), "mapbench run");
        let default = line("mapbench run", "[profile.default]\nforks = 3\n", &[]);
        assert_eq!(default, "mapbench run --forks=3");
    }

    #[test]
    fn a_typed_flag_drops_what_it_excludes() {
        let file = "[profile.own]\nduration = \"1s\"\n";
        assert!(line("mapbench run --profile own", file, &[]).contains("--duration=1s"));
        let rounds = line("mapbench run --profile own --rounds 3", file, &[]);
        assert!(!rounds.contains("--duration"), "{rounds}");
    }

    #[test]
    fn a_variable_wins_over_a_profile_and_loses_to_a_flag() {
        let forks = [("MAPBENCH_FORKS", "7"), ("MAPBENCH_PROFILE", "own")];
        let set = line("mapbench run", OWN, &forks);
        assert!(set.contains("--forks=7") && set.contains("--threads=4"), "{set}");
        assert!(!line("mapbench run --forks 2", OWN, &forks).contains("--forks=7"));
        let strict = [("MAPBENCH_STRICT", "1")];
        assert_eq!(line("mapbench run", "", &strict), "mapbench run --strict");
        let data = [("MAPBENCH_DATA", "somewhere")];
        assert_eq!(line("mapbench run", "", &data), "mapbench run");
    }

    #[test]
    fn verbs_that_measure_nothing_take_no_settings() {
        let file = "[profile.default]\nforks = 3\n";
        assert_eq!(line("mapbench adapters list", file, &[]), "mapbench adapters list");
        assert_eq!(line("mapbench run --no-such-flag", file, &[]), "mapbench run --no-such-flag");
    }

    #[test]
    fn what_a_profile_cannot_set_is_named_with_its_file() {
        let key = line("mapbench run --profile own", "[profile.own]\nforkz = 3\n", &[]);
        assert!(key.contains("mapbench.toml: unknown key `forkz`; did you mean `forks`?"), "{key}");
        let kind = line("mapbench run --profile own", "[profile.own]\nforks = [3, 4]\n", &[]);
        assert!(kind.contains("`forks` takes one value"), "{kind}");
        let flag = line("mapbench run --profile own", "[profile.own]\nstrict = 3\n", &[]);
        assert!(flag.contains("`strict` takes true or false"), "{flag}");
        let value = line("mapbench run --profile own", "[profile.own]\nforks = 0\n", &[]);
        assert!(value.contains("profile `own`") && value.contains("--forks"), "{value}");
        let none = line("mapbench run --profile onw", OWN, &[]);
        assert!(none.contains("quick, own"), "{none}");
        let strict = line("mapbench run", "", &[("MAPBENCH_STRICT", "maybe")]);
        assert!(strict.contains("MAPBENCH_STRICT takes 1 or 0"), "{strict}");
    }

    #[test]
    fn the_built_in_profiles_are_sound() {
        for (profile, verb) in [("quick", "run"), ("ci", "run"), ("quick", "tui"), ("ci", "tui")] {
            let all = expanded(&format!("mapbench {verb} --profile {profile}"), "", &[]);
            let all = all.unwrap_or_else(|error| panic!("{error}"));
            assert!(all.len() > 4, "{all:?}");
        }
    }
}
