//! Two programs in one session from the outside: what the log says of the arms, what cannot be
//! compared and why, how commits are built and what a build leaves behind. The programs are this one
//! behind small scripts, so that nothing is compiled; no verdict of a clock is asserted.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use mapbench_core::event::{Arm, EndCause, Role, RunEvent};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::program::Program;

const REAL: &str = env!("CARGO_BIN_EXE_mapbench");
/// A comparison of a second or two.
const SHORT: &str = "-s test/uniform -t 1 --round 2ms --warm 1ms --forks 1 -d 100ms";

/// A program in the folder of another one that is a shell script.
fn script(program: &Program, name: &str, text: &str) -> PathBuf {
    program.write(name, &format!("#!/bin/sh\n{text}\n"));
    let path = program.folder().join(name);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("it can be made to run");
    path
}

fn git(program: &Program, arguments: &[&str]) -> String {
    let who = ["-c", "user.name=A Person", "-c", "user.email=person@example.org"];
    let output = Command::new("git")
        .args(who)
        .args(arguments)
        .current_dir(program.folder())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A build that makes a program: a script that runs this one, because to copy and hash a debug
/// build takes seconds.
fn make(program: &Program, first: &str) {
    let text = format!(
        "{first}\nprintf '#!/bin/sh\\nexec {REAL} \"$@\"\\n' > built-program\nchmod +x built-program"
    );
    script(program, "make", &text);
}

/// A repository of two commits whose build needs no compiler.
fn repository() -> Program {
    let program = Program::mapbench();
    program.write("source", "one");
    program.write(".gitignore", ".mapbench\n");
    git(&program, &["init", "-q", "-b", "main"]);
    git(&program, &["add", "-A"]);
    git(&program, &["commit", "-q", "-m", "Be there"]);
    program.write("source", "two");
    git(&program, &["commit", "-q", "-a", "-m", "Change a word"]);
    make(&program, "test -f source || exit 1");
    program
}

fn build(program: &Program, names: &str, more: &str) -> crate::program::Said {
    let make = program.folder().join("make");
    let mut command = program.command(&format!("compare {names} {more}"));
    command.arg("--build").arg(&make).args(["--program", "built-program"]);
    let output = command.output().expect("the program starts");
    crate::program::Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn the_arms_of_a_comparison_run_their_own_programs() {
    let program = Program::mapbench();
    // B is told to be four times slower than the session says.
    let slower = r#"sed -u 's/"slow":1\.0/"slow":4.0/; s/"slow":"1"/"slow":"4"/; s/"slow":1\([,}]\)/"slow":4\1/'"#;
    let b = script(
        &program,
        "b",
        &format!(
            "if [ \"$1\" = worker ]; then {slower} | {REAL} worker; else exec {REAL} \"$@\"; fi"
        ),
    );
    let said = program.run(&format!(
        "compare --bin-a {REAL} --bin-b {} -a model@ns=2000@slow=1 {SHORT}",
        b.display()
    ));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("noise floor is of one build of A"), "{}", said.err);
    let log = program.log();
    let arms = log.begin.comparison.as_ref().expect("a comparison");
    assert_eq!(arms.a.name, REAL);
    assert_eq!(arms.b.name, b.display().to_string());
    assert!(arms.again.is_none());
    assert!(arms.a.subject.rustc.starts_with("rustc "), "{arms:?}");
    let told: Vec<_> = log.begin.cells.iter().map(|cell| (cell.arm, cell.role)).collect();
    let [a, again, b] = [Arm::A, Arm::AgainA, Arm::B].map(Some);
    let twin = Role::Twin { of: 0 };
    let expected = [
        (a, Role::Measured),
        (b, Role::Measured),
        (a, Role::Floor),
        (b, Role::Floor),
        (a, twin),
        (again, twin),
    ];
    assert_eq!(told, expected);
    let ops_per_sec = |of: u32| {
        let mut rates: Vec<f64> = log
            .events
            .iter()
            .filter_map(|event| match event {
                RunEvent::Round { cell, report, .. } if *cell == of => {
                    Some(report.ops as f64 / report.elapsed_ns as f64)
                }
                _ => None,
            })
            .collect();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    assert!(ops_per_sec(0) > 1.5 * ops_per_sec(1), "B was told to be slow by its own program");
}

#[test]
fn what_one_program_lacks_is_left_out_and_what_none_has_is_unknown() {
    let program = Program::mapbench();
    let faulty = Program::faulty().command("").get_program().to_owned();
    let both = format!("compare --bin-a {REAL} --bin-b {} --dry-run", faulty.display());
    let said = program.run(&format!("{both} -a fault/bimodal,std/rwlock {SHORT}"));
    assert_eq!(said.code, 0, "{said:?}");
    let reason = format!("arm A ({REAL}) has no adapter `fault/bimodal`");
    assert!(said.out.contains(&reason), "{}", said.out);
    program.run(&format!("{both} -a fault/bimodal {SHORT}")).refused(4, &["no adapter"]);
    program.run(&format!("{both} -a std/rwlok {SHORT}")).refused(2, &["std/rwlok"]);
}

#[test]
fn an_arm_that_crashes_leaves_nothing_to_compare() {
    let program = Program::mapbench();
    let text =
        format!("if [ \"$1\" = worker ]; then echo dying >&2; exit 7; fi; exec {REAL} \"$@\"");
    let b = script(&program, "b", &text);
    let said = program.run(&format!(
        "compare --bin-a {REAL} --bin-b {} -a std/rwlock {SHORT} --gate",
        b.display()
    ));
    assert_eq!(said.code, 102, "{said:?}");
    assert!(said.out.contains("dying"), "{}", said.out);
}

#[test]
fn programs_that_cannot_be_compared_are_refused_with_their_arm() {
    let program = Program::mapbench();
    let other = script(&program, "other", r#"echo '{"protocol": 999}'"#);
    let said = program
        .run(&format!("compare --bin-a {REAL} --bin-b {} -a std/rwlock {SHORT}", other.display()));
    said.refused(3, &["arm B", "protocol 999"]);
    let said = program.run(&format!("compare --bin-a {REAL} --bin-b no/such {SHORT}"));
    said.refused(2, &["no/such"]);
}

#[test]
fn ctrl_c_saves_what_was_compared_so_far() {
    let program = Program::mapbench();
    let line = format!("compare --bin-a {REAL} --bin-b {REAL} -a std/rwlock -s test/uniform -t 1");
    let mut child = program
        .command(&format!("{line} --forks 1000 -d 10m --verbose"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut lines = lines.map_while(Result::ok);
    // Workers are ready: rounds follow.
    assert!(lines.any(|line| line.contains("verified")), "no worker came to anything");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).expect("it runs");
    lines.for_each(drop);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let log = program.log();
    assert_eq!(log.end.expect("an end").cause, EndCause::Interrupted);
}

#[test]
fn commits_are_built_once_and_leave_no_work_tree_behind() {
    let program = repository();
    let said = build(&program, "HEAD~1 HEAD", &format!("-a std/rwlock {SHORT}"));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("arm A: building commit") && said.err.contains("\"Be there\""));
    let log = program.log();
    let arms = log.begin.comparison.as_ref().expect("a comparison");
    let subject = |of: &mapbench_core::event::ArmBegin| of.commit.clone().map(|it| it.subject);
    assert_eq!(subject(&arms.a).as_deref(), Some("Be there"));
    assert_eq!(subject(&arms.b).as_deref(), Some("Change a word"));
    assert!(arms.again.is_none(), "two copies of the same bytes are one program");
    assert_eq!(log.begin.commit, arms.b.commit);
    assert_eq!(git(&program, &["worktree", "list"]).lines().count(), 1);
    let again = build(&program, "commit:HEAD~1 main", &format!("-a std/rwlock {SHORT}"));
    assert_eq!(again.err.matches("is built already").count(), 3, "{again:?}");
    // The work tree as it is: a change that nobody committed is a commit of its own.
    program.write("source", "three");
    let dirty = build(&program, "HEAD .", &format!("-a std/rwlock {SHORT}"));
    assert!(dirty.err.contains(", with changes \"Change a word\""), "{dirty:?}");
    let status = git(&program, &["status", "--porcelain", "--untracked-files=no"]);
    assert_eq!(status.trim(), "M source", "nothing was staged");
}

#[test]
fn a_build_that_fails_shows_its_last_lines_and_leaves_no_work_tree_behind() {
    let program = repository();
    script(&program, "make", "echo the compiler says no >&2; exit 4");
    let said = build(&program, "HEAD~1 HEAD", SHORT);
    said.refused(2, &["arm A", "the compiler says no", "build.log"]);
    assert_eq!(git(&program, &["worktree", "list"]).lines().count(), 1);
    let said = build(&program, "commit:no-such commit:HEAD", SHORT);
    said.refused(2, &["`no-such` is no commit"]);
    script(&program, "make", "true");
    build(&program, "HEAD~1 HEAD", SHORT).refused(2, &["made no `built-program`", "--program"]);
}

/// Whether a process that was killed is gone; its new parent may leave it as it died.
fn ends(process: &str) -> bool {
    let stat = format!("/proc/{process}/stat");
    let dead = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z"));
    let mut patience = 1_000_000;
    while !dead() && patience > 0 {
        std::thread::yield_now();
        patience -= 1;
    }
    dead()
}

#[test]
fn a_build_that_is_interrupted_is_ended_and_its_work_tree_goes() {
    let program = repository();
    script(&program, "make", "echo $$ > ../../../../../begun; sleep 600");
    let make = program.folder().join("make");
    let mut child = program
        .command("compare HEAD~1 HEAD --program built-program")
        .arg("--build")
        .arg(make)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let begun = program.folder().join("begun");
    while !std::fs::read_to_string(&begun).is_ok_and(|text| text.ends_with('\n')) {
        assert!(child.try_wait().expect("it can be asked").is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).expect("it runs");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(git(&program, &["worktree", "list"]).lines().count(), 1);
    let builder = std::fs::read_to_string(begun).expect("a file");
    assert!(ends(builder.trim()), "the build goes on");
}

#[test]
fn the_files_of_b_are_laid_over_a() {
    let program = repository();
    make(&program, "cat source >&2");
    let said = build(&program, "HEAD~1 HEAD", &format!("-a std/rwlock {SHORT} --overlay source"));
    assert_eq!(said.code, 0, "{said:?}");
    let builds = program.folder().join(".mapbench/runs/builds");
    let logs = std::fs::read_dir(builds).expect("builds").flatten();
    let texts: Vec<String> = logs
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("build.log")).ok())
        .collect();
    assert_eq!(texts, ["two", "two", "two"], "A was built with B's file");
    let said = build(&program, "HEAD~1 HEAD", &format!("{SHORT} --overlay bench"));
    said.refused(2, &["--overlay bench", "has no such file or folder"]);
}
