//! Wrong input: one sentence that names the file, key or flag and the next step, and the exit
//! code that tells scripts the cause. Nothing is measured.

use crate::program::Program;

#[test]
fn an_unknown_adapter_or_scenario_is_a_usage_error_with_a_suggestion() {
    let program = Program::mapbench();
    program.run("run -a dashmap/v5 -s uniform").refused(2, &["dashmap/v5", "-a", "dashmap/v6"]);
    program.run("run -s read-heavvy").refused(2, &["read-heavvy", "-s", "curated/read-heavy"]);
    program.run("scenarios show nothing-like-it").refused(2, &["mapbench scenarios list"]);
}

#[test]
fn a_setting_that_an_adapter_does_not_take_is_refused_with_what_it_takes() {
    let program = Program::mapbench();
    let refused = |asked: &str, named: &[&str]| {
        program.run(&format!("run -s uniform -a {asked}")).refused(2, named);
    };
    refused("sharded@shard=64", &["`shard`", "`shards`", "`twin`"]);
    refused("sharded@shards=many", &["`many`", "`shards`", "1048576"]);
    refused("noop@shards=64", &["`noop`", "`shards`", "`twin`"]);
}

#[test]
fn an_empty_glob_selects_nothing() {
    let program = Program::mapbench();
    program.run("run -a nobody/* -s uniform").refused(4, &["nobody/*", "mapbench adapters list"]);
    program.run("run -s nobody/*").refused(4, &["nobody/*", "mapbench scenarios list"]);
}

#[test]
fn adapters_that_all_lack_something_are_nothing_to_run() {
    let program = Program::mapbench();
    program
        .run("run -s hot-key -a evmap/publish-every-n")
        .refused(4, &["evmap/publish-every-n", "read-modify-write"]);
}

#[test]
fn an_unknown_key_in_a_scenario_file_is_named_with_its_line() {
    let program = Program::mapbench();
    let said = program.run("scenarios show test/uniform");
    program.write("mine.toml", &said.out.replacen("summary", "sumary", 1));
    program.run("run -s mine.toml -a noop").refused(2, &["mine.toml", "sumary", "summary"]);
    program.run("run -s missing.toml -a noop").refused(2, &["missing.toml", "-s"]);
}

#[test]
fn a_scenario_file_of_ones_own_runs() {
    let program = Program::mapbench();
    program.write("mine.toml", &program.run("scenarios show test/uniform").out);
    let said = program.run("run -s ./mine.toml -a noop -t 1 --round 5ms --rounds 1 --forks 1");
    assert!(said.code == 0 && said.out.contains("mine"), "{said:?}");
}

#[test]
fn a_duration_that_cannot_be_is_refused_with_its_flag() {
    let program = Program::mapbench();
    program.run("run -s uniform -d 2s --rounds 5").refused(2, &["--duration", "--rounds"]);
    program.run("run -s uniform -d 2").refused(2, &["--duration", "`2s`"]);
    program.run("run -s uniform -d 0s").refused(2, &["--duration"]);
    program.run("run -s growth -a noop -d 1s").refused(2, &["one-shot", "-d", "--rounds"]);
}

#[test]
fn numbers_out_of_range_are_refused_with_their_flag() {
    let program = Program::mapbench();
    program.run("run -s uniform -t 0").refused(2, &["--threads"]);
    program.run("run -s uniform --forks 0").refused(2, &["--forks"]);
    program.run("run -s uniform --max-memory lots").refused(2, &["--max-memory", "`8G`"]);
    program.run("run -s uniform --cpus 9999").refused(2, &["9999", "--cpus"]);
    program
        .run("run -s uniform --hasher siphash --key string")
        .refused(2, &["siphash", "--key u64"]);
}

#[test]
fn an_output_that_cannot_be_written_is_found_before_anything_is_measured() {
    let program = Program::mapbench();
    program.run("run -s uniform -a noop -o csv=no/such/out.csv").refused(110, &["no/such/out.csv"]);
    program.run("run -s uniform -a noop -o csv=.").refused(110, &["(-o)"]);
    assert!(!program.folder().join(".mapbench").exists(), "nothing was started");
    program.run("run -s uniform -o xml=out.xml").refused(2, &["xml", "csv"]);
    program.run("run -s uniform -o out.csv").refused(2, &["csv=out.csv"]);
    program.write("file", "");
    program.run("run -s uniform -a noop --store file/runs").refused(110, &["--store"]);
}

#[test]
fn an_export_that_fails_in_the_end_leaves_the_run_log() {
    let program = Program::mapbench();
    let said = program
        .run("run -s uniform -a noop -t 1,1 --round 5ms --rounds 1 --forks 1 -o csv=/dev/full");
    said.refused(110, &["/dev/full", "run log"]);
    assert!(said.out.contains("noop"), "the table is printed: {}", said.out);
    let log = program.log();
    assert!(!log.partial());
    assert_eq!(log.begin.cells.len(), 1, "the same cell twice is one cell");
}

#[test]
fn a_recording_that_is_not_one_is_refused_with_line_and_column() {
    let program = Program::mapbench();
    program.write("lacks.csv", "name,creation_time,deletion_time\na,0,1\n");
    program
        .run("trace import openb-2023 lacks.csv -o out.mbt")
        .refused(2, &["lacks.csv", "scheduled_time", "--map schedule="]);
    program.write("cut.csv", "name,creation_time,scheduled_time,deletion_time\na,0,1,2\nb,0,1");
    program
        .run("trace import openb-2023 cut.csv -o out.mbt")
        .refused(2, &["cut.csv, line 3", "cut off"]);
    program.run("trace import openb-2023 none.csv -o out.mbt").refused(2, &["none.csv"]);
    program.run("trace import openb-2024 cut.csv -o out.mbt").refused(2, &["openb-2023"]);
    program.run("trace import openb-2023 cut.csv -o no/out.mbt").refused(110, &["no/out.mbt"]);
    assert!(!program.folder().join("out.mbt").exists());
}

#[test]
fn a_file_that_is_no_trace_is_refused() {
    let program = Program::mapbench();
    program.write("noise.mbt", "not a trace");
    program.run("run --trace noise.mbt -a noop").refused(2, &["noise.mbt", "trace"]);
    program.run("run --trace none.mbt -a noop").refused(2, &["none.mbt", "--trace"]);
    program.run("trace info noise.mbt").refused(2, &["noise.mbt"]);
}

#[test]
fn the_terminal_ui_without_a_terminal_names_the_other_way() {
    Program::mapbench().run("tui").refused(2, &["terminal", "mapbench run"]);
}

#[test]
fn a_worker_without_a_session_ends_and_a_stranger_is_told_so() {
    let program = Program::mapbench();
    assert_eq!(program.run("worker").code, 0);
    program.write("orders", "{\"stop\":{}}\n");
    let orders = std::fs::File::open(program.folder().join("orders")).expect("just written");
    let output = program.command("worker").stdin(orders).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("first order must be a trial"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_scenario_whose_adapters_are_not_there_is_skipped_with_the_reason() {
    let program = Program::mapbench();
    let text = "summary = \"a question for a map that is still to come\"\n\
                needs_adapters = [\"nowhere/*\"]\n[mix]\nkeys = 100\nops = { get = 100 }\n";
    program.write("later.toml", text);
    program.run("run -s later.toml").refused(4, &["nowhere/*", "does not have"]);
    let said = program.run("run -s later.toml,test/uniform -a noop -t 1 --dry-run");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("skipped in later: it needs nowhere/*"), "{said:?}");
    let said = program.run("scenarios list");
    assert!(!said.out.contains("skipped"), "every built-in question has its maps: {said:?}");
}

#[test]
fn popularity_is_replayed_from_a_trace_file_beside_the_scenario_file() {
    let program = Program::mapbench();
    let said = program.run("trace gen test/hotspot -o hot.mbt");
    assert_eq!(said.code, 0, "{said:?}");
    std::fs::create_dir(program.folder().join("mine")).expect("a folder");
    std::fs::rename(program.folder().join("hot.mbt"), program.folder().join("mine/hot.mbt"))
        .expect("moved");
    let text = "summary = \"again\"\n[mix]\nkeys = 1_000\nlap_ops = 2_000\nops = { get = 100 }\n\
                popularity = { replay = { file = \"hot.mbt\", by = \"order\" } }\n";
    program.write("mine/again.toml", text);
    let said = program.run("run -s mine/again.toml -a noop -t 1 --dry-run");
    assert_eq!(said.code, 0, "{said:?}");
    program.write("mine/other.toml", &text.replace("hot.mbt", "cold.mbt"));
    program.run("run -s mine/other.toml -a noop").refused(2, &["cold.mbt", "replay.file"]);
    program.write("mine/few.toml", &text.replace("keys = 1_000", "keys = 10"));
    program.run("run -s mine/few.toml -a noop").refused(2, &["few", "use at least as many"]);
}
