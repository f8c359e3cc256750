//! Which adapters and scenarios a name, group or glob means, and what to suggest when it means
//! none.

use globset::Glob;
use mapbench_core::adapter::AdapterClass;
use mapbench_core::registry::{AdapterEntry, Registry};

/// Why a selection failed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SelectError {
    /// An exact name that nothing has.
    #[error("unknown {what} `{name}` ({flag}); {hint}")]
    Unknown {
        /// `adapter` or `scenario`.
        what: &'static str,
        /// The flag that named it.
        flag: &'static str,
        /// The name.
        name: String,
        /// The next step.
        hint: String,
    },
    /// A suffix that several names have.
    #[error("{what} `{name}` ({flag}) could be {candidates}; write one of them in full")]
    Ambiguous {
        /// `adapter` or `scenario`.
        what: &'static str,
        /// The flag that named it.
        flag: &'static str,
        /// The suffix.
        name: String,
        /// What it could be.
        candidates: String,
    },
    /// A glob that does not parse.
    #[error("`{pattern}` ({flag}) is not a glob: {reason}")]
    BadGlob {
        /// The flag.
        flag: &'static str,
        /// The pattern.
        pattern: String,
        /// The parser's words.
        reason: String,
    },
    /// A setting that an adapter does not take.
    #[error("`{adapter}` has no setting `{key}` (-a); it takes {accepted}")]
    UnknownSetting {
        /// The adapter.
        adapter: &'static str,
        /// The key.
        key: String,
        /// The keys that it takes.
        accepted: String,
    },
    /// A value that a setting does not take.
    #[error(
        "`{value}` is no value of `{key}` (-a): `{adapter}` takes {takes}; its keys are {accepted}"
    )]
    BadSetting {
        /// The adapter.
        adapter: &'static str,
        /// The key.
        key: String,
        /// The value; empty if there is none.
        value: String,
        /// What it takes.
        takes: String,
        /// The keys that the adapter takes.
        accepted: String,
    },
    /// A setting that is given twice.
    #[error("`{key}` is set twice (-a {asked}); write it once")]
    RepeatedSetting {
        /// The key.
        key: String,
        /// What was asked for.
        asked: String,
    },
    /// Globs and groups that match nothing.
    #[error("no {what} matches {patterns}; `mapbench {what}s list` shows them all")]
    Nothing {
        /// `adapter` or `scenario`.
        what: &'static str,
        /// The patterns.
        patterns: String,
    },
}

/// The adapters that names, groups (`core`, `all`) and globs mean, in the registry's order, each
/// once.
pub fn adapters<'r>(
    registry: &'r Registry,
    patterns: &[String],
) -> Result<Vec<&'r AdapterEntry>, SelectError> {
    let entries = registry.entries();
    let names: Vec<&str> = entries.iter().map(|entry| entry.meta.name).collect();
    let mut chosen = vec![false; entries.len()];
    for pattern in patterns {
        match pattern.as_str() {
            "core" => choose(&mut chosen, |at| entries[at].meta.class == AdapterClass::Core),
            "all" => choose(&mut chosen, |at| {
                !matches!(entries[at].meta.class, AdapterClass::Fault | AdapterClass::Simulated)
            }),
            _ => {
                let hits = names_of(&names, pattern, "adapter", "-a")?;
                choose(&mut chosen, |at| hits.contains(&at));
            }
        }
    }
    let found: Vec<&AdapterEntry> = entries
        .iter()
        .zip(&chosen)
        .filter(|&(_, &chosen)| chosen)
        .map(|(entry, _)| entry)
        .collect();
    if found.is_empty() { Err(nothing("adapter", patterns)) } else { Ok(found) }
}

/// Positions of the names that exact names, unique suffixes and globs mean, in the order of the
/// patterns, each once.
pub fn scenarios(names: &[&str], patterns: &[String]) -> Result<Vec<usize>, SelectError> {
    let mut found = Vec::new();
    for pattern in patterns {
        let hits = match suffix_of(names, pattern)? {
            Some(at) => vec![at],
            None => names_of(names, pattern, "scenario", "-s")?,
        };
        for at in hits {
            if !found.contains(&at) {
                found.push(at);
            }
        }
    }
    if found.is_empty() { Err(nothing("scenario", patterns)) } else { Ok(found) }
}

/// What to try instead of an unknown name: the nearest of `names`, else where to look.
pub fn suggestion(what: &str, name: &str, names: &[&str]) -> String {
    match nearest(name, names) {
        Some(candidate) => {
            format!("did you mean `{candidate}`? `mapbench {what}s list` shows them all")
        }
        None => format!("`mapbench {what}s list` shows them all"),
    }
}

/// What to try instead of an unknown name, where nothing else lists them: the nearest of `names`,
/// else all of them.
pub fn suggestion_among(name: &str, names: &[&str]) -> String {
    match nearest(name, names) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("there are {}", names.join(", ")),
    }
}

fn nearest<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let scored = names.iter().map(|&candidate| (nearness(name, candidate), candidate));
    let near = scored.filter(|&(score, _)| score > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
    near.map(|(_, candidate)| candidate)
}

fn nearness(name: &str, candidate: &str) -> f64 {
    let parts = candidate.split('/').map(|part| strsim::jaro_winkler(name, part));
    parts.fold(strsim::jaro_winkler(name, candidate), f64::max)
}

fn choose(chosen: &mut [bool], wanted: impl Fn(usize) -> bool) {
    for (at, chosen) in chosen.iter_mut().enumerate() {
        *chosen |= wanted(at);
    }
}

fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '{'])
}

fn names_of(
    names: &[&str],
    pattern: &str,
    what: &'static str,
    flag: &'static str,
) -> Result<Vec<usize>, SelectError> {
    if !is_glob(pattern) {
        return match names.iter().position(|name| *name == pattern) {
            Some(at) => Ok(vec![at]),
            None => Err(SelectError::Unknown {
                what,
                flag,
                name: pattern.to_owned(),
                hint: suggestion(what, pattern, names),
            }),
        };
    }
    let glob = Glob::new(pattern).map_err(|error| SelectError::BadGlob {
        flag,
        pattern: pattern.to_owned(),
        reason: error.kind().to_string(),
    })?;
    let matcher = glob.compile_matcher();
    Ok((0..names.len()).filter(|&at| matcher.is_match(names[at])).collect())
}

fn suffix_of(names: &[&str], suffix: &str) -> Result<Option<usize>, SelectError> {
    if is_glob(suffix) || names.contains(&suffix) {
        return Ok(None);
    }
    let ending = format!("/{suffix}");
    let hits: Vec<usize> = (0..names.len()).filter(|&at| names[at].ends_with(&ending)).collect();
    match hits[..] {
        [] => Ok(None),
        [at] => Ok(Some(at)),
        _ => Err(SelectError::Ambiguous {
            what: "scenario",
            flag: "-s",
            name: suffix.to_owned(),
            candidates: hits.iter().map(|&at| names[at]).collect::<Vec<_>>().join(" or "),
        }),
    }
}

pub(super) fn nothing(what: &'static str, patterns: &[String]) -> SelectError {
    let patterns = patterns.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>();
    SelectError::Nothing { what, patterns: patterns.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["curated/read-heavy", "curated/hot-key", "test/hot-key", "test/tiny"];

    fn patterns(patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(|&pattern| pattern.to_owned()).collect()
    }

    #[test]
    fn a_unique_suffix_names_a_scenario() {
        assert_eq!(scenarios(&NAMES, &patterns(&["tiny", "read-heavy"])), Ok(vec![3, 0]));
    }

    #[test]
    fn an_ambiguous_suffix_lists_what_it_could_be() {
        let error = scenarios(&NAMES, &patterns(&["hot-key"])).unwrap_err().to_string();
        assert!(error.contains("curated/hot-key or test/hot-key"), "{error}");
    }

    #[test]
    fn globs_keep_the_order_and_do_not_repeat() {
        assert_eq!(scenarios(&NAMES, &patterns(&["*/hot-key", "curated/*"])), Ok(vec![1, 2, 0]));
    }

    #[test]
    fn an_empty_glob_and_an_unknown_name_are_told_apart() {
        assert!(matches!(
            scenarios(&NAMES, &patterns(&["none/*"])),
            Err(SelectError::Nothing { .. })
        ));
        let error = scenarios(&NAMES, &patterns(&["read-havy"])).unwrap_err().to_string();
        assert!(error.contains("did you mean `curated/read-heavy`"), "{error}");
    }
}
