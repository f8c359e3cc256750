//! What a page for people shows, in words and pictures, whatever it is written in: HTML and Markdown
//! are templates over it. Every figure comes from a summary, a sweep or a comparison; nothing is
//! computed here but places on a picture. Nothing here is markup, except the pictures.

mod chart;
mod comparison;
mod facts;
mod overview;
mod setting;
mod sweep;
mod verdict;

use serde::Serialize;

use self::comparison::Comparison;
use self::overview::Overview;
use self::setting::Setting;
use self::sweep::SweptSetting;
use super::Run;
use crate::compare::Compared;
use crate::table;
use crate::units::Charset;

/// A page.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    /// What was measured, as a headline.
    title: String,
    /// `run`, `sweep` or `comparison`.
    kind: &'static str,
    verdict: Verdict,
    /// Which run it is, of what, where.
    facts: Vec<Fact>,
    overview: Option<Overview>,
    settings: Vec<Setting>,
    swept: Vec<SweptSetting>,
    comparison: Option<Comparison>,
    failed: Vec<Fact>,
    left_out: Vec<Fact>,
    /// How it was measured.
    method: Vec<Fact>,
    /// What words and marks mean.
    words: Vec<String>,
    fingerprint: Vec<Section>,
    notes: Vec<String>,
    /// The name of the run log.
    log: Option<String>,
    program: String,
}

/// What it all comes to.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    tone: Tone,
    /// A word or two.
    word: String,
    /// The rest, as a sentence.
    sentence: String,
}

/// Whether something is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tone {
    /// It is.
    Good,
    /// It is not.
    Bad,
    /// It cannot be told.
    Open,
}

/// A name and what it is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fact {
    name: String,
    value: String,
}

impl Fact {
    fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Fact { name: name.into(), value: value.into() }
    }
}

/// Facts under a heading.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    name: &'static str,
    /// What the section is for.
    about: &'static str,
    facts: Vec<Fact>,
}

/// A table.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<TableRow>,
}

/// A column of a table.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    title: String,
    is_number: bool,
}

/// A row of a table.
#[derive(Debug, Serialize)]
pub(super) struct TableRow {
    /// The shape of the row's subject, as a picture; empty where it has none.
    marker: String,
    fields: Vec<String>,
    tone: Option<Tone>,
}

impl Table {
    fn columns(titles: Vec<String>) -> Vec<Column> {
        // What stands first names its row.
        let column = |(at, title): (usize, String)| Column {
            is_number: at > 0 && !table::is_left(&title),
            title,
        };
        titles.into_iter().enumerate().map(column).collect()
    }
}

impl Page {
    /// The page of a run at fixed points, of a sweep, or of the log of a comparison.
    pub(super) fn of(run: Run<'_>) -> Page {
        if let Some(compared) = run.compared {
            return Page { log: facts::log_name(run), ..Page::of_compared(compared) };
        }
        let summary = run.summary;
        let charset = Charset::Utf8;
        let is_sweep = run.sweep.is_some();
        let identities = setting::Identities::of(summary);
        Page {
            title: facts::title(run),
            kind: if is_sweep { "sweep" } else { "run" },
            verdict: verdict::of_run(run),
            facts: facts::of_run(summary.begin(), summary.end()),
            overview: if is_sweep { None } else { overview::of(summary, &identities) },
            settings: if is_sweep { Vec::new() } else { setting::all(summary, &identities) },
            swept: run.sweep.map(sweep::all).unwrap_or_default(),
            comparison: None,
            failed: verdict::failed(summary),
            left_out: verdict::left_out(summary),
            method: facts::method(summary),
            words: match run.sweep {
                Some(sweep) => crate::sweep::page::legend(sweep, charset),
                None => table::footnotes(summary, charset),
            }
            .lines()
            .map(str::to_owned)
            .collect(),
            fingerprint: facts::fingerprint(summary.begin()),
            notes: summary.notes().to_vec(),
            log: facts::log_name(run),
            program: facts::program(summary.begin()),
        }
    }

    /// The page of a comparison.
    pub(super) fn of_compared(compared: &Compared) -> Page {
        let begin = &compared.b.begin;
        Page {
            title: comparison::title(compared),
            kind: "comparison",
            verdict: verdict::of_compared(compared),
            facts: facts::of_compared(compared),
            overview: None,
            settings: Vec::new(),
            swept: Vec::new(),
            comparison: Some(comparison::of(compared)),
            failed: Vec::new(),
            left_out: compared
                .left_out
                .iter()
                .map(|left| Fact::new(left.cell.clone(), left.reason.clone()))
                .collect(),
            method: comparison::method(compared),
            words: comparison::words(compared),
            fingerprint: facts::fingerprint(begin),
            notes: Vec::new(),
            log: None,
            program: facts::program(begin),
        }
    }
}
