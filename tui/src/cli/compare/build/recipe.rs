//! How a commit becomes a program: the command that builds it, and where the program is then. What
//! nobody says is asked of `cargo metadata`. Builds nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::BuildArgs;
use crate::cli::CliError;

/// What builds a program when nobody says.
const USUAL: &str = "cargo build --release --locked";

/// How a commit becomes a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipe {
    /// The command, for a POSIX shell.
    pub(super) command: String,
    /// Where the program is afterwards: in the folder of the command, or from `target/` on in the
    /// folder of what is built.
    pub(super) program: PathBuf,
    /// Whether it is built from sources outside the repository too, whose changes no commit tells.
    pub(super) outside: bool,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    #[serde(default)]
    workspace_default_members: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: PathBuf,
    default_run: Option<String>,
    targets: Vec<Target>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    path: Option<PathBuf>,
}

impl Recipe {
    /// The recipe of a checked-out commit, to be followed in `folder` of the work tree `tree`.
    pub(super) fn of(tree: &Path, folder: &Path, args: &BuildArgs) -> Result<Self, CliError> {
        let told = args.build.as_deref();
        let metadata = metadata(folder);
        if let Some(program) = &args.program {
            // A build that is no Cargo's is of this commit as far as anybody knows.
            let outside = metadata.is_ok_and(|metadata| metadata.reaches_outside(tree));
            let command = told.unwrap_or(USUAL).to_owned();
            return Ok(Recipe { command, program: program.clone(), outside });
        }
        let metadata = metadata?;
        let outside = metadata.reaches_outside(tree);
        let (package, kind, name) = metadata.program(args.example.as_deref())?;
        let flag = if kind == "example" { "--example" } else { "--bin" };
        let manifest = package.manifest_path.strip_prefix(folder).unwrap_or(&package.manifest_path);
        let built = if kind == "example" { "target/release/examples" } else { "target/release" };
        let usual = || format!("{USUAL} --manifest-path '{}' {flag} {name}", manifest.display());
        Ok(Recipe {
            command: told.map_or_else(usual, str::to_owned),
            program: Path::new(built).join(name),
            outside,
        })
    }

    /// The program, once it is built.
    pub(super) fn find(&self, folder: &Path, target: &Path) -> Option<PathBuf> {
        let parts: Vec<_> = self.program.components().collect();
        let at = parts.iter().position(|part| part.as_os_str() == "target");
        let built = at.map(|at| target.join(parts[at + 1..].iter().collect::<PathBuf>()));
        [Some(folder.join(&self.program)), built].into_iter().flatten().find(|path| path.is_file())
    }
}

fn metadata(folder: &Path) -> Result<Metadata, CliError> {
    let failed = |reason: &str| {
        CliError::usage(format!(
            "which program is to be built cannot be asked of cargo: {reason}; say it with --build \
             'COMMAND' and --program PATH"
        ))
    };
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--quiet"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().find(|line| line.starts_with("error")).unwrap_or("it failed");
        return Err(failed(line));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(&error.to_string()))
}

impl Metadata {
    /// The program that is meant: the example of a name; else the default program of the packages
    /// that are built by default, or their only one, or the only one of all.
    fn program(&self, example: Option<&str>) -> Result<(&Package, &'static str, &str), CliError> {
        let all: Vec<&Package> = self.packages.iter().collect();
        if let Some(name) = example {
            let mut known = programs(&all, "example").into_iter();
            return match known.find(|(_, known)| *known == name) {
                Some((package, name)) => Ok((package, "example", name)),
                None => Err(CliError::usage(format!(
                    "no example `{name}` (--example) in this commit; it has {}",
                    listed(&programs(&all, "example"))
                ))),
            };
        }
        let is_default = |package: &&Package| self.workspace_default_members.contains(&package.id);
        let default: Vec<&Package> = self.packages.iter().filter(is_default).collect();
        for packages in [&default, &all] {
            let found = programs(packages, "bin");
            let runs =
                |(package, name): &&(&Package, &str)| package.default_run.as_deref() == Some(*name);
            if let Some(&(package, name)) = found.iter().find(runs) {
                return Ok((package, "bin", name));
            }
            match found[..] {
                [] => {}
                [(package, name)] => return Ok((package, "bin", name)),
                _ => {
                    return Err(CliError::usage(format!(
                        "this commit has several programs: {}; say which with --program \
                         target/release/NAME",
                        listed(&found)
                    )));
                }
            }
        }
        Err(CliError::usage(format!(
            "this commit has no program; name an example with --example (it has {}), or --build \
             'COMMAND' and --program PATH",
            listed(&programs(&all, "example"))
        )))
    }

    fn reaches_outside(&self, tree: &Path) -> bool {
        let paths = self.packages.iter().flat_map(|package| &package.dependencies);
        let mut paths = paths.filter_map(|dependency| dependency.path.as_ref());
        let tree = tree.canonicalize().unwrap_or_else(|_| tree.to_owned());
        paths.any(|path| !path.canonicalize().is_ok_and(|path| path.starts_with(&tree)))
    }
}

/// The targets of a kind, with their packages.
fn programs<'m>(packages: &[&'m Package], kind: &str) -> Vec<(&'m Package, &'m str)> {
    let of = |package: &'m Package| {
        let targets = package.targets.iter();
        let wanted = targets.filter(|target| target.kind.iter().any(|known| known == kind));
        wanted.map(|target| (package, target.name.as_str())).collect::<Vec<_>>()
    };
    packages.iter().flat_map(|package| of(package)).collect()
}

fn listed(programs: &[(&Package, &str)]) -> String {
    if programs.is_empty() {
        return "none".to_owned();
    }
    let named = programs.iter().map(|(package, name)| format!("{name} of {}", package.name));
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of packages, of which some are built by default.
    fn workspace(packages: Vec<(bool, Package)>) -> Metadata {
        let default = packages.iter().filter(|(is_default, _)| *is_default);
        Metadata {
            workspace_default_members: default.map(|(_, package)| package.id.clone()).collect(),
            packages: packages.into_iter().map(|(_, package)| package).collect(),
        }
    }

    /// A package with programs and examples.
    fn package(name: &str, bins: &[&str], examples: &[&str]) -> Package {
        let target = |kind: &str, name: &str| {
            let kind = vec![kind.to_owned()];
            Target { kind, name: name.to_owned() }
        };
        let bins = bins.iter().map(|name| target("bin", name));
        Package {
            id: name.to_owned(),
            name: name.to_owned(),
            manifest_path: "Cargo.toml".into(),
            default_run: None,
            targets: bins.chain(examples.iter().map(|name| target("example", name))).collect(),
            dependencies: Vec::new(),
        }
    }

    fn program(of: &Metadata, example: Option<&str>) -> Result<String, String> {
        let found = of.program(example).map_err(|error| error.to_string());
        found.map(|(package, kind, name)| format!("{kind} {name} of {}", package.name))
    }

    #[test]
    fn the_program_is_the_default_one_or_the_only_one() {
        let mut app = package("app", &["app", "tool"], &[]);
        app.default_run = Some("app".to_owned());
        let many = workspace(vec![(true, app)]);
        assert_eq!(program(&many, None), Ok("bin app of app".to_owned()));
        let nested = workspace(vec![
            (true, package("map", &[], &["demo"])),
            (false, package("b", &["b"], &[])),
        ]);
        assert_eq!(program(&nested, None), Ok("bin b of b".to_owned()));
        assert_eq!(program(&nested, Some("demo")), Ok("example demo of map".to_owned()));
    }

    #[test]
    fn what_cannot_be_told_is_refused_with_what_there_is() {
        let two = workspace(vec![(true, package("app", &["one", "two"], &[]))]);
        let error = program(&two, None).expect_err("two");
        assert!(error.contains("one of app, two of app") && error.contains("--program"), "{error}");
        let library = workspace(vec![(true, package("map", &[], &["demo"]))]);
        let error = program(&library, None).expect_err("none");
        assert!(error.contains("demo of map") && error.contains("--example"), "{error}");
        let error = program(&library, Some("dmeo")).expect_err("no such");
        assert!(error.contains("`dmeo`") && error.contains("demo of map"), "{error}");
    }

    #[test]
    fn a_program_is_found_in_its_folder_or_where_cargo_was_told_to_put_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (tree, target) = (folder.path().join("tree"), folder.path().join("built"));
        let recipe = Recipe {
            command: String::new(),
            program: "bench/target/release/app".into(),
            outside: false,
        };
        assert_eq!(recipe.find(&tree, &target), None);
        let built = target.join("release/app");
        std::fs::create_dir_all(target.join("release")).expect("a folder");
        std::fs::write(&built, "").expect("a file");
        assert_eq!(recipe.find(&tree, &target), Some(built));
        let own = tree.join("bench/target/release/app");
        std::fs::create_dir_all(own.parent().expect("a parent")).expect("a folder");
        std::fs::write(&own, "").expect("a file");
        assert_eq!(recipe.find(&tree, &target), Some(own));
    }
}
