//! How messages change the state. Pure: what has to be done outside is returned as commands.

use mapbench_core::event::{EndCause, RunEnd, RunEvent};
use mapbench_core::op::OpClass;
use mapbench_results::CellSummary;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::host::{Estimate, Wish};
use super::keys::{self, Action, Place};
use super::model::{Model, Overlay, Phase, SPEEDS};
use super::screens;
use super::shelf::Found;
use super::tab::Tab;
use super::terminal::Signal;
use super::view::groups;
use super::widgets::ridgeline::HeightScale;
use crate::session::command;

/// What happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// The screen has so many rows now.
    Resized(u16),
    /// Time passed. Nanoseconds on the clock that feeds the UI.
    Tick(u64),
    /// The session, or a log, has an event.
    Event(Box<RunEvent>),
    /// No round runs, and none will until the session is let go on.
    Gap,
    /// The session ended.
    Ended(Result<RunEnd, String>),
    /// A log was read to its end and has no `end`.
    LogEnded,
    /// The host's answer to [`Cmd::Estimate`].
    Estimated(Result<Estimate, String>),
    /// A signal arrived.
    Signal(Signal),
    /// The host's answer to [`Cmd::Find`].
    Found(Tab, Result<Found, String>),
    /// Something worth a line in the log, and whether it is about a failure.
    Sentence(bool, String),
}

/// What has to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cmd {
    /// Ask the host what a wish comes to.
    Estimate(Wish),
    /// Begin a run.
    Begin(Wish),
    /// Look into the store for what a screen shows, once no round runs.
    Find(Tab),
    /// Ask something of the session.
    Ask(Ask),
    /// Put a text on the clipboard.
    Copy(String),
    /// Suspend the program.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Leave.
    Quit,
}

/// What is asked of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Leave a cell out from now on.
    Skip(u32),
    /// Finish the round, save, end.
    Stop(EndCause),
    /// Kill workers now, save, end.
    Kill,
}

/// Changes the state by a message.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    match msg {
        Msg::Key(key) => return press(model, key),
        Msg::Resized(rows) => {
            model.height = rows;
            model.dirty = true;
        }
        Msg::Tick(now_ns) => {
            let second = |ns: u64| ns / 1_000_000_000;
            let before = second(model.elapsed_ns());
            model.now_ns = now_ns;
            model.dirty |= model.phase.is_active() && second(model.elapsed_ns()) != before;
        }
        Msg::Event(event) => take(model, &event),
        Msg::Gap => {
            if model.phase == Phase::Pausing {
                set(model, Phase::Paused);
            }
        }
        Msg::Ended(end) => return ended(model, end),
        Msg::LogEnded => {
            model.note(true, "the log has no end: the run was cut short, or still runs".to_owned());
            set(model, Phase::Finished(EndCause::Terminated));
            model.judge();
        }
        Msg::Found(_, Ok(found)) => {
            model.shelf.put(found);
            model.dirty = true;
        }
        Msg::Found(tab, Err(why)) => {
            model.shelf.set_absent(tab, why);
            model.dirty = true;
        }
        Msg::Estimated(estimate) => {
            model.estimate_ns = estimate.as_ref().ok().map(|estimate| estimate.total_ns);
            model.wizard.estimate = Some(estimate);
            model.dirty = true;
        }
        Msg::Signal(signal) => return obey(model, signal),
        Msg::Sentence(bad, text) => model.note(bad, text),
    }
    Vec::new()
}

fn set(model: &mut Model, phase: Phase) {
    model.dirty |= model.phase != phase;
    model.phase = phase;
}

fn take(model: &mut Model, event: &RunEvent) {
    model.take(event);
    let phase = match (event, &model.phase) {
        (_, Phase::Pausing | Phase::Paused | Phase::Stopping) => return,
        (RunEvent::Begin(_) | RunEvent::TrialStarted { .. }, _) => Phase::Preparing,
        (RunEvent::RoundStarted { .. } | RunEvent::Round { .. }, _) => Phase::Running,
        _ => return,
    };
    set(model, phase);
}

fn ended(model: &mut Model, end: Result<RunEnd, String>) -> Vec<Cmd> {
    model.ended_ns = Some(model.now_ns);
    model.judge();
    match end {
        Ok(end) => {
            // To look at a run that failed is no failure.
            model.exit_code = if model.replay.is_some() { 0 } else { end.exit_code };
            set(model, Phase::Finished(end.cause));
        }
        Err(reason) => {
            model.exit_code = 1;
            model.note(true, reason.clone());
            set(model, Phase::Broken(reason));
        }
    }
    if model.overlay == Some(Overlay::Confirm) {
        model.overlay = None;
    }
    if model.leaving { vec![Cmd::Quit] } else { Vec::new() }
}

fn obey(model: &mut Model, signal: Signal) -> Vec<Cmd> {
    match signal {
        Signal::Suspend => vec![Cmd::Suspend],
        Signal::Interrupt => stop_or_kill(model, EndCause::Interrupted),
        // Comes once for each sign that the terminal has gone: never a reason to kill.
        Signal::HangUp if model.phase == Phase::Stopping => {
            model.leaving = true;
            Vec::new()
        }
        Signal::Terminate | Signal::HangUp => stop_or_kill(model, EndCause::Terminated),
    }
}

/// Asked the first time, stops and saves; the second time, kills. Without a session, leaves.
fn stop_or_kill(model: &mut Model, cause: EndCause) -> Vec<Cmd> {
    model.dirty = true;
    if !model.phase.is_active() || model.replay.is_some() {
        if matches!(model.phase, Phase::Idle) {
            model.exit_code = if cause == EndCause::Terminated { 143 } else { 130 };
        }
        return vec![Cmd::Quit];
    }
    let again = model.phase == Phase::Stopping;
    model.leaving |= again || cause == EndCause::Terminated;
    model.phase = Phase::Stopping;
    let stop = if cause == EndCause::Terminated {
        "stopping after this round and saving"
    } else {
        "stopping after this round and saving; Ctrl-C again kills the workers"
    };
    model.said = Some(if again { "killing the workers" } else { stop }.to_owned());
    vec![Cmd::Ask(if again { Ask::Kill } else { Ask::Stop(cause) })]
}

/// Where the keyboard's attention is.
pub fn place(model: &Model) -> Place {
    match model.overlay {
        Some(Overlay::Help) => Place::Help,
        Some(Overlay::Log) => Place::Log,
        Some(Overlay::Details(_) | Overlay::Page) => Place::Details,
        Some(Overlay::Confirm) => Place::Confirm,
        None => place_below(model),
    }
}

/// The screen under the overlay.
pub fn place_below(model: &Model) -> Place {
    if let Some(place) = model.tab.place() {
        return place;
    }
    if model.run.is_some() || model.phase != Phase::Idle { Place::Run } else { Place::Wizard }
}

fn press(model: &mut Model, key: KeyEvent) -> Vec<Cmd> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if model.typing && !control {
        type_filter(model, key.code);
        return Vec::new();
    }
    let place = place(model);
    let Some(action) = keys::action(place, &key) else { return Vec::new() };
    model.dirty = true;
    model.said = None;
    match action {
        Action::Interrupt => stop_or_kill(model, EndCause::Interrupted),
        Action::Redraw => vec![Cmd::Redraw],
        Action::Suspend => vec![Cmd::Suspend],
        Action::Theme => {
            model.theme.palette = model.theme.palette.next();
            Vec::new()
        }
        Action::Help => {
            toggle(model, Overlay::Help);
            Vec::new()
        }
        Action::Log => {
            toggle(model, Overlay::Log);
            Vec::new()
        }
        Action::Filter => {
            model.typing = true;
            Vec::new()
        }
        Action::Show(tab) => show(model, tab),
        Action::NextTab => show(model, model.tab.beside(true)),
        Action::PreviousTab => show(model, model.tab.beside(false)),
        Action::Quit => quit(model),
        Action::Copy => copy(model),
        _ => match place {
            Place::Wizard => in_wizard(model, action),
            Place::Run => in_run(model, action),
            Place::Sweep | Place::Compare | Place::History => {
                in_found(model, action);
                Vec::new()
            }
            Place::Details | Place::Log | Place::Help => in_overlay(model, action),
            Place::Confirm => in_question(model, action),
        },
    }
}

/// Shows a screen. What it shows comes from the run on screen, if that is of its kind, else from the
/// store; a replay has no store.
fn show(model: &mut Model, tab: Tab) -> Vec<Cmd> {
    model.tab = tab;
    model.filter.clear();
    let judged = match &model.run {
        Some(run) => model.shelf.judge(tab, run, model.now_ns, true),
        None => false,
    };
    if judged || !model.shelf.is_unasked(tab) {
        return Vec::new();
    }
    if model.replay.is_some() {
        let why = "the run on screen is none of this kind; `mapbench tui` without --replay shows \
                   the newest one of the store";
        model.shelf.set_absent(tab, why.to_owned());
        return Vec::new();
    }
    model.shelf.ask(tab);
    vec![Cmd::Find(tab)]
}

fn in_found(model: &mut Model, action: Action) {
    let last_row = screens::found_rows(model).saturating_sub(1);
    let pictures = screens::sweep_pictures(model).max(1);
    let picture = model.shelf.picture.min(pictures - 1);
    let cursor = &mut model.shelf.cursors[model.tab as usize];
    let at = (*cursor).min(last_row);
    match action {
        Action::Down => *cursor = (at + 1).min(last_row),
        Action::Up => *cursor = at.saturating_sub(1),
        Action::First => *cursor = 0,
        Action::Last => *cursor = last_row,
        Action::Left => model.shelf.picture = (picture + pictures - 1) % pictures,
        Action::Right => model.shelf.picture = (picture + 1) % pictures,
        Action::Open => {
            model.overlay = Some(Overlay::Page);
            model.scroll = 0;
        }
        Action::Back => model.tab = Tab::Run,
        _ => {}
    }
}

fn type_filter(model: &mut Model, code: KeyCode) {
    match code {
        KeyCode::Char(character) => model.filter.push(character),
        KeyCode::Backspace => {
            model.filter.pop();
        }
        KeyCode::Enter => model.typing = false,
        KeyCode::Esc => {
            model.typing = false;
            model.filter.clear();
        }
        _ => return,
    }
    model.view.cursor = 0;
    model.scroll = 0;
    model.dirty = true;
}

fn toggle(model: &mut Model, overlay: Overlay) {
    model.overlay = if model.overlay == Some(overlay) { None } else { Some(overlay) };
    model.scroll = if overlay == Overlay::Log { usize::MAX } else { 0 };
    model.filter.clear();
}

fn quit(model: &mut Model) -> Vec<Cmd> {
    if model.phase.is_active() && model.replay.is_none() {
        model.overlay = Some(Overlay::Confirm);
        Vec::new()
    } else {
        vec![Cmd::Quit]
    }
}

fn copy(model: &mut Model) -> Vec<Cmd> {
    let ran = model.run.as_ref().map(|run| command::shell(&run.begin().command));
    let wished = model.wish.clone().or_else(|| model.wizard.wish().ok());
    let command = match (model.replay, wished, ran) {
        (None, Some(wish), _) => wish.command(&model.wizard.rest),
        (_, _, Some(command)) => command,
        _ => return Vec::new(),
    };
    model.said = Some(format!("copied: {command}"));
    vec![Cmd::Copy(command)]
}

fn in_wizard(model: &mut Model, action: Action) -> Vec<Cmd> {
    match action {
        Action::Back => model.filter.clear(),
        Action::Begin => match model.wizard.wish() {
            Ok(wish) => {
                model.phase = Phase::Preparing;
                model.began_ns = model.now_ns;
                model.ended_ns = None;
                model.filter.clear();
                model.wish = Some(wish.clone());
                return vec![Cmd::Begin(wish)];
            }
            Err(missing) => model.said = Some(missing),
        },
        _ => {
            if model.wizard.act(action, &model.filter) {
                model.wizard.estimate = None;
                match model.wizard.wish() {
                    Ok(wish) => return vec![Cmd::Estimate(wish)],
                    Err(missing) => model.said = Some(missing),
                }
            }
        }
    }
    Vec::new()
}

fn in_run(model: &mut Model, action: Action) -> Vec<Cmd> {
    let last_row = model.rows().len().saturating_sub(1);
    let cursor = model.view.cursor.min(last_row);
    match action {
        Action::Down => model.view.cursor = (cursor + 1).min(last_row),
        Action::Up => model.view.cursor = cursor.saturating_sub(1),
        Action::First => model.view.cursor = 0,
        Action::Last => model.view.cursor = last_row,
        Action::Left => choose_group(model, false),
        Action::Right => choose_group(model, true),
        Action::Open => model.overlay = model.cell_under_cursor().map(Overlay::Details),
        Action::Back if model.run.is_none() && matches!(model.phase, Phase::Broken(_)) => {
            model.phase = Phase::Idle;
        }
        Action::Back => {
            model.filter.clear();
            model.view.fixed = false;
        }
        Action::Pause => pause(model),
        Action::Freeze => {
            let copy = model.run.clone().map(Box::new);
            model.frozen = if model.frozen.is_some() { None } else { copy };
        }
        Action::Metric => next_class(model),
        Action::Overlay => model.view.chart = model.view.chart.next(),
        Action::LogScale => {
            model.view.heights = match model.view.heights {
                HeightScale::Root => HeightScale::Log,
                HeightScale::Log => HeightScale::Root,
            }
        }
        Action::Sort => model.view.sort = model.view.sort.next(),
        Action::Slower => change_speed(model, false),
        Action::Faster => change_speed(model, true),
        Action::Skip if measures(model) => {
            if let Some(cell) = model.cell_under_cursor() {
                model.said = Some(format!("{}: skipped from now on", model.cell_name(cell)));
                return vec![Cmd::Ask(Ask::Skip(cell))];
            }
        }
        Action::Stop if measures(model) => {
            model.phase = Phase::Stopping;
            model.said = Some("stopping after this round and saving".to_owned());
            return vec![Cmd::Ask(Ask::Stop(EndCause::Stopped))];
        }
        _ => model.said = Some("there is no session to ask".to_owned()),
    }
    Vec::new()
}

/// Whether a session can be asked for something.
fn measures(model: &Model) -> bool {
    model.phase.is_active() && model.replay.is_none()
}

fn choose_group(model: &mut Model, forward: bool) {
    let count = model.shown().map_or(0, |run| groups(run).len()).max(1);
    let step = if forward { 1 } else { count - 1 };
    model.view.group = (model.view.group.min(count - 1) + step) % count;
    model.view.fixed = true;
    model.view.cursor = 0;
}

fn pause(model: &mut Model) {
    model.phase = match (&model.phase, model.replay) {
        (Phase::Running | Phase::Preparing, Some(_)) => Phase::Paused,
        (Phase::Running | Phase::Preparing, None) => Phase::Pausing,
        (Phase::Pausing | Phase::Paused, _) => Phase::Running,
        (phase, _) => phase.clone(),
    };
}

fn change_speed(model: &mut Model, faster: bool) {
    let Some(replay) = &mut model.replay else {
        model.said = Some("only a replay has a speed".to_owned());
        return;
    };
    let at = SPEEDS.iter().position(|speed| *speed == replay.speed).unwrap_or(0);
    let at = if faster { (at + 1).min(SPEEDS.len() - 1) } else { at.saturating_sub(1) };
    replay.speed = SPEEDS[at];
}

fn next_class(model: &mut Model) {
    let shown = model.cell_under_cursor().and_then(|cell| model.shown()?.cell(cell));
    let classes: Vec<OpClass> = shown.map(CellSummary::classes).unwrap_or_default();
    model.view.class = match model.view.class {
        None => classes.first().copied(),
        Some(class) => {
            let at = classes.iter().position(|known| *known == class);
            at.and_then(|at| classes.get(at + 1)).copied()
        }
    };
}

fn in_overlay(model: &mut Model, action: Action) -> Vec<Cmd> {
    match action {
        Action::Back if !model.filter.is_empty() => model.filter.clear(),
        Action::Back => {
            model.overlay = None;
            model.scroll = 0;
        }
        Action::Down => model.scroll = model.scroll.saturating_add(1),
        Action::Up => model.scroll = model.scroll.min(last_line(model)).saturating_sub(1),
        Action::First => model.scroll = 0,
        // Stays at the end while lines are added.
        Action::Last => model.scroll = usize::MAX,
        _ => {}
    }
    Vec::new()
}

/// The first line of an overlay's last page.
fn last_line(model: &Model) -> usize {
    screens::overlay_length(model).saturating_sub(screens::overlay_lines(model.height))
}

fn in_question(model: &mut Model, action: Action) -> Vec<Cmd> {
    model.overlay = None;
    if action != Action::Yes {
        return Vec::new();
    }
    model.leaving = true;
    model.phase = Phase::Stopping;
    vec![Cmd::Ask(Ask::Stop(EndCause::Stopped))]
}
