//! Runs on several maps, with units and paces, as people see them.

use crate::program::Program;

fn number(row: &std::collections::HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

#[test]
fn a_run_of_the_cluster_counts_pods_and_adds_up_over_its_maps() {
    let program = Program::mapbench();
    let said = program.run(
        "run -s test/cluster -a std/mutex,sharded -t 1,2 --round 20ms --warm 1ms --rounds 3 \
         --forks 1 -o csv=out.csv",
    );
    assert_eq!(said.code, 0, "{said:?}");
    for word in ["pods/s", "maps by time: ", "time per map, %", "time per op", "per pod"] {
        assert!(said.out.contains(word), "no {word:?} in\n{}", said.out);
    }
    assert!(said.err.contains(" pods/s over 4 rounds"), "{}", said.err);
    let rows = program.csv("out.csv");
    let cells: Vec<_> =
        rows.iter().filter(|row| row["level"] == "cell" && row["op_class"] == "all").collect();
    assert_eq!(cells.len(), 4);
    // Where each round straddled a flip of the processors' placement, there is nothing to compare.
    for cell in cells.into_iter().filter(|cell| cell["rounds"] != "0") {
        let same = |row: &&_| {
            let row: &std::collections::HashMap<String, String> = row;
            ["adapter", "threads"].iter().all(|column| row[*column] == cell[*column])
        };
        let of_cell = |row: &&_| {
            let row: &std::collections::HashMap<String, String> = row;
            row["level"] == "map" && row["fork"].is_empty()
        };
        let maps: Vec<_> = rows.iter().filter(same).filter(of_cell).collect();
        assert!(maps.iter().any(|map| map["map"] == "M9" && map["map_name"] == "pod states"));
        let total = |column: &str| maps.iter().map(|map| number(map, column)).sum::<f64>();
        assert!((total("ops") - number(cell, "ops")).abs() < 0.5, "{cell:?}");
        for share in ["ops_share", "time_share"] {
            assert!((total(share) - 1.0).abs() < 1e-4, "{share}: {}", total(share));
        }
        assert_eq!(cell["unit"], "pods");
        assert!(number(cell, "units_per_sec_median") > 0.0);
        assert!(number(cell, "units_per_sec_median") < number(cell, "ops_per_sec_median"));
        assert!(number(cell, "busy_ns_per_unit") > 0.0);
        assert!(number(cell, "waiting_share") < 1.0);
    }
}

#[test]
fn a_pace_that_a_round_is_too_short_for_is_said_before_it_runs() {
    let program = Program::mapbench();
    let said = program.run("run -s test/actors -a sharded -t 1 --round 20ms --dry-run");
    assert_eq!(said.code, 0, "{said:?}");
    // 100 scans a second are 2 in 20 ms; 2,000 writes a second are 40.
    let note = "note: test/actors: a round holds about 2 due events of the scanner actor";
    assert!(said.out.contains(note), "{}", said.out);
    assert!(!said.out.contains("of the writer actor"), "{}", said.out);
    assert!(said.out.contains("use --round 1s"), "{}", said.out);
}
