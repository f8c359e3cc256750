//! The screens as people see them: at four sizes with their styles, at every size without a panic,
//! and with the figures of the log.

mod ui_synthetic;

use std::path::Path;

use mapbench::ui::event_loop::replayed;
use mapbench::ui::export;
use mapbench::ui::host::{Choice, Choices, Estimate};
use mapbench::ui::model::Model;
use mapbench::ui::screens::picture;
use mapbench::ui::theme::{Depth, Palette, Theme};
use mapbench::ui::update::{Msg, update};
use mapbench_core::event::{EndCause, RoundOrder, RunBegin, RunEnd, RunEvent, UiMode, Work};
use mapbench_results::units::{Charset, mops, percentile};
use mapbench_results::{RunLog, RunSummary};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

const SIZES: [(u16, u16); 4] = [(120, 36), (80, 24), (40, 12), (20, 3)];
const THEME: Theme = Theme { depth: Depth::Full, palette: Palette::Dark, ascii: false };

fn log() -> RunLog {
    let text = ui_synthetic::log_text();
    RunLog::read_from(text.as_bytes(), Path::new("synthetic.ndjson")).expect("it is a log")
}

fn finished() -> Model {
    replayed(&log(), THEME)
}

fn composite() -> Model {
    let text = ui_synthetic::text_of(&ui_synthetic::composite());
    let log = RunLog::read_from(text.as_bytes(), Path::new("composite.ndjson"));
    replayed(&log.expect("it is a log"), THEME)
}

fn idle() -> Model {
    let choice = |name: &str, chosen| Choice {
        name: name.to_owned(),
        about: format!("about {name}"),
        chosen,
    };
    let choices = Choices {
        scenarios: ui_synthetic::SCENARIOS.iter().map(|name| choice(name, true)).collect(),
        adapters: ui_synthetic::MAPS
            .iter()
            .map(|map| choice(map.0, map.0 != "test/abort"))
            .collect(),
        cpus: 2,
        one_shot: false,
        ..Choices::default()
    };
    let mut model = Model::new(THEME, choices, UiMode::BetweenRounds);
    let estimate = Estimate { total_ns: 58_000_000_000, cells: 8, skipped: 1 };
    update(&mut model, Msg::Estimated(Ok(estimate)));
    model
}

fn press(model: &mut Model, keys: &str) {
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\x1b' => KeyCode::Esc,
            key => KeyCode::Char(key),
        };
        update(model, Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }
}

#[test]
fn the_run_screen_at_four_sizes() {
    let model = finished();
    for (width, height) in SIZES {
        let name = format!("run_{width}x{height}");
        insta::assert_snapshot!(name, ui_synthetic::with_styles(&picture(&model, width, height)));
    }
}

#[test]
fn a_composite_run_counts_pods_and_shows_its_maps() {
    for (width, height) in [(120, 36), (80, 24)] {
        let mut model = composite();
        let text = export::text(&picture(&model, width, height));
        insta::assert_snapshot!(format!("pods_{width}x{height}"), text);
        press(&mut model, "\n");
        let text = export::text(&picture(&model, width, height));
        insta::assert_snapshot!(format!("maps_{width}x{height}"), text);
    }
}

#[test]
fn the_details_of_a_composite_cell_are_those_of_its_rounds() {
    let mut model = composite();
    press(&mut model, "\n");
    let text = export::text(&picture(&model, 120, 36));
    // Of 100 ops: 5 at 90 ns, 4 at 100, 10 at 50 and 80 at 10, together 2,150 ns a pod.
    for (map, time_share) in [("M14", 800.0), ("M11", 500.0), ("M0", 450.0), ("M9", 400.0)] {
        let line = text.lines().find(|line| line.contains(&format!("│ {map} ")));
        let words: Vec<&str> = line.expect("a line").split_whitespace().collect();
        let share = format!("{:.1}", time_share / 2_150.0 * 100.0);
        assert!(words.contains(&share.as_str()), "{share} of {map} in {words:?}");
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for figure in [
        "each takes 2.1µ in maps",
        "90.0 (90.0) % of reads hit",
        "32.0 (31.0) % of ops",
        "12.5 % of updates",
        "4.0 % of the time",
        "2.0 % of 500 due events late",
    ] {
        assert!(words.contains(figure), "no {figure:?} in\n{text}");
    }
}

#[test]
fn the_wizard_at_four_sizes() {
    let model = idle();
    for (width, height) in SIZES {
        let name = format!("wizard_{width}x{height}");
        insta::assert_snapshot!(name, ui_synthetic::with_styles(&picture(&model, width, height)));
    }
}

#[test]
fn overlays_and_charts() {
    for (name, keys) in [
        ("help", "?"),
        ("help_searched", "?/pause\n"),
        ("log", "l"),
        ("failed_cell", "G\n"),
        ("curves", "o"),
        ("throughput", "oo"),
        ("writes_sorted_by_p99", "mmssss"),
        ("filtered", "/dash\n"),
    ] {
        let mut model = finished();
        press(&mut model, keys);
        insta::assert_snapshot!(name, export::text(&picture(&model, 120, 36)));
    }
}

#[test]
fn ascii_screens_hold_only_ascii() {
    let mut model = finished();
    model.theme.ascii = true;
    model.theme.depth = Depth::Mono;
    for keys in ["", "?", "\x1bl", "\x1bG\n", "\x1bo", "o"] {
        press(&mut model, keys);
        let text = export::text(&picture(&model, 120, 36));
        assert!(text.is_ascii(), "after {keys:?}:\n{text}");
    }
    let mut model = composite();
    model.theme.ascii = true;
    for keys in ["", "\n"] {
        press(&mut model, keys);
        let text = export::text(&picture(&model, 120, 36));
        let unknown = text.replace("? help", "").contains('?');
        assert!(text.is_ascii() && !unknown, "after {keys:?}:\n{text}");
    }
}

#[test]
fn every_screen_draws_at_every_size() {
    let finished = finished();
    picture(&finished, 120, 36);
    let mut screens = vec![idle(), finished.clone()];
    for keys in ["?", "l", "G\n", "o", "oo", "L", "/x\n"] {
        let mut model = finished.clone();
        press(&mut model, keys);
        screens.push(model);
    }
    screens.push(Model { run: None, ..finished });
    let mut model = composite();
    screens.push(model.clone());
    press(&mut model, "\n");
    screens.push(model);
    let thresholds = [8, 12, 24, 36, 40, 60, 80, 100, 120];
    let edges = thresholds.iter().flat_map(|edge| [edge - 1, *edge, edge + 1]);
    let sizes: Vec<u16> = (1..7).chain((15..200).step_by(29)).chain(edges).chain([200]).collect();
    for model in &screens {
        for &width in &sizes {
            for &height in sizes.iter().filter(|height| **height <= 60) {
                picture(model, width, height);
            }
        }
    }
}

#[test]
fn long_rounds_say_when_the_next_frame_comes() {
    let mut model = idle();
    for event in ui_synthetic::run().into_iter().take(20) {
        let event = match event {
            RunEvent::Begin(begin) => {
                RunEvent::Begin(Box::new(RunBegin { round_ns: 5_000_000_000, ..*begin }))
            }
            event => event,
        };
        update(&mut model, Msg::Event(Box::new(event)));
    }
    update(&mut model, Msg::Tick(7_000_000_000));
    let text = export::text(&picture(&model, 120, 36));
    assert!(text.contains("next frame at 00:12"), "{text}");
}

#[test]
fn the_head_line_names_the_cell_under_way_or_the_last_one() {
    let mut model = idle();
    let mut events = ui_synthetic::run().into_iter();
    let mut take = |model: &mut Model, until: &dyn Fn(&RunEvent) -> bool| {
        for event in events.by_ref() {
            let reached = until(&event);
            update(model, Msg::Event(Box::new(event)));
            if reached {
                break;
            }
        }
    };
    let head = |model: &Model, width| {
        let text = export::text(&picture(model, width, 36));
        text.lines().next().unwrap_or_default().to_owned()
    };
    take(&mut model, &|event| matches!(event, RunEvent::TrialStarted { cell: 1, .. }));
    assert!(head(&model, 120).contains("prefills read-heavy ×1 dashmap/v6"));
    take(&mut model, &|event| matches!(event, RunEvent::Round { cell: 2, .. }));
    assert!(head(&model, 120).contains("last read-heavy ×1 flurry/guard-per-op"));
    let narrow = head(&model, 80);
    assert!(narrow.contains("last read-heavy ×1 flurry/guard-per-op  "), "{narrow}");
    let order = RoundOrder { n: 0, work: Work::DurationNs(1), warm_ns: 0, sampled: false };
    let started = RunEvent::RoundStarted { cell: 3, fork: 0, order };
    update(&mut model, Msg::Event(Box::new(started)));
    assert!(head(&model, 120).contains("now read-heavy ×1 std/rwlock"));
    take(&mut model, &|_| false);
    let end = RunEnd { cause: EndCause::Finished, exit_code: 0, ended: String::new() };
    update(&mut model, Msg::Ended(Ok(end)));
    let ended = head(&model, 120);
    assert!(!ended.contains("last") && !ended.contains("now"), "{ended}");
}

#[test]
fn figures_on_screen_are_those_of_the_log() {
    let model = finished();
    let summary = RunSummary::of_log(&log());
    let text = export::text(&picture(&model, 120, 36));
    let shown = summary
        .cells()
        .iter()
        .filter(|cell| cell.cell().scenario == "curated/hot-key" && cell.cell().threads == 2);
    for cell in shown {
        let row = cell.row();
        let service = row.service.as_ref().expect("it was timed");
        let line =
            text.lines().find(|line| line.contains(&cell.cell().adapter) && line.contains("/10"));
        let words: Vec<&str> = line.expect("it has a row").split_whitespace().collect();
        let figures = [service.p50, service.p99, service.p999, service.max];
        for ns in figures {
            assert!(words.contains(&percentile(ns, Charset::Utf8).as_str()), "{ns} in {words:?}");
        }
        let rate = mops(row.ops_per_sec_median.expect("it ran"));
        assert!(words.contains(&rate.as_str()), "{rate} in {words:?}");
    }
}

/// Maxima of a ridge that is drawn in one row.
fn humps(line: &str) -> usize {
    const BLOCKS: &str = " ▁▂▃▄▅▆▇█";
    let heights: Vec<usize> =
        line.chars().map(|c| BLOCKS.chars().position(|block| block == c).unwrap_or(0)).collect();
    let mut humps = 0;
    let mut rising = false;
    for pair in heights.windows(2) {
        if pair[1] > pair[0] {
            rising = true;
        } else if pair[1] < pair[0] && rising {
            humps += 1;
            rising = false;
        }
    }
    humps
}

#[test]
fn a_bimodal_map_shows_two_humps_and_they_lie_apart() {
    let mut model = finished();
    // Reads alone: all ops together have a hump of writes as well.
    press(&mut model, "m/dashmap\n");
    let text = export::text(&picture(&model, 80, 24));
    let blocks = |line: &&str| line.contains(|c| ('▁'..='█').contains(&c));
    let bottom = text.lines().rfind(blocks).expect("a ridge is drawn");
    let ridge = bottom.trim_matches(['│', ' ']);
    assert_eq!(ridge.split("     ").filter(|hump| !hump.trim().is_empty()).count(), 2, "{text}");
    assert!(humps(&bottom.replace('│', " ")) >= 2, "{text}");
}

#[test]
fn a_picture_needs_no_font_for_charts() {
    let svg = export::svg(&picture(&finished(), 120, 36));
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("<circle") && svg.contains("dashmap/v6"));
    assert!(
        !svg.chars().any(|c| ('\u{2800}'..='\u{28ff}').contains(&c) || ('▁'..='█').contains(&c))
    );
}
