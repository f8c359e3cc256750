//! What other programs get of a comparison: its verdicts in each format that shows one, also with names
//! that want to be markup.

mod compare_sample;
mod sample;

use compare_sample::{arms, pair_up};
use mapbench_core::event::RunBegin;
use mapbench_results::RunSummary;
use mapbench_results::compare::{self, Compared, Filter};
use mapbench_results::exit::ExitCause;
use mapbench_results::export::{self, FORMATS, Format, Run};
use serde_json::Value;

/// A name of everything that some format takes for markup.
const HOSTILE: &str = "<script>alert(\"1\")</script>|`a`*b*_c_[d](e)&amp;,]]>\n#\u{1b}[31m";

/// The log of a comparison whose B is so many times as slow.
fn live(begin: &RunBegin, slowdown: f64) -> RunSummary {
    let mut summary = compare_sample::run(begin, |cell, _| match cell.id {
        1 => 10e6 / slowdown,
        4 | 5 => 100e6,
        _ => 10e6,
    });
    pair_up(&mut summary);
    summary
}

fn judged(summary: &RunSummary) -> Compared {
    compare::paired(summary, Filter::ALL).expect("a live comparison")
}

/// As `mapbench compare` writes it.
fn compared(format: Format, compared: &Compared) -> String {
    let mut bytes = Vec::new();
    let causes = [compared.exit_cause(false)];
    export::write_compared(format, compared, &causes, &mut bytes).expect("written");
    String::from_utf8(bytes).expect("text")
}

/// As `mapbench report` writes it.
fn reported(format: Format, summary: &RunSummary, compared: &Compared) -> String {
    let mut bytes = Vec::new();
    let run = Run { compared: Some(compared), ..Run::of(summary) };
    export::write(format, run, &mut bytes).expect("written");
    String::from_utf8(bytes).expect("text")
}

/// A comparison whose every name is hostile.
fn hostile() -> RunSummary {
    let mut begin = arms(3, 1);
    for cell in &mut begin.cells {
        cell.adapter = format!("{}{HOSTILE}", cell.adapter);
        HOSTILE.clone_into(&mut cell.scenario);
    }
    HOSTILE.clone_into(&mut begin.machine.cpu);
    HOSTILE.clone_into(&mut begin.run_id);
    let comparison = begin.comparison.as_mut().expect("a comparison");
    for arm in [&mut comparison.a, &mut comparison.b] {
        arm.name.push_str(HOSTILE);
        HOSTILE.clone_into(&mut arm.commit.as_mut().expect("a commit").subject);
        arm.subject.lock_hash = Some(format!("{}{HOSTILE}", arm.name));
    }
    live(&begin, 1.1)
}

#[test]
fn json_of_the_log_of_a_comparison_has_its_rows_and_its_verdicts() {
    let summary = live(&arms(3, 1), 1.1);
    let judged = judged(&summary);
    let json: Value =
        serde_json::from_str(&reported(Format::Json, &summary, &judged)).expect("json");
    assert_eq!(json["kind"], "run");
    let arms: Vec<_> =
        json["rows"].as_array().expect("rows").iter().map(|row| &row["arm"]).collect();
    assert!(arms.contains(&&"A".into()) && arms.contains(&&"B".into()), "{arms:?}");
    let alone: Value = serde_json::from_str(&compared(Format::Json, &judged)).expect("json");
    assert_eq!(json["compared"], alone, "what `compare` writes");
    assert_eq!(alone["overall"], "regression");
    let cell = &alone["cells"][0];
    assert_eq!((&cell["verdict"], &cell["basis"]), (&"fail".into(), &"forks-of-quads".into()));
    let plain: Value = serde_json::from_str(&{
        let mut bytes = Vec::new();
        export::write(Format::Json, Run::of(&summary), &mut bytes).expect("written");
        String::from_utf8(bytes).expect("text")
    })
    .expect("json");
    assert!(plain.get("compared").is_none(), "what was not judged is left out");
}

#[test]
fn junit_fails_what_the_gate_fails_passes_what_is_the_same_and_skips_the_rest() {
    let case = |slowdown: f64, forks: u32| {
        compared(Format::Junit, &judged(&live(&arms(forks, 1), slowdown)))
    };
    let slower = case(1.1, 3);
    assert!(slower.contains("tests=\"1\"") && slower.contains("failures=\"1\""), "{slower}");
    assert!(slower.contains("type=\"regression\"") && slower.contains("slower by +10"), "{slower}");
    let same = case(1.0, 3);
    assert!(!same.contains("<failure") && !same.contains("<skipped"), "{same}");
    let open = case(1.02, 3);
    assert!(!open.contains("<failure") && open.contains("<skipped"), "{open}");
}

#[test]
fn markdown_says_the_verdict_first() {
    let text = compared(Format::Markdown, &judged(&live(&arms(3, 1), 1.1)));
    assert!(text.starts_with("## ❌ REGRESSION"), "{text}");
    assert!(text.contains("| sharded | 10.0 | 9."), "{text}");
    let fine = compared(Format::Markdown, &judged(&live(&arms(3, 1), 1.0)));
    assert!(fine.starts_with("## ✅ no regression"), "{fine}");
}

#[test]
fn html_of_a_comparison_draws_each_cell_and_needs_nothing_else() {
    let page = compared(Format::Html, &judged(&live(&arms(3, 1), 1.1)));
    assert!(page.contains("class=\"interval bad\"") && page.contains("REGRESSION"), "{page}");
    assert!(page.contains("commit bbbbbbb After against commit aaaaaaa Before"), "{page}");
}

#[test]
fn hostile_names_stay_names_in_every_format_of_a_comparison() {
    let summary = hostile();
    let judged = judged(&summary);
    for described in FORMATS.iter().filter(|described| described.shows_comparison) {
        for text in
            [compared(described.format, &judged), reported(described.format, &summary, &judged)]
        {
            assert_names(described.format, &text);
        }
    }
}

fn assert_names(format: Format, text: &str) {
    match format {
        Format::Json => {
            let json: Value = serde_json::from_str(text).expect("json");
            let object = json.get("compared").unwrap_or(&json);
            let scenario = object["cells"][0]["scenario"].as_str();
            assert_eq!(scenario, Some(HOSTILE));
        }
        Format::Junit => {
            assert!(!text.contains("<script>") && !text.contains('\u{1b}'), "{text}");
            assert_eq!(text.matches("<testcase ").count(), 1, "{text}");
        }
        Format::Markdown => {
            for forbidden in ["<script>", "|`a`", "*b*", "[d](e)", "\u{1b}", "\n#\u{20}"] {
                assert!(!text.contains(forbidden), "{forbidden:?} in {text}");
            }
        }
        Format::Html => {
            for forbidden in ["<script", "src=", "@import", "url(", "http-equiv", "\u{1b}"] {
                assert!(!text.contains(forbidden), "{forbidden:?}");
            }
            let links = text.match_indices("href=\"").map(|(at, _)| &text[at + 6..at + 11]);
            assert!(links.into_iter().all(|link| link == "data:"));
            assert!(text.contains("&lt;script&gt;"));
        }
        other => panic!("{other:?} shows no comparison"),
    }
}

#[test]
fn formats_without_comparisons_say_so() {
    let judged = judged(&live(&arms(3, 1), 1.0));
    for described in FORMATS.iter().filter(|described| !described.shows_comparison) {
        let causes = [ExitCause::Fine];
        let error = export::write_compared(described.format, &judged, &causes, &mut Vec::new());
        let error = error.expect_err("refused").to_string();
        assert!(error.contains(described.name), "{error}");
    }
}
