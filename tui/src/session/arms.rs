//! The programs of a comparison, and what each says of itself when asked: its protocol, its maps,
//! how it was built. Asks; measures nothing. A program that is older than the question is not
//! refused, it is unknown.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use mapbench_core::adapter::{AdapterClass, Capabilities, Meta};
use mapbench_core::event::{Arm, ArmBegin, Commit, ComparisonBegin, PROTOCOL_VERSION, Subject};
use mapbench_core::registry::{AdapterEntry, Registry};
use mapbench_results::fingerprint::{self, UNKNOWN};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// Longest time that a program may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer that is read. Bytes.
const MOST_BYTES: u64 = 1 << 20;

/// The program of one arm.
#[derive(Debug, Clone)]
pub struct ArmProgram {
    /// As it was asked for: a commit's name, or a program's path.
    pub name: String,
    /// The program.
    pub path: PathBuf,
    /// The commit that it was built from; `None` of a program that somebody built.
    pub commit: Option<Commit>,
    /// What it says of itself.
    pub said: Said,
}

/// What a program says of itself.
#[derive(Debug, Clone)]
pub struct Said {
    /// The version of the worker protocol that it speaks; `None` if it does not say.
    pub protocol: Option<u32>,
    /// Its maps by name; `None` if it does not say.
    pub maps: Option<BTreeMap<String, MapSaid>>,
    /// How it was built.
    pub subject: Subject,
}

/// What a program says of one of its maps. What it does not say is what most maps are.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct MapSaid {
    /// Crate and version.
    version: String,
    /// The group that it belongs to.
    class: AdapterClass,
    /// What it can do.
    capabilities: Capabilities,
}

impl Default for MapSaid {
    fn default() -> Self {
        let Meta { class, capabilities, .. } = Meta::NEW;
        MapSaid { version: UNKNOWN.to_owned(), class, capabilities }
    }
}

/// The programs of a comparison.
#[derive(Debug, Clone)]
pub struct Arms {
    /// The reference.
    pub a: ArmProgram,
    /// Its second copy; `None` runs A itself twice.
    pub again: Option<ArmProgram>,
    /// What is under test.
    pub b: ArmProgram,
}

/// Why programs cannot be compared.
#[derive(Debug, Error)]
pub enum ArmsError {
    /// A program that does not start.
    #[error("{name}: `{}` cannot be run: {source}; name a built program of mapbench", path.display())]
    Start {
        /// The arm, as it was asked for.
        name: String,
        /// The program.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program of another protocol.
    #[error(
        "arm {arm} ({name}) speaks protocol {theirs}, this session {PROTOCOL_VERSION}: the two \
         cannot be compared from here; build it with this version of mapbench, as --overlay does \
         for a bench folder"
    )]
    Protocol {
        /// The arm.
        arm: &'static str,
        /// As it was asked for.
        name: String,
        /// Its protocol.
        theirs: u32,
    },
}

impl ArmProgram {
    /// Asks a program what it is.
    ///
    /// # Errors
    /// [`ArmsError::Start`]. One that starts and does not answer is unknown.
    pub fn ask(name: String, path: PathBuf, commit: Option<Commit>) -> Result<Self, ArmsError> {
        match ask(&path) {
            Ok(said) => Ok(ArmProgram { name, path, commit, said }),
            Err(source) => Err(ArmsError::Start { name, path, source }),
        }
    }

    /// A program that there is not yet, to plan with.
    pub fn unbuilt(name: &str) -> Self {
        let path = PathBuf::from(name);
        ArmProgram { name: name.to_owned(), said: understand("", &path), path, commit: None }
    }

    /// A program that said this, for tests.
    #[cfg(test)]
    pub(super) fn told(name: &str, text: &str) -> Self {
        let path = PathBuf::from(name);
        ArmProgram { name: name.to_owned(), said: understand(text, &path), path, commit: None }
    }

    fn begin(&self) -> ArmBegin {
        ArmBegin {
            name: self.name.clone(),
            commit: self.commit.clone(),
            subject: self.said.subject.clone(),
        }
    }

    /// Whether it has a map, as far as it says.
    pub fn has(&self, map: &str) -> bool {
        self.said.maps.as_ref().is_none_or(|maps| maps.contains_key(map))
    }

    /// Crate and version of one of its maps; `None` if it does not say.
    pub fn version(&self, map: &str) -> Option<&str> {
        Some(self.said.maps.as_ref()?.get(map)?.version.as_str())
    }
}

impl Arms {
    /// Checks that the session can speak with all of them.
    ///
    /// # Errors
    /// [`ArmsError::Protocol`].
    pub fn check(&self) -> Result<(), ArmsError> {
        for (arm, program) in self.each() {
            if let Some(theirs) = program.said.protocol
                && theirs != PROTOCOL_VERSION
            {
                let name = program.name.clone();
                return Err(ArmsError::Protocol { arm: arm.name(), name, theirs });
            }
        }
        Ok(())
    }

    /// What the first line of the log says of them.
    pub fn begin(&self, looks: u32) -> ComparisonBegin {
        ComparisonBegin {
            a: self.a.begin(),
            again: self.again.as_ref().map(ArmProgram::begin),
            b: self.b.begin(),
            looks,
        }
    }

    /// The program of each arm. A's second copy is A itself where there is none.
    pub fn paths(&self) -> BTreeMap<Arm, PathBuf> {
        let again = self.again.as_ref().unwrap_or(&self.a);
        let all = [(Arm::A, &self.a), (Arm::AgainA, again), (Arm::B, &self.b)];
        all.map(|(arm, program)| (arm, program.path.clone())).into()
    }

    /// The program of an arm.
    pub fn program(&self, arm: Arm) -> &ArmProgram {
        match arm {
            Arm::A => &self.a,
            Arm::AgainA => self.again.as_ref().unwrap_or(&self.a),
            Arm::B => &self.b,
        }
    }

    fn each(&self) -> impl Iterator<Item = (Arm, &ArmProgram)> {
        let again = self.again.iter().map(|again| (Arm::AgainA, again));
        [(Arm::A, &self.a), (Arm::B, &self.b)].into_iter().chain(again)
    }

    /// What can be planned with: the maps that at least one arm has. A map that this program has
    /// too is taken as this program declares it.
    pub fn registry(&self, own: &Registry) -> Registry {
        let mut entries: Vec<AdapterEntry> = own.entries().to_vec();
        entries.retain(|entry| self.a.has(entry.meta.name) || self.b.has(entry.meta.name));
        for map in [&self.a, &self.b].into_iter().filter_map(|arm| arm.said.maps.as_ref()) {
            for (name, said) in map {
                if entries.iter().all(|entry| entry.meta.name != name) {
                    entries.push(foreign(name, said));
                }
            }
        }
        Registry::of(entries)
    }

    /// The maps that a program could use and that both arms have: those whose versions differ, or
    /// else all of the core group, or else all.
    pub fn default_maps(&self, registry: &Registry) -> Vec<String> {
        let both = |name: &str| self.a.has(name) && self.b.has(name);
        let of = |wanted: &dyn Fn(&Meta) -> bool| -> Vec<String> {
            let metas = registry.entries().iter().map(|entry| entry.meta);
            let real = |meta: &Meta| {
                matches!(meta.class, AdapterClass::Core | AdapterClass::Map) && both(meta.name)
            };
            let found = metas.filter(|meta| real(meta) && wanted(meta));
            found.map(|meta| meta.name.to_owned()).collect()
        };
        let differ = of(&|meta| self.a.version(meta.name) != self.b.version(meta.name));
        if !differ.is_empty() {
            return differ;
        }
        let core = of(&|meta| meta.class == AdapterClass::Core);
        if core.is_empty() { of(&|_| true) } else { core }
    }
}

/// A map that only other programs have. The few names that programs tell once live as long as this
/// one, as those that are built into it do.
fn foreign(name: &str, said: &MapSaid) -> AdapterEntry {
    let keep = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let (name, version) = (keep(name), keep(&said.version));
    let (class, capabilities) = (said.class, said.capabilities);
    let meta = Meta { name, version, class, capabilities, ..Meta::NEW };
    // Its workers are of the programs that have it.
    AdapterEntry { meta, trial: |_, _, _| Ok(()) }
}

fn ask(path: &Path) -> io::Result<Said> {
    let mut child = Command::new(path)
        .args(["version", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let text = answer(&mut child);
    // It has said what it had to say; one that has not would never end by itself.
    let _ = child.kill();
    let _ = child.wait();
    Ok(understand(&text.unwrap_or_default(), path))
}

fn answer(child: &mut Child) -> Option<String> {
    let stdout = child.stdout.take()?;
    let (speak, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.take(MOST_BYTES).read_to_string(&mut text);
        let _ = speak.send(read.map(|_| text));
    });
    heard.recv_timeout(PATIENCE).ok()?.ok()
}

fn understand(text: &str, path: &Path) -> Said {
    let object: Value = serde_json::from_str(text).unwrap_or_default();
    let protocol = object.get("protocol").and_then(Value::as_u64);
    let subject = object.get("subject").cloned().and_then(|of| serde_json::from_value(of).ok());
    Said {
        protocol: protocol.and_then(|version| u32::try_from(version).ok()),
        maps: maps(&object),
        subject: subject.unwrap_or_else(|| unknown(path)),
    }
}

fn maps(object: &Value) -> Option<BTreeMap<String, MapSaid>> {
    if let Some(maps) = object.get("maps").and_then(Value::as_object) {
        let said = |map: &Value| serde_json::from_value(map.clone()).unwrap_or_default();
        return Some(maps.iter().map(|(name, map)| (name.clone(), said(map))).collect());
    }
    let versions = object.get("adapters")?.as_object()?;
    let said = |version: &Value| MapSaid {
        version: version.as_str().unwrap_or(UNKNOWN).to_owned(),
        ..MapSaid::default()
    };
    Some(versions.iter().map(|(name, version)| (name.clone(), said(version))).collect())
}

/// The subject of a program of which nothing is known but its file.
fn unknown(path: &Path) -> Subject {
    Subject {
        program_hash: fingerprint::program_hash_of(path),
        rustc: UNKNOWN.to_owned(),
        target: UNKNOWN.to_owned(),
        profile: UNKNOWN.to_owned(),
        ..Subject::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"{"mapbench": "0.0.9", "protocol": 1, "adapters": {"mine": "mine 1.0"}}"#;
    const NEW: &str = r#"{"protocol": 1, "adapters": {"mine": "mine 2.0", "other": "other 1.0"},
        "maps": {"mine": {"version": "mine 2.0", "class": "map", "capabilities": {"scan": "none"},
        "speed": 9}, "other": {"version": "other 1.0"}}, "subject": {"unforeseen": true}}"#;

    #[test]
    fn an_older_program_is_unknown_and_not_refused() {
        let silent = ArmProgram::told("silent", "error: unknown command");
        assert!(silent.said.protocol.is_none() && silent.has("anything"));
        assert_eq!(silent.said.subject.rustc, UNKNOWN);
        let (old, new) = (ArmProgram::told("old", OLD), ArmProgram::told("new", NEW));
        assert_eq!(old.version("mine"), Some("mine 1.0"));
        assert!(!old.has("other") && new.has("other"));
        assert_eq!(new.said.subject.rustc, UNKNOWN, "a subject of other fields");
        let arms = Arms { a: old, again: None, b: new };
        assert!(arms.check().is_ok());
        let registry = arms.registry(&Registry::new(&[]));
        let names: Vec<&str> = registry.entries().iter().map(|entry| entry.meta.name).collect();
        assert_eq!(names, ["mine", "other"]);
        assert_eq!(arms.default_maps(&registry), ["mine"]);
    }

    #[test]
    fn the_arm_of_another_protocol_is_named() {
        let newer = ArmProgram::told("b-program", r#"{"protocol": 999}"#);
        let arms = Arms { a: ArmProgram::told("a", OLD), again: None, b: newer };
        let message = arms.check().expect_err("another protocol").to_string();
        for word in ["arm B", "b-program", "999"] {
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn a_program_that_is_none_is_named() {
        let error = ArmProgram::ask("A".to_owned(), "no/such/program".into(), None);
        let message = error.expect_err("no program").to_string();
        assert!(message.contains("no/such/program"), "{message}");
    }
}
