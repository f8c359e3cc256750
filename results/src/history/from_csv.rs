//! Series from elsewhere: a table of commits, times and figures. For people who come from another
//! tool, and for looking at any numbers with this detector.

use std::collections::BTreeMap;
use std::io::Read;

use mapbench_core::event::Commit;
use thiserror::Error;

use super::build::Built;
use super::{Commits, Point, PointRun, Segment, Series, SeriesName};
use crate::stats::median;

/// Why a table cannot be read.
#[derive(Debug, Error)]
pub enum FromCsvError {
    /// It is no table.
    #[error("{file}: {source}; write one row per figure, as many fields in each as in the header")]
    Table {
        /// The file.
        file: String,
        /// What is wrong, with the line.
        source: csv::Error,
    },
    /// A column is missing.
    #[error(
        "{file}: line 1: no column {column:?}; the header needs commit, time and value, and has {found}"
    )]
    MissingColumn {
        /// The file.
        file: String,
        /// The column.
        column: &'static str,
        /// The columns that there are.
        found: String,
    },
    /// A figure is none.
    #[error(
        "{file}: line {line}: value {text:?} is no number above 0; more must be better, so write rates, not times"
    )]
    Value {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// There is nothing in it.
    #[error("{file}: no figures; write one row per commit below the header")]
    Empty {
        /// The file.
        file: String,
    },
}

/// Where the columns are.
struct Columns {
    commit: usize,
    time: usize,
    value: usize,
    series: Option<usize>,
    subject: Option<usize>,
    machine: Option<usize>,
}

/// Reads `commit,time,value[,series][,subject][,machine]`; `ops_per_sec` is taken for `value`.
/// Commits are in the order of the file. Rows of one commit, series and machine are runs of it.
/// `file` is for messages and names a series that has no name.
///
/// # Errors
/// [`FromCsvError`] names file, line and column.
pub fn from_csv(file: &str, input: impl Read) -> Result<Built, FromCsvError> {
    let table = |source| FromCsvError::Table { file: file.to_owned(), source };
    let mut rows = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let columns = Columns::of(file, rows.headers().map_err(table)?)?;
    let mut order: Vec<Commit> = Vec::new();
    let mut figures: BTreeMap<String, Vec<Figure>> = BTreeMap::new();
    for row in rows.records() {
        let row = row.map_err(table)?;
        let line = row.position().map_or(0, csv::Position::line);
        let at = |column: usize| row.get(column).unwrap_or_default();
        let named = |column: Option<usize>| column.map(at).unwrap_or_default();
        let value = at(columns.value);
        let value: f64 =
            value.parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0).ok_or_else(
                || FromCsvError::Value { file: file.to_owned(), line, text: value.to_owned() },
            )?;
        let (sha, time) = (at(columns.commit).to_owned(), at(columns.time).to_owned());
        let known = order.iter().rposition(|commit| commit.sha == sha);
        let position = known.unwrap_or(order.len());
        if known.is_none() {
            let subject = named(columns.subject).to_owned();
            order.push(Commit { sha, parent: None, dirty: false, subject, time });
        }
        let series = columns.series.map_or(file, at).to_owned();
        let machine = named(columns.machine).to_owned();
        figures.entry(series).or_default().push(Figure { position, machine, line, value });
    }
    if figures.is_empty() {
        return Err(FromCsvError::Empty { file: file.to_owned() });
    }
    let series = figures.into_iter().map(|(name, figures)| series(name, &figures, &order));
    Ok(Built { series: series.collect(), commits: Commits::in_order(order), left_out: Vec::new() })
}

impl Columns {
    fn of(file: &str, header: &csv::StringRecord) -> Result<Columns, FromCsvError> {
        let find = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
        let found = || header.iter().collect::<Vec<_>>().join(", ");
        let missing =
            |column| FromCsvError::MissingColumn { file: file.to_owned(), column, found: found() };
        Ok(Columns {
            commit: find("commit").ok_or_else(|| missing("commit"))?,
            time: find("time").ok_or_else(|| missing("time"))?,
            value: find("value").or_else(|| find("ops_per_sec")).ok_or_else(|| missing("value"))?,
            series: find("series"),
            subject: find("subject"),
            machine: find("machine"),
        })
    }
}

/// A row on its way to a point.
struct Figure {
    position: usize,
    machine: String,
    line: u64,
    value: f64,
}

fn series(name: String, figures: &[Figure], order: &[Commit]) -> Series {
    let mut segments: Vec<Segment> = Vec::new();
    let mut points: BTreeMap<(usize, usize), Vec<&Figure>> = BTreeMap::new();
    for figure in figures {
        let known = segments.iter().position(|segment| segment.machine == figure.machine);
        let segment = known.unwrap_or(segments.len());
        if known.is_none() {
            segments.push(Segment { machine: figure.machine.clone(), differs: Vec::new() });
        }
        points.entry((figure.position, segment)).or_default().push(figure);
    }
    let point = |((position, segment), figures): ((usize, usize), Vec<&Figure>)| {
        let commit = &order[position];
        let speeds: Vec<f64> = figures.iter().map(|figure| figure.value).collect();
        let run = |figure: &&Figure| PointRun {
            id: format!("line {}", figure.line),
            ops_per_sec: figure.value,
            interval: None,
        };
        Some(Point {
            commit: commit.sha.clone(),
            subject: commit.subject.clone(),
            time: commit.time.clone(),
            position,
            segment,
            ops_per_sec: median(&speeds)?,
            interval: None,
            runs: figures.iter().map(run).collect(),
            dirty: false,
        })
    };
    let name = SeriesName { setting: String::new(), adapter: name, mode: None };
    Series {
        name,
        points: points.into_iter().filter_map(point).collect(),
        segments,
        changes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_commit_and_machine_are_runs_of_a_point() {
        let table = "Series,time,commit,ops_per_sec,machine\n\
                     x,2026-01-01T00:00:00Z,a,3,here\nx,2026-01-01T00:00:00Z,a,1,here\n\
                     y,2026-01-01T00:00:00Z,a,7,here\nx,2026-01-02T00:00:00Z,b,5,there\n\
                     x,2026-01-01T00:00:00Z,a,2,here\n";
        let built = from_csv("in.csv", table.as_bytes()).unwrap();
        let [x, y] = built.series.as_slice() else { panic!("two series: {built:?}") };
        let figures = |series: &Series| -> Vec<(String, f64, usize, usize)> {
            let point = |of: &Point| (of.commit.clone(), of.ops_per_sec, of.runs.len(), of.segment);
            series.points.iter().map(point).collect()
        };
        assert_eq!(figures(x), [("a".to_owned(), 2.0, 3, 0), ("b".to_owned(), 5.0, 1, 1)]);
        assert_eq!(figures(y), [("a".to_owned(), 7.0, 1, 0)]);
        let machines: Vec<&str> = x.segments.iter().map(|of| of.machine.as_str()).collect();
        assert_eq!((machines, built.commits.len()), (vec!["here", "there"], 2));
    }

    #[test]
    fn a_table_without_series_is_named_by_its_file_and_keeps_the_order_of_its_commits() {
        let table = "commit,time,value\nz,2026-03-01T00:00:00Z,1\na,2026-01-01T00:00:00Z,2\n";
        let built = from_csv("in.csv", table.as_bytes()).unwrap();
        assert_eq!(built.series[0].name.to_string(), "in.csv");
        assert_eq!([built.commits.position("z"), built.commits.position("a")], [Some(0), Some(1)]);
    }

    #[test]
    fn a_figure_that_is_none_is_refused_with_its_line() {
        for value in ["0", "-1", "inf", "NaN", "", "1 2"] {
            let table = format!("commit,time,value\na,,1\nb,,{value}\n");
            let error = from_csv("in.csv", table.as_bytes()).unwrap_err();
            assert!(matches!(error, FromCsvError::Value { line: 3, .. }), "{value:?}: {error}");
        }
    }
}
