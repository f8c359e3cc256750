//! The key table. One table drives dispatch, the footer and the help overlay, so that no key is
//! listed that does nothing and none works unlisted. No state here.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::tab::Tab;

/// Where the keyboard's attention is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The wizard of an idle program.
    Wizard,
    /// The Run screen.
    Run,
    /// The Sweep screen.
    Sweep,
    /// The Compare screen.
    Compare,
    /// The History screen.
    History,
    /// The details of one cell.
    Details,
    /// The log overlay.
    Log,
    /// The help overlay.
    Help,
    /// The question whether to quit while a run is under way.
    Confirm,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The screen of a tab.
    Show(Tab),
    /// The tab to the right.
    NextTab,
    /// The tab to the left.
    PreviousTab,
    /// Row or line down.
    Down,
    /// Row or line up.
    Up,
    /// Group or column to the left.
    Left,
    /// Group or column to the right.
    Right,
    /// First row.
    First,
    /// Last row.
    Last,
    /// Type a filter.
    Filter,
    /// Back, or close.
    Back,
    /// Open what is under the cursor.
    Open,
    /// Mark what is under the cursor.
    Mark,
    /// Begin the run that the wizard describes.
    Begin,
    /// Pause at a round boundary, or go on.
    Pause,
    /// Freeze the view only.
    Freeze,
    /// Leave the cell under the cursor out from now on.
    Skip,
    /// Stop and save.
    Stop,
    /// Next class of ops.
    Metric,
    /// Next chart: ridges, curves on top of each other, throughput.
    Overlay,
    /// Next order of the table.
    Sort,
    /// Linear or logarithmic heights.
    LogScale,
    /// Copy the command that reproduces the run.
    Copy,
    /// Slower replay.
    Slower,
    /// Faster replay.
    Faster,
    /// Show or hide the log.
    Log,
    /// Next theme.
    Theme,
    /// Show or hide help.
    Help,
    /// Draw everything anew.
    Redraw,
    /// Suspend the program.
    Suspend,
    /// Leave.
    Quit,
    /// Ctrl-C: stop and save; again: kill.
    Interrupt,
    /// Say yes to a question.
    Yes,
    /// Say no to a question.
    No,
}

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    code: KeyCode,
    control: bool,
}

/// One row of the key table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// What it asks for.
    pub action: Action,
    /// The keys that ask for it.
    pub chords: &'static [Chord],
    /// Where it works.
    pub places: &'static [Place],
    /// Its keys in help and footer.
    pub keys: &'static str,
    /// One or two words for the footer; empty keeps it out of there.
    pub footer: &'static str,
    /// What it does, as a sentence for help.
    pub about: &'static str,
}

const fn key(character: char) -> Chord {
    Chord { code: KeyCode::Char(character), control: false }
}

const fn control(character: char) -> Chord {
    Chord { code: KeyCode::Char(character), control: true }
}

const fn named(code: KeyCode) -> Chord {
    Chord { code, control: false }
}

const fn bind(
    action: Action,
    chords: &'static [Chord],
    places: &'static [Place],
    keys: &'static str,
    footer: &'static str,
    about: &'static str,
) -> Binding {
    Binding { action, chords, places, keys, footer, about }
}

use Place::{Compare, Confirm, Details, Help, History, Log, Run, Sweep, Wizard};

const EVERYWHERE: &[Place] = &[Wizard, Run, Sweep, Compare, History, Details, Log, Help, Confirm];
const SCREENS: &[Place] = &[Wizard, Run, Sweep, Compare, History, Details, Log, Help];
const LISTS: &[Place] = &[Wizard, Run, Sweep, Compare, History, Details, Log, Help];
const TABS: &[Place] = &[Wizard, Run, Sweep, Compare, History];
const LIVE: &[Place] = &[Run, Sweep, Compare];
const FOUND: &[Place] = &[Sweep, Compare, History];

/// Every key of the program.
#[rustfmt::skip]
pub const TABLE: &[Binding] = &[
    bind(Action::Begin, &[named(KeyCode::Enter)], &[Wizard], "Enter", "run", "Begin the run that is described."),
    bind(Action::Mark, &[key(' ')], &[Wizard], "Space", "choose", "Choose or drop what is under the cursor."),
    bind(Action::Pause, &[key(' ')], &[Run], "Space", "pause", "Pause at the next round boundary, or go on; a replay pauses at once."),
    bind(Action::Pause, &[key(' ')], &[Sweep, Compare], "Space", "", "Pause what is measured or replayed, or go on."),
    bind(Action::Open, &[named(KeyCode::Enter)], &[Run], "Enter", "details", "Show everything about the cell under the cursor, its failure included."),
    bind(Action::Open, &[named(KeyCode::Enter)], FOUND, "Enter", "all of it", "Show the whole page of what is on screen."),
    bind(Action::Down, &[key('j'), named(KeyCode::Down)], LISTS, "j ↓", "", "Next row."),
    bind(Action::Up, &[key('k'), named(KeyCode::Up)], LISTS, "k ↑", "", "Previous row."),
    bind(Action::Left, &[key('h'), named(KeyCode::Left)], &[Wizard, Run, Sweep], "h ←", "", "Previous group of cells, column of the wizard, or setting of a sweep."),
    bind(Action::Left, &[named(KeyCode::BackTab)], &[Wizard], "Shift-Tab", "", "Previous column of the wizard."),
    bind(Action::Right, &[key('l'), named(KeyCode::Right), named(KeyCode::Tab)], &[Wizard], "l → Tab", "", "Next column of the wizard."),
    bind(Action::Right, &[named(KeyCode::Right)], &[Run], "→", "group", "Next group of cells; h ← goes back."),
    bind(Action::Right, &[named(KeyCode::Right)], &[Sweep], "→", "setting", "Next setting or placement mode of the sweep; h ← goes back."),
    bind(Action::Show(Tab::Run), &[key('1')], TABS, "1", "", "What is measured, or the wizard."),
    bind(Action::Show(Tab::Sweep), &[key('2')], TABS, "2", "", "The sweep on screen or the newest one of the store, with its knees."),
    bind(Action::Show(Tab::Compare), &[key('3')], TABS, "3", "", "The comparison on screen or the newest one of the store, with margins."),
    bind(Action::Show(Tab::History), &[key('4')], TABS, "4", "", "The series of the store over commits, with their change points."),
    bind(Action::NextTab, &[named(KeyCode::Tab)], &[Run, Sweep, Compare, History], "Tab", "screen", "Next screen; Shift-Tab goes back. In the wizard it is the next column."),
    bind(Action::PreviousTab, &[named(KeyCode::BackTab)], &[Run, Sweep, Compare, History], "Shift-Tab", "", "Previous screen."),
    bind(Action::First, &[key('g'), named(KeyCode::Home)], LISTS, "g", "", "First row."),
    bind(Action::Last, &[key('G'), named(KeyCode::End)], LISTS, "G", "", "Last row."),
    bind(Action::Freeze, &[key('f')], &[Run], "f", "freeze", "Freeze the view; the run goes on."),
    bind(Action::Metric, &[key('m')], &[Run], "m", "metric", "Latency of all ops, reads, writes or scans."),
    bind(Action::Overlay, &[key('o')], &[Run], "o", "overlay", "Charts: a latency row per map, all curves over each other, or throughput."),
    bind(Action::LogScale, &[key('L')], &[Run], "L", "log", "Logarithmic heights: rare slow ops become visible."),
    bind(Action::Sort, &[key('s')], &[Run], "s", "sort", "Order of the table: plan, throughput, p50, p99, name."),
    bind(Action::Filter, &[key('/')], &[Wizard, Run, Help], "/", "filter", "Show only rows that contain a text; Esc clears it."),
    bind(Action::Skip, &[key('x')], &[Run], "x", "", "Skip the cell under the cursor from the next round on."),
    bind(Action::Stop, &[key('S')], LIVE, "S", "", "Stop after this round and save."),
    bind(Action::Slower, &[key('[')], LIVE, "[", "", "Slower replay."),
    bind(Action::Faster, &[key(']')], LIVE, "]", "", "Faster replay."),
    bind(Action::Copy, &[key('y')], &[Wizard, Run, Details], "y", "", "Copy the command that reproduces this run (OSC 52)."),
    bind(Action::Log, &[key('l')], &[Run, Sweep, Compare, History, Details, Log], "l", "", "Show or hide the log."),
    bind(Action::Theme, &[key('T')], SCREENS, "T", "", "Next theme: dark, light, monochrome."),
    bind(Action::Help, &[key('?'), named(KeyCode::F(1))], SCREENS, "?", "help", "Show or hide this help."),
    bind(Action::Redraw, &[control('l')], EVERYWHERE, "Ctrl-L", "", "Draw the whole screen anew."),
    bind(Action::Suspend, &[control('z')], EVERYWHERE, "Ctrl-Z", "", "Suspend the program; fg brings it back."),
    bind(Action::Back, &[named(KeyCode::Esc)], LISTS, "Esc", "", "Back: clear the filter, close the overlay, return to the Run screen."),
    bind(Action::Yes, &[key('y'), named(KeyCode::Enter)], &[Confirm], "y", "stop, save and quit", "Stop, save and quit."),
    bind(Action::No, &[key('n'), named(KeyCode::Esc)], &[Confirm], "n", "go on", "Go on measuring."),
    bind(Action::Quit, &[key('q')], SCREENS, "q", "quit", "Leave; asks while a run is under way."),
    bind(Action::Interrupt, &[control('c')], EVERYWHERE, "Ctrl-C", "", "Stop and save; a second time kills the workers and leaves."),
];

/// What a key asks for at a place.
pub fn action(place: Place, event: &KeyEvent) -> Option<Action> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    if event.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    let chord = Chord { code: event.code, control };
    bindings(place).find(|binding| binding.chords.contains(&chord)).map(|binding| binding.action)
}

/// The bindings that work at a place, in the table's order.
pub fn bindings(place: Place) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |binding| binding.places.contains(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_at_one_place() {
        for &place in EVERYWHERE {
            let chords: Vec<_> = bindings(place).flat_map(|binding| binding.chords).collect();
            for (position, chord) in chords.iter().enumerate() {
                assert!(!chords[..position].contains(chord), "{chord:?} at {place:?}");
            }
        }
    }

    #[test]
    fn shifted_letters_are_keys_of_their_own() {
        let event = KeyEvent::new(KeyCode::Char('S'), KeyModifiers::SHIFT);
        assert_eq!(action(Run, &event), Some(Action::Stop));
        assert_eq!(action(Run, &KeyEvent::from(KeyCode::Char('s'))), Some(Action::Sort));
    }
}
