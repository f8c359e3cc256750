//! The command line of the study.

use std::path::PathBuf;

/// What to analyse and how.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Arguments {
    /// Run logs, or folders of them.
    pub(crate) paths: Vec<PathBuf>,
    /// Length of a window. Nanoseconds.
    pub(crate) window_ns: u64,
    /// Forks that a window is spread over.
    pub(crate) forks: usize,
    /// Length of a window put together from drawn ones, if any is wanted. Nanoseconds.
    pub(crate) simulate_ns: Option<u64>,
    /// How many of those.
    pub(crate) draws: u64,
    /// What an A/A pair differs by, as a share.
    pub(crate) floor: Option<f64>,
}

impl Arguments {
    /// Parses the arguments after the program's name.
    pub(crate) fn parse(mut given: impl Iterator<Item = String>) -> Result<Arguments, String> {
        let mut arguments = Arguments {
            paths: Vec::new(),
            window_ns: 10_000_000_000,
            forks: 1,
            simulate_ns: None,
            draws: 1_000,
            floor: None,
        };
        while let Some(argument) = given.next() {
            let mut positive = || {
                let value = given.next().unwrap_or_default();
                let number = value.parse::<f64>().ok().filter(|n| *n > 0.0 && *n < 1e6);
                number.ok_or_else(|| format!("{argument} {value:?}: give a positive number"))
            };
            match argument.as_str() {
                "--window" => arguments.window_ns = (positive()? * 1e9) as u64,
                "--forks" => arguments.forks = (positive()? as usize).max(1),
                "--simulate" => arguments.simulate_ns = Some((positive()? * 1e9) as u64),
                "--draws" => arguments.draws = positive()? as u64,
                "--floor" => arguments.floor = Some(positive()?),
                option if option.starts_with('-') => {
                    return Err(format!(
                        "{option}: no such option; there are --window, --forks, --simulate, \
                         --draws, --floor"
                    ));
                }
                path => arguments.paths.push(PathBuf::from(path)),
            }
        }
        Ok(arguments)
    }

    /// The part of a window that one fork gives.
    pub(crate) fn part_ns(&self) -> u64 {
        self.window_ns / self.forks as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &[&str]) -> Result<Arguments, String> {
        Arguments::parse(given.iter().map(|part| (*part).to_owned()))
    }

    #[test]
    fn options_and_paths_mix() {
        let parsed = parse(&["a", "--window", "60", "b", "--simulate", "300"]).expect("parsed");
        assert_eq!(parsed.paths, [PathBuf::from("a"), PathBuf::from("b")]);
        assert_eq!((parsed.window_ns, parsed.simulate_ns), (60_000_000_000, Some(300_000_000_000)));
        assert!(parse(&["--window", "x"]).expect_err("refused").contains("--window \"x\""));
        assert!(parse(&["--windows"]).is_err());
    }
}
