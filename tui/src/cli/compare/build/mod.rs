//! Builds commits: each in a work tree of its own, which is gone afterwards, into programs that are
//! kept beside the runs. Measures nothing, and changes nothing in the repository that somebody works
//! in.

mod errand;
mod recipe;
mod repository;
mod stamp;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use mapbench_core::event::EndCause;
use mapbench_results::fingerprint;

use super::super::{CliError, quantity::show_ns};
use crate::session::Control;
use crate::session::arms::{ArmProgram, Arms};
use crate::session::clock::{Clock, Monotonic};
use errand::Halt;
use recipe::Recipe;
pub(super) use repository::is_revision;
use repository::{Repository, Revision, WorkTree, short};
use stamp::Stamp;

/// Built programs, beside the run logs.
const BUILDS: &str = "builds";
/// What all builds share: dependencies are compiled once.
const TARGET: &str = "target";
/// Lines of a build's log that an error shows.
const SHOWN_LINES: usize = 12;

/// How commits are built.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct BuildArgs {
    /// The command that builds a commit, run by a shell in its work tree
    /// [default: cargo build --release --locked, of the program alone]
    #[arg(long, value_name = "COMMAND", help_heading = "Build")]
    pub(crate) build: Option<String>,
    /// The program that the build makes, as a path in the work tree
    /// [default: the package's default or only program]
    #[arg(long, value_name = "PATH", help_heading = "Build")]
    pub(crate) program: Option<PathBuf>,
    /// The example that is the program
    #[arg(long, value_name = "NAME", conflicts_with = "program", help_heading = "Build")]
    pub(crate) example: Option<String>,
    /// Lay B's file or folder of this path over A's work tree, so that both are measured by the same
    /// harness; repeat for more
    #[arg(long, value_name = "PATH", help_heading = "Build")]
    pub(crate) overlay: Vec<PathBuf>,
    /// Keep the work trees that were built in
    #[arg(long, help_heading = "Build")]
    pub(crate) keep_builds: bool,
}

/// What builds with, and for whom.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    /// How.
    pub(super) args: &'a BuildArgs,
    /// The folder of run logs.
    pub(super) store: &'a Path,
    /// What people and signals ask for.
    pub(super) control: &'a Control,
    /// Whether nothing is said while it goes well.
    pub(super) quiet: bool,
}

/// One program that is to be built.
struct Order<'r> {
    /// What messages call it.
    arm: &'static str,
    /// As it was asked for.
    name: &'r str,
    revision: &'r Revision,
    /// Whose files are laid over it.
    overlay: Option<&'r Revision>,
    /// Whether it is a second copy, built in another place.
    again: bool,
}

impl Builder<'_> {
    /// The programs of two commits, and a second copy of the first. Builds what was not built.
    pub(super) fn arms(&self, a: &str, b: &str) -> Result<Arms, CliError> {
        let repository = Repository::here()?;
        let builds = self.store.join(BUILDS);
        let lock = self.lock(&builds)?;
        let (name_a, name_b) = (a, b);
        let a = repository.resolve(name_a, &builds)?;
        let b = repository.resolve(name_b, &builds)?;
        let overlay = (!self.args.overlay.is_empty() && a.sha != b.sha).then_some(&b);
        let order = |arm, again| Order { arm, name: name_a, revision: &a, overlay, again };
        let under_test =
            Order { arm: "B", name: name_b, revision: &b, overlay: None, again: false };
        let program_a = self.program(&repository, &builds, &order("A", false))?;
        let again = self.program(&repository, &builds, &order("A again", true))?;
        let program_b = self.program(&repository, &builds, &under_test)?;
        drop(lock);
        // Two copies of the same bytes are one program run twice, and are not called two.
        let same = again.said.subject.program_hash == program_a.said.subject.program_hash;
        Ok(Arms { a: program_a, again: (!same).then_some(again), b: program_b })
    }

    /// One comparison builds at a time: they share what cargo writes.
    fn lock(&self, builds: &Path) -> Result<File, CliError> {
        let unwritable = |error: io::Error| {
            CliError::output(format!(
                "`{}` cannot be written: {error}; choose another folder with --store",
                builds.display()
            ))
        };
        fs::create_dir_all(builds).map_err(unwritable)?;
        // Nothing in it is for a repository that it may lie in.
        fs::write(builds.join(".gitignore"), "*\n").map_err(unwritable)?;
        let file = File::create(builds.join("lock")).map_err(unwritable)?;
        if file.try_lock().is_err() {
            self.say("another comparison builds in this store; waiting for it");
            file.lock().map_err(unwritable)?;
        }
        Ok(file)
    }

    fn program(
        &self,
        repository: &Repository,
        builds: &Path,
        order: &Order<'_>,
    ) -> Result<ArmProgram, CliError> {
        let of = self.circumstances(repository, order);
        let again = if order.again { "-again" } else { "" };
        let sha = &order.revision.sha;
        let entry = format!("{}-{}{again}", sha.get(..12).unwrap_or(sha), stamp::digits(&of));
        let folder = builds.join(entry);
        let stamp = match Stamp::read(&folder, &of) {
            Some(stamp) => {
                self.say(&format!("arm {}: {} is built already", order.arm, called(order)));
                stamp
            }
            None => self.build(repository, &folder, of, order)?,
        };
        let commit = Some(order.revision.commit.clone());
        let path = folder.join(&stamp.program);
        let mut program = ArmProgram::ask(order.name.to_owned(), path, commit)?;
        // The program knows the lock file beside the folder that it was built into, which all
        // commits share.
        program.said.subject.lock_hash = stamp.lock_hash;
        Ok(program)
    }

    /// All that a built program depends on.
    fn circumstances(&self, repository: &Repository, order: &Order<'_>) -> String {
        let overlay = order.overlay.map_or_else(String::new, |of| {
            format!("{} of {}", spelled(&self.args.overlay), of.sha)
        });
        stamp::circumstances(&[
            &order.revision.sha,
            &repository.prefix.display().to_string(),
            self.args.build.as_deref().unwrap_or_default(),
            &self.args.program.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
            self.args.example.as_deref().unwrap_or_default(),
            &overlay,
        ])
    }

    fn build(
        &self,
        repository: &Repository,
        folder: &Path,
        of: String,
        order: &Order<'_>,
    ) -> Result<Stamp, CliError> {
        let failed = |error: io::Error| {
            CliError::output(format!("`{}` cannot be written: {error}", folder.display()))
        };
        let started_ns = Monotonic.now_ns();
        // What an earlier build left here is stale, broken or half.
        let tree =
            WorkTree::add(repository, order.revision, folder.join("tree"), self.args.keep_builds)?;
        for path in order.overlay.iter().flat_map(|_| &self.args.overlay) {
            if let Some(overlay) = order.overlay {
                tree.overlay(path, overlay)?;
            }
        }
        let target = folder.parent().unwrap_or(folder).join(TARGET);
        let recipe = Recipe::of(&tree.path, &tree.folder(), self.args)?;
        let log = folder.join("build.log");
        self.say(&format!("arm {}: building {}: {}", order.arm, called(order), recipe.command));
        let mut shell = Command::new("sh");
        shell.args(["-c", &recipe.command]).current_dir(tree.folder());
        shell.env("CARGO_TARGET_DIR", &target);
        let status =
            errand::run(&mut shell, &log, self.control).map_err(|halt| halted(halt, order))?;
        if !status.success() {
            return Err(CliError::usage(format!(
                "arm {}: {} cannot be built: `{}` ended with {status}; its last lines, of {}:\n{}",
                order.arm,
                called(order),
                recipe.command,
                log.display(),
                last_lines(&log),
            )));
        }
        let built = recipe.find(&tree.folder(), &target).ok_or_else(|| {
            CliError::usage(format!(
                "arm {}: `{}` made no `{}`; name the program that it makes with --program",
                order.arm,
                recipe.command,
                recipe.program.display()
            ))
        })?;
        let name = built.file_name().unwrap_or("program".as_ref()).to_string_lossy().into_owned();
        let program = folder.join(&name);
        // A program that runs cannot be written over, but can be replaced.
        let _ = fs::remove_file(&program);
        fs::copy(&built, &program).map_err(failed)?;
        let lock = [tree.folder(), tree.path.clone()].map(|folder| folder.join("Cargo.lock"));
        let stamp = Stamp {
            of,
            program_hash: fingerprint::program_hash_of(&program).unwrap_or_default(),
            program: name,
            lock_hash: lock.iter().find_map(|path| fingerprint::program_hash_of(path)),
            outside: recipe.outside,
        };
        stamp.write(folder).map_err(failed)?;
        let took = show_ns(Monotonic.now_ns().saturating_sub(started_ns));
        self.say(&format!("arm {}: built in {took}", order.arm));
        Ok(stamp)
    }

    fn say(&self, line: &str) {
        if !self.quiet {
            anstream::eprintln!("{line}");
        }
    }
}

/// What a commit is called in messages.
fn called(order: &Order<'_>) -> String {
    let commit = &order.revision.commit;
    let changes = if commit.dirty { ", with changes" } else { "" };
    format!("commit {}{changes} \"{}\"", short(&commit.sha), commit.subject)
}

fn spelled(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn halted(halt: Halt, order: &Order<'_>) -> CliError {
    match halt {
        Halt::Failed(error) => {
            CliError::unexpected(format!("arm {}: its build cannot be run: {error}", order.arm))
        }
        Halt::Asked(cause) => CliError {
            code: if cause == EndCause::Terminated { 143 } else { 130 },
            message: format!(
                "stopped while arm {} was built; nothing was measured, and its work tree is gone",
                order.arm
            ),
        },
    }
}

fn last_lines(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    shown.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
