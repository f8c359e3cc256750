//! The commit of a real repository, and none where there is none.

use std::path::Path;
use std::process::Command;

use mapbench_results::fingerprint;

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=T", "-c", "user.email=t@example.org"])
        .args(arguments)
        .stdout(std::process::Stdio::null())
        .status()
        .expect("git runs");
    assert!(status.success(), "git {arguments:?}");
}

#[test]
fn a_commit_tells_its_parent_its_subject_and_whether_the_tree_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    assert_eq!(fingerprint::commit(at), None, "no repository");
    git(at, &["init", "-q"]);
    assert_eq!(fingerprint::commit(at), None, "no commit");

    std::fs::write(at.join("file"), "one").expect("written");
    git(at, &["add", "file"]);
    git(at, &["commit", "-q", "-m", "The first: a \"subject\"\n\nAnd more."]);
    let first = fingerprint::commit(at).expect("a commit");
    assert_eq!(first.subject, "The first: a \"subject\"");
    assert_eq!((first.sha.len(), first.parent, first.dirty), (40, None, false));

    git(at, &["commit", "-q", "--allow-empty", "--allow-empty-message", "-m", ""]);
    std::fs::write(at.join("untracked"), "x").expect("written");
    let second = fingerprint::commit(at).expect("a commit");
    assert_eq!(second.parent, Some(first.sha));
    assert_eq!((second.subject.as_str(), second.dirty), ("", false));

    std::fs::write(at.join("file"), "two").expect("written");
    assert!(fingerprint::commit(at).expect("a commit").dirty);
}

#[test]
fn this_machine_has_processors() {
    let machine = fingerprint::machine("system");
    assert!(machine.cpus > 0);
    assert_eq!(machine.allocator, "system");
}
