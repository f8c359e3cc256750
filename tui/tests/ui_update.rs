//! What keys, events and signals do to the state: `update` is pure, so no terminal is needed.

mod ui_synthetic;

use mapbench::session::RunRequest;
use mapbench::session::request::Length;
use mapbench::ui::host::{Choice, Choices, Wish};
use mapbench::ui::model::{Model, Overlay, Phase};
use mapbench::ui::terminal::Signal;
use mapbench::ui::theme::{Depth, Palette, Theme};
use mapbench::ui::update::{Ask, Cmd, Msg, update};
use mapbench_core::event::{EndCause, RunEnd, RunEvent, UiMode};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

const THEME: Theme = Theme { depth: Depth::Mono, palette: Palette::Dark, ascii: false };

fn choices() -> Choices {
    let choice = |name: &str, chosen| Choice { name: name.into(), about: String::new(), chosen };
    Choices {
        scenarios: vec![choice("curated/hot-key", true), choice("curated/read-heavy", false)],
        adapters: vec![choice("std/rwlock", true), choice("dashmap/v6", true)],
        cpus: 2,
        one_shot: false,
        ..Choices::default()
    }
}

fn idle() -> Model {
    Model::new(THEME, choices(), UiMode::BetweenRounds)
}

/// A run with some rounds of its first group done, waiting between two rounds.
fn running() -> Model {
    let mut model = idle();
    for event in ui_synthetic::run().into_iter().take(40) {
        update(&mut model, Msg::Event(Box::new(event)));
    }
    update(&mut model, Msg::Gap);
    assert_eq!(model.phase, Phase::Running);
    model
}

fn press(model: &mut Model, code: KeyCode) -> Vec<Cmd> {
    update(model, Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn control(model: &mut Model, character: char) -> Vec<Cmd> {
    let key = KeyEvent::new(KeyCode::Char(character), KeyModifiers::CONTROL);
    update(model, Msg::Key(key))
}

fn type_in(model: &mut Model, keys: &str) -> Vec<Cmd> {
    keys.chars().flat_map(|key| press(model, KeyCode::Char(key))).collect()
}

fn end(cause: EndCause, exit_code: u8) -> Msg {
    Msg::Ended(Ok(RunEnd { cause, exit_code, ended: String::new() }))
}

#[test]
fn a_one_shot_trace_is_measured_in_rounds() {
    let request = RunRequest { trace: Some("pods.mbt".into()), ..RunRequest::default() };
    let one_shot = Choices { one_shot: true, request, ..choices() };
    let model = Model::new(THEME, one_shot, UiMode::BetweenRounds);
    let wish = model.wizard.wish().expect("a wish");
    assert_eq!(wish.length, Length::Rounds(5));
    let command = wish.command(&model.wizard.rest);
    assert!(command.contains("--trace pods.mbt") && command.contains("--rounds 5"), "{command}");
    assert!(!command.contains("-s ") && !command.contains("-d "), "{command}");
}

#[test]
fn enter_in_the_wizard_begins_what_is_chosen() {
    let mut model = idle();
    let wish = Wish {
        scenarios: vec!["curated/hot-key".into()],
        adapters: vec!["std/rwlock".into(), "dashmap/v6".into()],
        threads: vec![2],
        length: Length::PerCellNs(2_000_000_000),
    };
    let command = "mapbench run -s curated/hot-key -a std/rwlock,dashmap/v6 -t 2 -d 2s";
    assert_eq!(wish.command(&RunRequest::default()), command);
    assert_eq!(press(&mut model, KeyCode::Enter), [Cmd::Begin(wish)]);
    assert_eq!(model.phase, Phase::Preparing);
}

#[test]
fn the_copied_command_says_what_the_wizard_does_not_ask() {
    let request = RunRequest { forks: 3, store: Some("my runs".into()), ..RunRequest::default() };
    let mut model = Model::new(THEME, Choices { request, ..choices() }, UiMode::BetweenRounds);
    let copied = type_in(&mut model, "y");
    let [Cmd::Copy(command)] = copied.as_slice() else { panic!("{copied:?}") };
    assert!(command.ends_with("-t 2 -d 2s --forks 3 --store 'my runs'"), "{command}");
}

#[test]
fn the_wizard_asks_for_an_estimate_after_each_change_and_names_what_is_missing() {
    let mut model = idle();
    type_in(&mut model, "j");
    let asked = type_in(&mut model, " ");
    let [Cmd::Estimate(wish)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(wish.scenarios, ["curated/hot-key", "curated/read-heavy"]);
    type_in(&mut model, " k ");
    assert_eq!(press(&mut model, KeyCode::Enter), []);
    assert!(model.said.as_deref().is_some_and(|said| said.contains("scenarios")), "{model:?}");
}

#[test]
fn a_pause_begins_at_the_next_round_boundary_and_holds_the_session() {
    let mut model = running();
    type_in(&mut model, " ");
    assert_eq!(model.phase, Phase::Pausing);
    assert!(!model.holds_the_session());
    update(&mut model, Msg::Gap);
    assert_eq!(model.phase, Phase::Paused);
    assert!(model.holds_the_session());
    type_in(&mut model, " ");
    assert_eq!(model.phase, Phase::Running);
    assert!(!model.holds_the_session());
}

#[test]
fn a_stop_lets_a_paused_session_go_on_to_its_end() {
    let mut model = running();
    type_in(&mut model, " ");
    update(&mut model, Msg::Gap);
    assert_eq!(type_in(&mut model, "S"), [Cmd::Ask(Ask::Stop(EndCause::Stopped))]);
    assert!(!model.holds_the_session());
    assert_eq!(update(&mut model, end(EndCause::Stopped, 0)), []);
    assert_eq!(model.phase, Phase::Finished(EndCause::Stopped));
}

#[test]
fn the_clock_of_a_run_stands_still_once_it_has_ended() {
    let mut model = running();
    update(&mut model, Msg::Tick(7_000_000_000));
    update(&mut model, end(EndCause::Finished, 0));
    update(&mut model, Msg::Tick(360_000_000_000));
    assert_eq!(model.elapsed_ns(), 7_000_000_000);
}

#[test]
fn the_first_ctrl_c_stops_and_the_second_kills() {
    let mut model = running();
    assert_eq!(control(&mut model, 'c'), [Cmd::Ask(Ask::Stop(EndCause::Interrupted))]);
    assert_eq!(model.phase, Phase::Stopping);
    assert_eq!(control(&mut model, 'c'), [Cmd::Ask(Ask::Kill)]);
    assert_eq!(update(&mut model, end(EndCause::Interrupted, 130)), [Cmd::Quit]);
    assert_eq!(model.exit_code, 130);
}

#[test]
fn ctrl_c_works_while_a_filter_is_typed() {
    let mut model = running();
    type_in(&mut model, "/q");
    assert_eq!(model.filter, "q");
    assert_eq!(control(&mut model, 'c'), [Cmd::Ask(Ask::Stop(EndCause::Interrupted))]);
}

#[test]
fn a_termination_signal_saves_and_leaves() {
    let mut model = running();
    let asked = update(&mut model, Msg::Signal(Signal::Terminate));
    assert_eq!(asked, [Cmd::Ask(Ask::Stop(EndCause::Terminated))]);
    assert_eq!(update(&mut model, end(EndCause::Terminated, 143)), [Cmd::Quit]);
    let mut model = idle();
    assert_eq!(update(&mut model, Msg::Signal(Signal::Terminate)), [Cmd::Quit]);
    assert_eq!(model.exit_code, 143);
}

#[test]
fn a_closed_terminal_saves_and_leaves_and_is_never_a_reason_to_kill() {
    let mut model = running();
    let asked = update(&mut model, Msg::Signal(Signal::HangUp));
    assert_eq!(asked, [Cmd::Ask(Ask::Stop(EndCause::Terminated))]);
    assert_eq!(update(&mut model, Msg::Signal(Signal::HangUp)), []);
    assert_eq!(update(&mut model, end(EndCause::Terminated, 143)), [Cmd::Quit]);
    assert_eq!(update(&mut idle(), Msg::Signal(Signal::HangUp)), [Cmd::Quit]);
}

#[test]
fn quitting_asks_only_while_a_run_is_under_way() {
    let mut model = running();
    assert_eq!(type_in(&mut model, "q"), []);
    assert_eq!(model.overlay, Some(Overlay::Confirm));
    assert_eq!(type_in(&mut model, "n"), []);
    assert_eq!((model.overlay, &model.phase), (None, &Phase::Running));
    type_in(&mut model, "q");
    assert_eq!(type_in(&mut model, "y"), [Cmd::Ask(Ask::Stop(EndCause::Stopped))]);
    assert_eq!(update(&mut model, end(EndCause::Stopped, 0)), [Cmd::Quit]);
    assert_eq!(type_in(&mut idle(), "q"), [Cmd::Quit]);
}

#[test]
fn skip_names_the_cell_under_the_cursor() {
    let mut model = running();
    type_in(&mut model, "jj");
    assert_eq!(type_in(&mut model, "x"), [Cmd::Ask(Ask::Skip(2))]);
    type_in(&mut model, "/dash");
    press(&mut model, KeyCode::Enter);
    assert_eq!(type_in(&mut model, "x"), [Cmd::Ask(Ask::Skip(1))]);
}

#[test]
fn a_frozen_view_stands_still_while_the_run_goes_on() {
    let mut model = running();
    let rounds = |model: &Model| model.shown().map_or(0, mapbench_results::RunSummary::rounds_done);
    let before = rounds(&model);
    type_in(&mut model, "f");
    for event in ui_synthetic::run().into_iter().skip(40).take(20) {
        update(&mut model, Msg::Event(Box::new(event)));
    }
    assert_eq!(rounds(&model), before);
    type_in(&mut model, "f");
    assert!(rounds(&model) > before);
}

#[test]
fn the_running_group_is_followed_until_somebody_chooses_one() {
    let events = ui_synthetic::run();
    let second_group = events
        .iter()
        .position(|event| matches!(event, RunEvent::TrialStarted { cell, .. } if *cell == 5));
    let (first, rest) = events.split_at(second_group.expect("there is one") + 1);
    let mut model = idle();
    for event in first {
        update(&mut model, Msg::Event(Box::new(event.clone())));
    }
    assert_eq!(model.view.group, 1);
    press(&mut model, KeyCode::Left);
    for event in &rest[..30] {
        update(&mut model, Msg::Event(Box::new(event.clone())));
    }
    assert_eq!(model.view.group, 0);
    press(&mut model, KeyCode::Esc);
    update(&mut model, Msg::Event(Box::new(rest[30].clone())));
    assert_eq!(model.view.group, 1);
}

#[test]
fn a_session_that_cannot_begin_says_why_and_stays_on_screen() {
    let mut model = idle();
    press(&mut model, KeyCode::Enter);
    let reason = "the store cannot be written".to_owned();
    assert_eq!(update(&mut model, Msg::Ended(Err(reason.clone()))), []);
    assert_eq!(model.phase, Phase::Broken(reason));
    assert_eq!(model.exit_code, 1);
    assert_eq!(type_in(&mut model.clone(), "q"), [Cmd::Quit]);
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.phase, Phase::Idle, "the wizard is there to choose something else");
}

#[test]
fn the_log_is_bounded() {
    let mut model = idle();
    for n in 0..10_000 {
        update(&mut model, Msg::Sentence(false, format!("sentence {n}")));
    }
    assert!(model.log.len() <= 500);
    assert!(model.log.back().is_some_and(|line| line.text == "sentence 9999"));
}
