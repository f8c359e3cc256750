//! The commit of a folder, as `git` tells it. Changes nothing in the repository.

use std::path::Path;
use std::process::{Command, Stdio};

use mapbench_core::event::Commit;

/// The commit that is checked out in `folder`. `None` outside a repository, in one without a
/// commit, or without `git`.
pub fn commit(folder: &Path) -> Option<Commit> {
    let mut found = commit_of(folder, "HEAD")?;
    // Files that git does not track are not part of what was built from it.
    found.dirty = git(folder, &["status", "--porcelain", "--untracked-files=no"])
        .is_none_or(|changes| !changes.is_empty());
    Some(found)
}

/// The commit that `name` means in the repository of `folder`, whatever is checked out. `None` as
/// above, and where it means no commit.
pub fn commit_of(folder: &Path, name: &str) -> Option<Commit> {
    let format = "--format=%H%n%P%n%cI%n%s";
    let arguments = ["log", "-1", "--no-show-signature", format, "--end-of-options", name, "--"];
    let text = git(folder, &arguments)?;
    let mut lines = text.lines();
    let sha = lines.next().filter(|sha| !sha.is_empty())?.to_owned();
    let parent = lines.next()?.split(' ').next().filter(|sha| !sha.is_empty());
    let time = lines.next()?.to_owned();
    Some(Commit {
        sha,
        parent: parent.map(str::to_owned),
        dirty: false,
        subject: lines.next().unwrap_or_default().to_owned(),
        time,
    })
}

/// The full hash of what `name` means in the repository of `folder`. `None` where it means no
/// commit, outside a repository, or without `git`.
pub fn full_hash(folder: &Path, name: &str) -> Option<String> {
    // A name that begins with a dash would be read as an option.
    let peeled = format!("{name}^{{commit}}");
    let text = git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled])?;
    text.lines().next().filter(|sha| sha.len() >= 40).map(str::to_owned)
}

/// Who commits in `folder`: `A Person <person@example.org>`; `None` where `git` does not know.
pub fn author(folder: &Path) -> Option<String> {
    let text = git(folder, &["var", "GIT_AUTHOR_IDENT"])?;
    let ends = text.rfind('>')?;
    Some(text[..=ends].trim().to_owned())
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        // `status` would otherwise refresh the index, and so write to the repository.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
