//! The steps of the workflows in `docs/ci`: each is a script, and each script is run here with
//! stand-ins for the programs that it calls. What the programs themselves do is tested elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder with stand-ins: shell scripts by name.
fn stand_ins(programs: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, script) in programs {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a stand-in");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
    }
    folder
}

fn run(script: &str, args: &[&str], folder: &Path) -> Output {
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new(root().join("scripts/ci").join(script))
        .args(args)
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("MAPBENCH", folder.join("mapbench"))
        .env("GITHUB_STEP_SUMMARY", folder.join("summary.md"))
        .env("GITHUB_OUTPUT", folder.join("output"))
        .output()
        .expect("the script runs")
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap_or_default()
}

/// Notes how it was called, and writes the files that it is asked for.
const COMPARES: &str = r#"
echo "$@" >>called
for word in "$@"; do
  case $word in
    markdown=*) echo '### REGRESSION' >"${word#markdown=}" ;;
    json=* | junit=*) echo {} >"${word#*=}" ;;
  esac
done
echo 'overall: REGRESSION'
exit 100"#;

#[test]
fn a_regression_fails_the_step_and_leaves_its_page() {
    let folder = stand_ins(&[("mapbench", COMPARES)]);
    let output = run("compare", &["aaa", "bbb", "out", "-t", "1"], folder.path());
    assert_eq!(output.status.code(), Some(100));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "overall: REGRESSION\n");
    let called = read(&folder, "called");
    assert!(
        called.starts_with("compare commit:aaa commit:bbb --gate --store out/runs"),
        "{called}"
    );
    assert!(called.ends_with("-t 1\n"), "{called}");
    assert_eq!(read(&folder, "summary.md"), "### REGRESSION\n");
    assert_eq!(read(&folder, "output"), "code=100\n");
    assert_eq!(read(&folder, "out/comparison.txt"), "overall: REGRESSION\n");
    for file in ["comparison.json", "comparison.xml", "comparison.md"] {
        assert!(!read(&folder, &format!("out/{file}")).is_empty(), "{file}");
    }
}

#[test]
fn a_comparison_that_could_not_begin_says_so_where_people_look() {
    let folder = stand_ins(&[("mapbench", "echo no such commit >&2; exit 2")]);
    let output = run("compare", &["aaa", "bbb", "out"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    let summary = read(&folder, "summary.md");
    assert!(summary.contains("no comparison") && summary.contains("exit code 2"), "{summary}");
    assert_eq!(run("compare", &["aaa"], folder.path()).status.code(), Some(2));
}

#[test]
fn a_pull_request_has_one_comment_that_is_replaced() {
    let gh = r#"
echo "$@" >>called
for word in "$@"; do case $word in body=@*) cp "${word#body=@}" body ;; esac; done
case $* in *--paginate*) cat known 2>/dev/null ;; esac
exit 0"#;
    let folder = stand_ins(&[("gh", gh)]);
    fs::write(folder.path().join("page.md"), "x".repeat(70_000)).expect("a page");
    let args = ["owner/name", "7", "page.md"];
    assert!(run("comment", &args, folder.path()).status.success());
    assert!(read(&folder, "called").contains("--method POST repos/owner/name/issues/7/comments"));
    let body = read(&folder, "body");
    assert!(body.starts_with("<!-- mapbench compare -->\nxxx") && body.len() < 65_536);
    assert!(body.contains("cut off here"));

    fs::write(folder.path().join("known"), "123\n").expect("a comment");
    assert!(run("comment", &args, folder.path()).status.success());
    assert!(
        read(&folder, "called").contains("--method PATCH repos/owner/name/issues/comments/123")
    );

    for wrong in [["owner", "7", "page.md"], ["owner/name", "x", "page.md"], ["a/b", "7", "none"]] {
        assert_eq!(run("comment", &wrong, folder.path()).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_recorded_commit_is_kept_and_a_shift_fails_the_step() {
    let mapbench = r#"
echo "$@" >>called
case $1 in
  run) echo table ;;
  history) echo "$2"; [ "$2" != changepoints ] || exit 100 ;;
esac"#;
    let folder = stand_ins(&[("mapbench", mapbench)]);
    let output = run("record", &["store", "out", "-a", "mine"], folder.path());
    assert_eq!(output.status.code(), Some(100));
    let called = read(&folder, "called");
    let calls: Vec<&str> = called.lines().collect();
    assert!(
        calls[0].starts_with("run --profile ci --store store") && calls[0].ends_with("-a mine")
    );
    assert!(calls[1].starts_with("history prune"), "{called}");
    assert_eq!(calls[2], "history changepoints --gate --store store");
    assert_eq!(read(&folder, "out/history.txt"), "changepoints\n");
    assert!(read(&folder, "summary.md").contains("changepoints"));
}

#[test]
fn the_workflows_call_scripts_that_there_are() {
    let mut calls = 0;
    for workflow in ["compare.yml", "history.yml"] {
        let text = fs::read_to_string(root().join("docs/ci").join(workflow)).expect("a workflow");
        for word in text.split_whitespace() {
            let Some(script) = word.strip_prefix(".mapbench-scripts/") else { continue };
            let mode = fs::metadata(root().join(script)).expect("the script").permissions().mode();
            assert_eq!(mode & 0o111, 0o111, "{script} can be run");
            calls += 1;
        }
    }
    assert_eq!(calls, 3);
}
