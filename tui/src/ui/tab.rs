//! The screens that the tab bar leads to. Names and order only.

use super::keys::Place;

/// A screen of the tab bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tab {
    /// What is measured now, or the wizard.
    #[default]
    Run,
    /// A sweep and its knees.
    Sweep,
    /// A comparison against its margin.
    Compare,
    /// A series over commits.
    History,
}

impl Tab {
    /// All of them, in the order of their keys.
    pub const ALL: [Tab; 4] = [Tab::Run, Tab::Sweep, Tab::Compare, Tab::History];

    /// Its number and name.
    pub const fn title(self) -> &'static str {
        match self {
            Tab::Run => "1 Run",
            Tab::Sweep => "2 Sweep",
            Tab::Compare => "3 Compare",
            Tab::History => "4 History",
        }
    }

    /// The one to the right, or to the left.
    #[must_use]
    pub fn beside(self, forward: bool) -> Tab {
        let step = if forward { 1 } else { Tab::ALL.len() - 1 };
        Tab::ALL[(self as usize + step) % Tab::ALL.len()]
    }

    /// Where its keys work; `None` of the Run screen, which has two places.
    pub const fn place(self) -> Option<Place> {
        match self {
            Tab::Run => None,
            Tab::Sweep => Some(Place::Sweep),
            Tab::Compare => Some(Place::Compare),
            Tab::History => Some(Place::History),
        }
    }
}
