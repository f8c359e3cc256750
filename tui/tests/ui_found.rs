//! The screens Sweep, Compare and History: at four sizes with their styles, at every size without a
//! panic, from a run on screen and from the store, and the keys that lead to them and back.

mod ui_synthetic;

use std::fmt::Write as _;
use std::path::Path;

use mapbench::ui::event_loop::replayed;
use mapbench::ui::export;
use mapbench::ui::host::Choices;
use mapbench::ui::model::Model;
use mapbench::ui::screens::picture;
use mapbench::ui::shelf::Found;
use mapbench::ui::tab::Tab;
use mapbench::ui::theme::{Depth, Palette, Theme};
use mapbench::ui::update::{Cmd, Msg, update};
use mapbench_core::event::{
    Arm, ArmBegin, Cell, Commit, ComparisonBegin, RoundReport, RunBegin, RunEvent, Subject, UiMode,
    Work,
};
use mapbench_results::RunLog;
use mapbench_results::history::{self, Search};
use mapbench_results::sweep::{self, Setting, from_points};
use ratatui::crossterm::event::{KeyCode, KeyEvent};

const SIZES: [(u16, u16); 4] = [(120, 36), (80, 24), (40, 12), (20, 3)];
const THEME: Theme = Theme { depth: Depth::Full, palette: Palette::Dark, ascii: false };
const FORKS: u32 = 3;
const ROUNDS: u32 = 12;

/// What B of each map does to A's throughput, by fork: the same, 8 % less, and anything.
const FACTORS: [[f64; 3]; 3] = [[1.0, 1.002, 0.999], [0.92, 0.921, 0.919], [0.8, 1.1, 1.2]];

fn arm(digit: &str, message: &str) -> ArmBegin {
    let commit = Commit {
        sha: digit.repeat(40),
        parent: None,
        dirty: false,
        subject: message.to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    };
    let subject = Subject { lock_hash: Some(digit.repeat(16)), ..Subject::default() };
    ArmBegin { name: format!("commit:{digit}"), commit: Some(commit), subject }
}

fn compared_begin() -> RunBegin {
    let plain = ui_synthetic::begin();
    let mut cells = Vec::new();
    for cell in &plain.cells[..FACTORS.len()] {
        for arm in [Arm::A, Arm::B] {
            cells.push(Cell { id: cells.len() as u32, arm: Some(arm), ..cell.clone() });
        }
    }
    let (a, b) = (arm("a", "Lock each shard"), arm("b", "Lock them all"));
    let comparison = Some(ComparisonBegin { a, again: None, b, looks: 1 });
    RunBegin { cells, comparison, forks: FORKS, rounds: ROUNDS, ..plain }
}

/// A live comparison of three maps.
fn comparison() -> Vec<RunEvent> {
    let begin = compared_begin();
    let mut events = vec![RunEvent::Begin(Box::new(begin.clone()))];
    let pairs = begin.cells.chunks(2);
    let work = Work::Words { warm: 1, measured: 1 };
    events.extend(pairs.map(|pair| RunEvent::Quads { cells: [pair[0].id, pair[1].id], work }));
    for fork in 0..FORKS {
        for cell in &begin.cells {
            events.push(RunEvent::TrialStarted { cell: cell.id, fork });
        }
        for (n, cell) in (0..ROUNDS).flat_map(|n| begin.cells.iter().map(move |cell| (n, cell))) {
            let map = cell.id as usize / 2;
            let factor = if cell.arm == Some(Arm::B) { FACTORS[map][fork as usize] } else { 1.0 };
            let wobble = 1.0 + f64::from((n * 7 + fork * 3 + cell.id) % 5) / 2_000.0;
            let report = RoundReport {
                n,
                started_ns: u64::from(fork * ROUNDS + n) * 100_000_000,
                elapsed_ns: (1e8 / factor * wobble) as u64,
                ops: 1_000_000,
                ops_per_thread: vec![1_000_000],
                ..RoundReport::default()
            };
            events.push(RunEvent::Round { cell: cell.id, fork, report: Box::new(report) });
        }
    }
    events
}

fn replay_of(events: &[RunEvent]) -> Model {
    let text = ui_synthetic::text_of(events);
    let log = RunLog::read_from(text.as_bytes(), Path::new("synthetic.ndjson"));
    replayed(&log.expect("a log"), THEME)
}

fn compared() -> Model {
    replay_of(&comparison())
}

fn idle() -> Model {
    Model::new(THEME, Choices::default(), UiMode::BetweenRounds)
}

/// A hinge at 8 of one map, and another that falls.
fn swept() -> Model {
    let mut points = "adapter,x,ops_per_sec\n".to_owned();
    for visit in 0..3 {
        for x in [1_u32, 2, 4, 8, 16, 32, 64] {
            let wobble = 1.0 + f64::from((x * 7 + visit * 3) % 5) / 1_000.0;
            let rising = 10e6 * f64::from(x.min(8)) * wobble;
            let falling = 60e6 / f64::from(x).sqrt() * wobble;
            let _ = writeln!(points, "sharded,{x},{rising}\nstd/mutex,{x},{falling}");
        }
    }
    let setting = Setting::of_file("points.csv", "shards");
    let points = from_points::read("points.csv", &setting, points.as_bytes()).expect("points");
    let spec = points.spec("shards", "shards", 1);
    let sweep = Box::new(sweep::judge(&points.evidence, &spec));
    found(Tab::Sweep, Found::Sweep(sweep, "run 3fa9c2d1".to_owned()))
}

/// A series that drops by a tenth at the 21st of 40 commits, and one that does not.
fn histories() -> Model {
    let mut table = "series,commit,time,value,subject,machine\n".to_owned();
    for at in 0..40_u32 {
        let wobble = 1.0 + f64::from(at * 7 % 11) / 1_000.0;
        let level = if at < 20 { 10e6 } else { 9e6 };
        let (day, month) = (at % 28 + 1, at / 28 + 1);
        let subject = if at == 20 { "Lock them all" } else { "Tidy up" };
        for (series, value) in [("sharded", level * wobble), ("steady", 5e6 * wobble)] {
            let _ = writeln!(
                table,
                "{series},{at:07x},2026-{month:02}-{day:02}T00:00:00Z,{value},{subject},box"
            );
        }
    }
    let built = history::from_csv("table.csv", table.as_bytes()).expect("a table");
    let history = history::nominate(built, Search::default());
    found(Tab::History, Found::History(Box::new(history), "2 series of the store".to_owned()))
}

fn found(tab: Tab, found: Found) -> Model {
    let mut model = idle();
    press(&mut model, KeyCode::Char(char::from(b'1' + tab as u8)));
    update(&mut model, Msg::Found(tab, Ok(found)));
    model
}

fn press(model: &mut Model, key: KeyCode) -> Vec<Cmd> {
    update(model, Msg::Key(KeyEvent::from(key)))
}

fn text(model: &Model, width: u16, height: u16) -> String {
    export::text(&picture(model, width, height))
}

#[test]
fn the_three_screens_at_four_sizes() {
    for (name, model) in [("compare", compared()), ("sweep", swept()), ("history", histories())] {
        for (width, height) in SIZES {
            let name = format!("{name}_{width}x{height}");
            insta::assert_snapshot!(
                name,
                ui_synthetic::with_styles(&picture(&model, width, height))
            );
        }
    }
}

#[test]
fn every_screen_draws_at_every_size() {
    let mut models = vec![compared(), swept(), histories()];
    for model in &models.clone() {
        let mut open = model.clone();
        press(&mut open, KeyCode::Enter);
        models.push(open);
        let mut ascii = model.clone();
        ascii.theme.ascii = true;
        press(&mut ascii, KeyCode::Char('G'));
        models.push(ascii);
    }
    for tab in [Tab::Sweep, Tab::Compare, Tab::History] {
        let mut none = idle();
        press(&mut none, KeyCode::Char(char::from(b'1' + tab as u8)));
        models.push(none.clone());
        update(&mut none, Msg::Found(tab, Err("none yet; a command makes one".to_owned())));
        models.push(none);
    }
    for model in &models {
        for width in (1..=20).chain((25..=200).step_by(35)) {
            for height in (1..=14).chain((20..=60).step_by(20)) {
                picture(model, width, height);
            }
        }
    }
}

#[test]
fn ascii_screens_hold_only_ascii() {
    for mut model in [compared(), swept(), histories()] {
        model.theme.ascii = true;
        // The only question mark is the key of the help.
        let shown = text(&model, 120, 36).replace("? help", "");
        assert!(shown.is_ascii() && !shown.contains('?'), "{shown}");
    }
}

#[test]
fn a_comparison_opens_its_screen_and_says_what_the_gate_says() {
    let mut model = compared();
    assert_eq!(model.tab, Tab::Compare);
    let shown = text(&model, 120, 36);
    let line = |adapter: &str| {
        shown.lines().find(|line| line.contains(adapter)).expect("a line").to_owned()
    };
    for (adapter, words) in
        [("sharded", "same"), ("dashmap/v6", "FAIL"), ("flurry", "INCONCLUSIVE")]
    {
        assert!(line(adapter).contains(words), "{shown}");
    }
    for words in ["commit aaaaaaa Lock each shard", "REGRESSION: 1 of 3 fail", "+8.7 %"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    press(&mut model, KeyCode::Char('j'));
    assert!(text(&model, 120, 36).contains("▸ dashmap/v6"));
    press(&mut model, KeyCode::Enter);
    assert!(text(&model, 120, 36).contains("both in one session"), "the whole page");
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.overlay, model.tab), (None, Tab::Compare));
}

#[test]
fn a_comparison_is_on_screen_while_its_rounds_arrive() {
    let mut model = idle();
    let events = comparison();
    update(&mut model, Msg::Event(Box::new(events[0].clone())));
    let shown = text(&model, 120, 36);
    assert!(shown.contains("nothing to judge yet") && !shown.contains("left out"), "{shown}");
    for (at, event) in events.iter().take(events.len() / 2).enumerate().skip(1) {
        update(&mut model, Msg::Tick(at as u64 * 1_000_000_000));
        update(&mut model, Msg::Event(Box::new(event.clone())));
    }
    assert_eq!(model.tab, Tab::Compare);
    let shown = text(&model, 120, 36);
    assert!(shown.contains("sharded") && shown.contains("so far: "), "{shown}");
}

#[test]
fn the_intervals_lie_where_the_scale_says() {
    let shown = text(&compared(), 120, 36);
    let columns = |adapter: &str, glyph: char| {
        let line = shown.lines().find(|line| line.contains(adapter)).expect("a line");
        line.chars().position(|at| at == glyph)
    };
    let zero = columns("sharded", '●').expect("near zero");
    let margin = columns("sharded", '╎').expect("the margin");
    let failing = columns("dashmap/v6", '●').expect("the failing one");
    assert!(zero < margin && margin < failing, "{shown}");
}

#[test]
fn numbers_and_tab_lead_to_the_screens_and_escape_leads_back() {
    let mut model = idle();
    assert_eq!(press(&mut model, KeyCode::Char('2')), [Cmd::Find(Tab::Sweep)]);
    assert_eq!(press(&mut model, KeyCode::Char('2')), [], "asked once");
    assert!(text(&model, 80, 24).contains("looking into the store"));
    assert_eq!(press(&mut model, KeyCode::Tab), [Cmd::Find(Tab::Compare)]);
    assert_eq!(press(&mut model, KeyCode::Tab), [Cmd::Find(Tab::History)]);
    press(&mut model, KeyCode::BackTab);
    assert_eq!(model.tab, Tab::Compare);
    let why = "no comparison in the store yet; a command makes one".to_owned();
    update(&mut model, Msg::Found(Tab::Compare, Err(why)));
    assert!(text(&model, 80, 24).contains("no comparison in the store yet"));
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.tab, Tab::Run);
    press(&mut model, KeyCode::Char('4'));
    assert_eq!(press(&mut model, KeyCode::Char('q')), [Cmd::Quit]);
}

#[test]
fn a_replay_does_not_look_into_the_store() {
    let mut model = replay_of(&ui_synthetic::run());
    assert_eq!(model.tab, Tab::Run);
    assert_eq!(press(&mut model, KeyCode::Char('4')), []);
    assert!(text(&model, 120, 36).contains("without --replay"));
}

#[test]
fn a_sweep_shows_its_knee_and_a_history_its_change() {
    let shown = text(&swept(), 120, 36);
    for words in ["slope break", "sharded", "std/mutex", "╳", "run 3fa9c2d1"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let shown = text(&histories(), 120, 36);
    for words in ["sharded", "Lock them all", "open", "-10"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
}
