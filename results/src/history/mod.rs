//! A cell's figures over commits: series, the change points that a detector nominates in them, and
//! what people made of those. A nomination is a suspicion; a paired re-run of its two commits
//! confirms it. Everything that shows a history (pages, plots, screen, exit code) reads a
//! [`History`]. Measures nothing and builds nothing.

mod accepted;
mod build;
mod change;
mod commits;
mod confirmed;
pub mod detector;
pub mod export;
mod from_csv;
mod nominate;
pub mod page;
pub mod plot;
mod rerun;
mod series;
pub mod spell;

pub use accepted::{Accepted, AcceptedError, AcceptedFile};
pub use build::{Built, build};
pub use change::{ChangePoint, Confirmation, Event, Shift, State};
pub use commits::Commits;
pub use confirmed::{ConfirmedError, ConfirmedFile};
pub use from_csv::{FromCsvError, from_csv};
pub use nominate::{Search, nominate};
pub use rerun::{Answer, Question, Rerun, reruns};
pub use series::{Point, PointRun, Segment, Series, SeriesName};

/// The series of a store, with what was found in them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// One per setting, adapter and placement mode.
    pub series: Vec<Series>,
    /// The change points of all series by the commit that they come with: a change in all cells of
    /// one commit is one event. The latest commit last.
    pub events: Vec<Event>,
    /// Runs that stand in no series and accepted changes that begin no level, each with its reason
    /// as a sentence.
    pub left_out: Vec<String>,
    /// The commits of the repository and of the runs, in order.
    pub commits: Commits,
}
