//! The order of commits: along the first parents of the branch that is checked out, as `git` tells
//! it; without a repository by the time that they were made. Changes nothing in a repository.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use mapbench_core::event::Commit;

/// The commits of a history, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Commits {
    /// Oldest first; those of a repository and those that only runs name.
    known: Vec<Commit>,
    position: HashMap<String, usize>,
}

impl Commits {
    /// The first-parent history of the repository of `folder`, oldest first; empty outside of one.
    pub fn of_repository(folder: &Path) -> Commits {
        Commits::in_order(first_parents(folder).unwrap_or_default())
    }

    /// Commits in the order that they are given in.
    pub fn in_order(known: Vec<Commit>) -> Commits {
        let position = known.iter().enumerate().map(|(at, commit)| (commit.sha.clone(), at));
        Commits { position: position.collect(), known }
    }

    /// These, and those of `others` that are not among them: each before the first known commit
    /// that was made later than it. Commits of other branches have no better place.
    #[must_use]
    pub fn with(self, others: impl IntoIterator<Item = Commit>) -> Commits {
        let mut others: Vec<Commit> =
            others.into_iter().filter(|commit| !self.position.contains_key(&commit.sha)).collect();
        others.sort_by(|a, b| time(a).cmp(&time(b)).then_with(|| a.sha.cmp(&b.sha)));
        others.dedup_by(|a, b| a.sha == b.sha);
        let mut others = others.into_iter().peekable();
        let mut known = Vec::with_capacity(self.known.len());
        for commit in self.known {
            while let Some(other) = others.next_if(|other| time(other) < time(&commit)) {
                known.push(other);
            }
            known.push(commit);
        }
        known.extend(others);
        Commits::in_order(known)
    }

    /// The place of a commit; `None` of one that is not among them.
    pub fn position(&self, sha: &str) -> Option<usize> {
        self.position.get(sha).copied()
    }

    /// The place of the only commit whose hash begins so.
    pub fn beginning_with(&self, sha: &str) -> Option<usize> {
        if let Some(at) = self.position(sha) {
            return Some(at);
        }
        let mut begins = (0..self.known.len()).filter(|at| self.known[*at].sha.starts_with(sha));
        begins.next().filter(|_| !sha.is_empty() && begins.next().is_none())
    }

    /// The commit at a place.
    pub fn at(&self, position: usize) -> Option<&Commit> {
        self.known.get(position)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// When a commit was made; what is no time counts as the oldest.
fn time(commit: &Commit) -> Option<Timestamp> {
    commit.time.parse().ok()
}

fn first_parents(folder: &Path) -> Option<Vec<Commit>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["log", "--first-parent", "--reverse", "--no-show-signature"])
        .arg("--format=%H%x09%P%x09%cI%x09%s")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then_some(())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let commit = |line: &str| {
        let mut fields = line.splitn(4, '\t');
        let (sha, parents, time) = (fields.next()?, fields.next()?, fields.next()?);
        Some(Commit {
            sha: sha.to_owned(),
            parent: parents.split(' ').next().filter(|sha| !sha.is_empty()).map(str::to_owned),
            dirty: false,
            subject: fields.next().unwrap_or_default().to_owned(),
            time: time.to_owned(),
        })
    };
    Some(text.lines().filter_map(commit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(sha: &str, time: &str) -> Commit {
        let (sha, subject, time) = (sha.to_owned(), String::new(), time.to_owned());
        Commit { sha, parent: None, dirty: false, subject, time }
    }

    #[test]
    fn known_commits_keep_their_order_and_others_go_by_time() {
        // A rebase leaves commits whose times do not ascend.
        let known = Commits::in_order(vec![
            commit("a", "2026-01-05T00:00:00Z"),
            commit("b", "2026-01-01T00:00:00Z"),
            commit("c", "2026-01-09T00:00:00+02:00"),
        ]);
        let all = known.with([
            commit("z", "2026-02-01T00:00:00Z"),
            commit("y", "2026-01-08T23:00:00Z"),
            commit("y", "2026-01-08T23:00:00Z"),
            commit("b", "2026-01-01T00:00:00Z"),
            commit("x", "no time"),
        ]);
        let order: Vec<&str> =
            (0..all.len()).filter_map(|at| Some(all.at(at)?.sha.as_str())).collect();
        assert_eq!(order, ["x", "a", "b", "c", "y", "z"]);
        assert_eq!((all.position("y"), all.position("unknown")), (Some(4), None));
    }

    #[test]
    fn outside_a_repository_there_are_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Commits::of_repository(&folder.path().join("not there")).is_empty());
    }
}
