//! The formats, in one table: the name of each, what it is for, what it is made of and how many
//! files it is. Writes nothing.

use std::str::FromStr;

use super::ExportError;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header: cells and forks.
    Csv,
    /// The same and a row per round.
    CsvRounds,
    /// Everything a summary knows, with real types.
    Json,
    /// A page for people in GitHub's Markdown, as a job summary takes it.
    Markdown,
    /// Test cases in XML, as CI servers take them.
    Junit,
    /// github-action-benchmark: two files, since it reads bigger-is-better and smaller-is-better
    /// apart.
    Github,
    /// Bencher Metric Format.
    Bencher,
    /// `HdrHistogram`'s interval log.
    Hlog,
    /// One page for browsers that needs nothing else.
    Html,
}

/// What a format is and is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// The format.
    pub format: Format,
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Whether [`Run::events`](super::Run::events) are needed.
    pub needs_events: bool,
    /// Whether [`Run::sweep`](super::Run::sweep) is shown if there is one.
    pub shows_sweep: bool,
    /// Whether a comparison is shown as one, if there is one: differences, intervals, verdicts.
    pub shows_comparison: bool,
    /// Ends of the names of its files where it is several; one file has none.
    pub parts: &'static [&'static str],
}

impl Described {
    const fn plain(format: Format, name: &'static str, about: &'static str) -> Self {
        Described {
            format,
            name,
            about,
            needs_events: false,
            shows_sweep: false,
            shows_comparison: false,
            parts: &[],
        }
    }
}

/// Every format, in the order of help texts and messages.
pub const FORMATS: [Described; 9] = [
    Described::plain(Format::Csv, "csv", "a row per cell, fork and class of op"),
    Described {
        needs_events: true,
        ..Described::plain(Format::CsvRounds, "csv-rounds", "the same and a row per round")
    },
    Described {
        shows_sweep: true,
        shows_comparison: true,
        ..Described::plain(Format::Json, "json", "the same rows, identity and fingerprint")
    },
    Described {
        shows_sweep: true,
        shows_comparison: true,
        ..Described::plain(Format::Markdown, "markdown", "a page for a CI job's summary")
    },
    Described {
        shows_comparison: true,
        ..Described::plain(Format::Junit, "junit", "a test case per cell, for CI servers")
    },
    Described {
        parts: &["throughput", "latency"],
        ..Described::plain(Format::Github, "github", "two files for github-action-benchmark")
    },
    Described::plain(Format::Bencher, "bencher", "Bencher Metric Format"),
    Described {
        needs_events: true,
        ..Described::plain(Format::Hlog, "hlog", "HdrHistogram's interval log")
    },
    Described {
        shows_sweep: true,
        shows_comparison: true,
        ..Described::plain(Format::Html, "html", "one page for browsers, with pictures")
    },
];

impl Format {
    /// What it is and is made of.
    pub fn described(self) -> &'static Described {
        // The table holds every format, in the order of the enum; a test says so.
        &FORMATS[self as usize]
    }

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        self.described().name
    }

    /// The names of all formats that `keep` keeps, as a sentence has them: `csv, json or html`.
    pub fn names(keep: impl Fn(&Described) -> bool) -> String {
        let names: Vec<&str> =
            FORMATS.iter().filter(|described| keep(described)).map(|d| d.name).collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

impl FromStr for Format {
    type Err = ExportError;

    fn from_str(name: &str) -> Result<Self, ExportError> {
        let known = FORMATS.iter().find(|described| described.name == name);
        let known = known.map(|described| described.format);
        known.ok_or_else(|| ExportError::UnknownFormat { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_format_where_it_is_looked_up() {
        for (at, described) in FORMATS.iter().enumerate() {
            assert_eq!(described.format as usize, at);
            assert_eq!(described.name.parse::<Format>().expect("known"), described.format);
        }
        assert_eq!(FORMATS.last().map(|last| last.format), Some(Format::Html));
    }

    #[test]
    fn an_unknown_format_is_refused_with_the_list() {
        let refused = "xlsx".parse::<Format>().expect_err("unknown").to_string();
        assert!(refused.contains("use csv, csv-rounds, json") && refused.ends_with("or html"));
    }
}
