//! The repository of the current folder: which commit a name means, its work tree as it is now as a
//! commit of its own, and work trees beside it that vanish when they are dropped. Changes no branch,
//! no index and no file that somebody works on.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mapbench_core::event::Commit;
use mapbench_results::fingerprint;

use crate::cli::CliError;

/// The name of the work tree as it is.
const WORK_TREE: &str = ".";
/// Variables of a caller's own git, which would turn ours to another folder.
const NOT_OURS: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// Whether a name means a commit of the current folder's repository, or its work tree.
pub(in crate::cli::compare) fn is_revision(name: &str) -> bool {
    let here = Path::new(".");
    fingerprint::full_hash(here, if name == WORK_TREE { "HEAD" } else { name }).is_some()
}

/// A repository.
#[derive(Debug, Clone)]
pub(super) struct Repository {
    /// Its topmost folder.
    pub(super) top: PathBuf,
    /// The current folder in it; empty at the top.
    pub(super) prefix: PathBuf,
}

/// A commit that is to be built.
#[derive(Debug, Clone)]
pub(super) struct Revision {
    /// What is checked out. Of the work tree as it is, a commit that no branch has.
    pub(super) sha: String,
    /// What reports say of it.
    pub(super) commit: Commit,
}

impl Repository {
    /// That of the current folder.
    pub(super) fn here() -> Result<Self, CliError> {
        let here = Path::new(".");
        let found = git(here, &["rev-parse", "--show-toplevel"], &[]);
        let top = found.map_err(|reason| {
            CliError::usage(format!(
                "this folder is in no git repository whose commits could be built ({reason}); \
                 change into one, or name two built programs with --bin-a and --bin-b"
            ))
        })?;
        let prefix = git(here, &["rev-parse", "--show-prefix"], &[]).unwrap_or_default();
        Ok(Repository { top: top.into(), prefix: prefix.into() })
    }

    /// The commit that a name means; `.` is the work tree as it is, new files included.
    pub(super) fn resolve(&self, name: &str, builds: &Path) -> Result<Revision, CliError> {
        if name == WORK_TREE {
            return self.work_tree(builds);
        }
        let no_commit = || {
            CliError::usage(format!(
                "`{name}` is no commit of the repository {}; `git log` and `git branch` list them",
                self.top.display()
            ))
        };
        let sha = fingerprint::full_hash(&self.top, name).ok_or_else(no_commit)?;
        let commit = fingerprint::commit_of(&self.top, &sha).ok_or_else(no_commit)?;
        Ok(Revision { sha, commit })
    }

    /// The work tree as a commit: the same files make the same one.
    fn work_tree(&self, builds: &Path) -> Result<Revision, CliError> {
        let failed =
            |reason| CliError::usage(format!("the work tree cannot be recorded: {reason}"));
        let head = fingerprint::full_hash(&self.top, "HEAD");
        let head = head.ok_or_else(|| failed("the repository has no commit".to_owned()))?;
        let commit = fingerprint::commit_of(&self.top, &head);
        let commit = commit.ok_or_else(|| failed("its commit cannot be read".to_owned()))?;
        let index = builds.join(format!("index.{}", std::process::id()));
        let tree = self.tree_of_files(&index, builds);
        let _ = fs::remove_file(&index);
        let tree = tree.map_err(failed)?;
        let of_head = git(&self.top, &["rev-parse", "HEAD^{tree}"], &[]);
        if of_head.is_ok_and(|same| same == tree) {
            return Ok(Revision { sha: head, commit });
        }
        // All that a commit's hash depends on is fixed, so that the same files are known again.
        let who = ["AUTHOR", "COMMITTER"].iter().flat_map(|role| {
            [("NAME", "mapbench"), ("EMAIL", "mapbench"), ("DATE", "@0 +0000")]
                .map(|(field, value)| (format!("GIT_{role}_{field}"), value))
        });
        let who: Vec<(String, &str)> = who.collect();
        let who: Vec<(&str, &OsStr)> =
            who.iter().map(|(name, value)| (name.as_str(), OsStr::new(value))).collect();
        let arguments = ["commit-tree", &tree, "-p", &head, "-m", "the work tree as it was"];
        let sha = git(&self.top, &arguments, &who).map_err(failed)?;
        Ok(Revision { sha, commit: Commit { dirty: true, ..commit } })
    }

    /// All files that git would track, as a tree of its own.
    fn tree_of_files(&self, index: &Path, builds: &Path) -> Result<String, String> {
        let real = git(&self.top, &["rev-parse", "--git-path", "index"], &[])?;
        // A copy spares git from hashing what has not changed.
        let _ = fs::copy(self.top.join(real), index);
        let with_index = [("GIT_INDEX_FILE", index.as_os_str())];
        let store = builds.parent().and_then(|store| store.strip_prefix(&self.top).ok());
        // To leave out what is ignored anyway is an error to git.
        let ignored = |store: &&Path| {
            git(&self.top, &["check-ignore", &store.display().to_string()], &[]).is_ok()
        };
        let store = store.filter(|store| !ignored(store));
        let not_store = store.map(|store| format!(":(exclude){}", store.display()));
        let mut add = vec!["add", "--all", "--", "."];
        add.extend(not_store.as_deref());
        git(&self.top, &add, &with_index)?;
        git(&self.top, &["write-tree"], &with_index)
    }
}

/// A work tree of its own, which vanishes with this value.
#[derive(Debug)]
pub(super) struct WorkTree<'r> {
    repository: &'r Repository,
    /// Its topmost folder.
    pub(super) path: PathBuf,
    /// Whether it stays.
    keep: bool,
}

impl<'r> WorkTree<'r> {
    /// Checks a commit out into a folder that is not there, or that an earlier one left behind.
    pub(super) fn add(
        repository: &'r Repository,
        revision: &Revision,
        path: PathBuf,
        keep: bool,
    ) -> Result<Self, CliError> {
        let tree = WorkTree { repository, path, keep };
        tree.remove();
        let path = tree.path.display().to_string();
        let arguments = ["worktree", "add", "--quiet", "--detach", "--force", &path, &revision.sha];
        git(&repository.top, &arguments, &[]).map_err(|reason| {
            CliError::usage(format!(
                "{} cannot be checked out into `{path}`: {reason}",
                short(&revision.sha)
            ))
        })?;
        Ok(tree)
    }

    /// The folder in it that the command was called in; its top if the commit has no such folder.
    pub(super) fn folder(&self) -> PathBuf {
        let folder = self.path.join(&self.repository.prefix);
        if folder.is_dir() { folder } else { self.path.clone() }
    }

    /// Replaces a file or folder by what another commit has there.
    pub(super) fn overlay(&self, path: &Path, of: &Revision) -> Result<(), CliError> {
        // Relative to the top, whatever folder it was named in.
        let inside = self.repository.prefix.join(path);
        let spelled = format!(":(top,literal){}", inside.display());
        let _ = git(&self.path, &["rm", "-r", "-q", "-f", "--ignore-unmatch", "--", &spelled], &[]);
        git(&self.path, &["checkout", "-q", &of.sha, "--", &spelled], &[]).map(drop).map_err(|_| {
            CliError::usage(format!(
                "--overlay {}: B, commit {}, has no such file or folder",
                path.display(),
                short(&of.sha)
            ))
        })
    }

    fn remove(&self) {
        let path = self.path.display().to_string();
        // One that is not there, or not registered, needs no removing.
        let _ = git(&self.repository.top, &["worktree", "remove", "--force", &path], &[]);
        let _ = fs::remove_dir_all(&self.path);
        let _ = git(&self.repository.top, &["worktree", "prune"], &[]);
    }
}

impl Drop for WorkTree<'_> {
    fn drop(&mut self) {
        if !self.keep {
            self.remove();
        }
    }
}

/// Seven digits of a hash.
pub(super) fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

/// What git answers, without its last line break; else what it complains of.
fn git(
    folder: &Path,
    arguments: &[&str],
    environment: &[(&str, &OsStr)],
) -> Result<String, String> {
    let mut command = Command::new("git");
    for name in NOT_OURS {
        command.env_remove(name);
    }
    let output = command
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        // Ctrl-C is for this program, which tidies up with git.
        .process_group(0)
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().next().unwrap_or("git says nothing").to_owned())
}
