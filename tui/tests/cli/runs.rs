//! Runs that end well.

use mapbench_core::event::{EndCause, RunEvent};

use crate::program::Program;

const SHORT: &str = "--round 5ms --warm 1ms --rounds 3 --forks 1";

#[test]
fn a_run_prints_its_table_and_writes_a_csv_of_verified_rows() {
    let program = Program::mapbench();
    let said = program
        .run(&format!("run -s test/uniform -a std/rwlock,sharded -t 1,2 {SHORT} -o csv=out.csv"));
    assert_eq!(said.code, 0, "{said:?}");
    for word in ["test/uniform", "std/rwlock", "sharded", "ok: all rounds ran"] {
        assert!(said.out.contains(word), "{}", said.out);
    }
    let rows = program.csv("out.csv");
    let cells: Vec<_> =
        rows.iter().filter(|row| row["level"] == "cell" && row["op_class"] == "all").collect();
    assert_eq!(cells.len(), 4);
    for row in &rows {
        assert_eq!((row["status"].as_str(), row["error"].as_str()), ("ok", ""), "{row:?}");
        assert_eq!(row["verified"], "true", "{row:?}");
    }
    for cell in cells {
        assert!(cell["ops"].parse::<u64>().is_ok_and(|ops| ops > 0), "{cell:?}");
        assert!(cell["service_ns_p99"].parse::<u64>().is_ok(), "{cell:?}");
    }
    let log = program.log();
    let rounds = log.events.iter().filter(|event| matches!(event, RunEvent::Round { .. }));
    // Two maps take rounds in quads, so that three are four.
    assert_eq!(rounds.count(), 4 * 4);
    assert!(!log.partial());
    assert_eq!(log.end.map(|end| (end.cause, end.exit_code)), Some((EndCause::Finished, 0)));
}

#[test]
fn every_key_and_value_type_runs_and_one_shot_work_is_verified_in_each_round() {
    let program = Program::mapbench();
    let said = program.run(
        "run -s test/growth -a std/mutex --key u64,string --value 8,224,arc224 -t 2 --rounds 2 \
         --forks 1 -o csv=-",
    );
    assert_eq!(said.code, 0, "{said:?}");
    let rows = csv::Reader::from_reader(said.out.as_bytes())
        .deserialize::<std::collections::HashMap<String, String>>()
        .map(|row| row.expect("only the CSV is on standard output"))
        .filter(|row| row["level"] == "cell" && row["op_class"] == "all")
        .collect::<Vec<_>>();
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row["verified"] == "true"));
    assert!(
        said.err.contains("ok: all rounds ran"),
        "the table goes to standard error: {}",
        said.err
    );
}

#[test]
fn variants_of_one_adapter_are_cells_of_their_own_and_keep_their_settings() {
    let program = Program::mapbench();
    let said = program.run(&format!(
        "run -s test/uniform -a sharded,sharded@shards=4,sharded@twin --shards 8 -t 1 {SHORT} \
         -o csv=out.csv"
    ));
    assert_eq!(said.code, 0, "{said:?}");
    for label in ["sharded (shards 8)", "sharded@shards=4 ", "sharded@twin (shards 8)"] {
        assert!(said.out.contains(label), "{label}: {}", said.out);
    }
    let rows = program.csv("out.csv");
    let cells = rows.iter().filter(|row| row["level"] == "cell" && row["op_class"] == "all");
    let settings: Vec<_> =
        cells.map(|row| (row["adapter"].as_str(), row["shards"].as_str())).collect();
    assert_eq!(settings, [("sharded", "8"), ("sharded@shards=4", "4"), ("sharded@twin", "8")]);
}

#[test]
fn events_on_standard_output_are_those_of_the_log() {
    let program = Program::mapbench();
    let said = program
        .run(&format!("run -s uniform -a noop,std/rwlock -t 1 {SHORT} --message-format ndjson -q"));
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    let events: Vec<RunEvent> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is an event"))
        .filter(|event| !matches!(event, RunEvent::RoundStarted { .. }))
        .collect();
    let log = program.log();
    assert!(matches!(events.first(), Some(RunEvent::Begin(begin)) if **begin == log.begin));
    assert_eq!(events[1..events.len() - 1], log.events);
    assert!(matches!(events.last(), Some(RunEvent::End(end)) if Some(end) == log.end.as_ref()));
}

#[test]
fn without_a_terminal_each_finished_cell_has_a_line() {
    let program = Program::mapbench();
    let said = program.run(&format!("run -s uniform -a noop,std/mutex -t 1 {SHORT}"));
    assert_eq!(said.code, 0, "{said:?}");
    let lines: Vec<_> = said.err.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(lines.len(), 2, "{}", said.err);
    assert!(lines[1].starts_with("[2/2] test/uniform"), "{}", said.err);
}

#[test]
fn a_dry_run_shows_cells_skips_time_and_memory_and_measures_nothing() {
    let program = Program::mapbench();
    let said = program.run("run -s hot-key,read-heavy -a evmap/*,std/mutex -t 1,2 -d 2s --dry-run");
    assert_eq!(said.code, 0, "{said:?}");
    for word in ["curated/hot-key", "evmap/publish-each", "skipped", "MiB", "about"] {
        assert!(said.out.contains(word), "no {word:?} in {}", said.out);
    }
    let store = program.folder().join(".mapbench/runs");
    assert!(mapbench_results::store::list(&store).is_ok_and(|runs| runs.is_empty()));
}

#[test]
fn an_imported_trace_runs_and_says_what_it_is() {
    let program = Program::mapbench();
    program.write(
        "pods.csv",
        "name,creation_time,scheduled_time,deletion_time\n\
         a,0,1,50\nb,2,,60\nc,3,4,70\nd,100,101,\n",
    );
    let said = program.run("trace import openb-2023 pods.csv -o pods.mbt --superpose 3");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("12 added"), "{}", said.out);
    let said = program.run("trace info pods.mbt");
    assert!(said.out.contains("one-shot") && said.out.contains("pod states"), "{}", said.out);
    let said =
        program.run("run --trace pods.mbt -a std/rwlock,sharded -t 1,2 --rounds 2 --forks 1");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("openb-2023/pods.csv"), "{}", said.out);
    let said = program.run("run --trace pods.mbt -a std/rwlock -d 1s");
    said.refused(2, &["one-shot", "--rounds"]);
}

#[test]
fn lists_and_completions_name_what_there_is() {
    let program = Program::mapbench();
    let said = program.run("adapters list");
    assert!(said.code == 0 && said.out.contains("dashmap/v6"), "{said:?}");
    let said = program.run("adapters show sharded");
    assert!(said.code == 0 && said.out.contains("Trade-offs"), "{said:?}");
    let said = program.run("scenarios list");
    assert!(said.code == 0 && said.out.contains("curated/mixed-write"), "{said:?}");
    let said = program.run("scenarios show hot-key");
    assert!(said.code == 0 && said.out.contains("analysis"), "{said:?}");
    let said = program.run("completions bash");
    assert!(said.code == 0 && said.out.contains("mapbench"), "{said:?}");
    let said = program.run("version --json");
    let version: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert!(version["adapters"]["dashmap/v6"].is_string(), "{version}");
}

#[test]
fn the_same_seed_uses_the_same_trace_file() {
    let program = Program::mapbench();
    for _ in 0..2 {
        let said = program.run("run -s test/uniform -a noop -t 1 --dry-run");
        assert_eq!(said.code, 0, "{said:?}");
    }
    let traces = program.folder().join(".mapbench/runs/traces");
    let files = std::fs::read_dir(&traces).expect("traces are in the store").count();
    assert_eq!(files, 1, "one file, and no draft is left");
    program.run("run -s test/uniform -a noop -t 1 --dry-run --seed 2");
    assert_eq!(std::fs::read_dir(&traces).expect("still there").count(), 2);
}

#[test]
fn a_run_says_what_its_harness_costs_and_what_it_could_not_tell_apart() {
    let program = Program::mapbench();
    let said = program.run(
        "run -s test/uniform -a std/rwlock,sharded,dashmap/v6 -t 1 --round 5ms --warm 1ms \
         --rounds 10 --forks 1 --calibration quick -o csv=out.csv",
    );
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("harness: "), "{}", said.out);
    assert!(said.out.contains("noise: at 1 thread std/rwlock was "), "{}", said.out);
    assert!(!said.out.contains("noop"), "{}", said.out);
    let rows = program.csv("out.csv");
    let cells: Vec<_> =
        rows.iter().filter(|row| row["level"] == "cell" && row["op_class"] == "all").collect();
    assert_eq!(cells.len(), 3);
    for row in cells {
        for column in ["floor_ns_per_op", "floor_share", "self_ratio", "detectable_share"] {
            assert!(row[column].parse::<f64>().is_ok_and(|figure| figure > 0.0), "{row:?}");
        }
    }
    let log = program.log();
    let begin = log.begin;
    assert_eq!(begin.cells.iter().filter(|cell| !cell.role.is_measured()).count(), 3);
}

#[test]
fn a_rate_makes_a_cell_and_executes_what_was_offered() {
    let program = Program::mapbench();
    let said = program.run(
        "run -s test/uniform -a noop -t 1 --rate 10k,50k,1G --schedule uniform --round 20ms \
         --rounds 4 --forks 1 -o csv=out.csv",
    );
    assert_eq!(said.code, 0, "{said:?}");
    let rows = program.csv("out.csv");
    let cells: Vec<_> =
        rows.iter().filter(|row| row["level"] == "cell" && row["op_class"] == "all").collect();
    let field = |name: &str| -> Vec<&str> { cells.iter().map(|row| row[name].as_str()).collect() };
    assert_eq!(field("axis"), ["rate"; 3]);
    assert_eq!(field("axis_value"), ["10000", "50000", "1000000000"]);
    assert!(field("trace_hash").windows(2).all(|pair| pair[0] == pair[1]));
    // Of 80 ms; the schedule says how many, however fast the map is.
    let due: Vec<u64> = field("due_events").iter().map(|due| due.parse().unwrap()).collect();
    assert!(due[0].abs_diff(800) <= 4 && due[1].abs_diff(4_000) <= 4, "{due:?}");
    assert!(cells.iter().all(|row| row["intended_ns_p999"].parse::<u64>().is_ok()));
    // No map does an op a nanosecond.
    assert_eq!(cells[2]["saturated"], "true");
    assert!(said.out.contains("offered 10.0k ops/s uniform"), "{}", said.out);
    let refused = program.run("run -s locked-scan -a noop --rate 10k --dry-run");
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("a pace of its own"), "{refused:?}");
}
