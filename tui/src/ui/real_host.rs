//! The host over real sessions: the registry's adapters, the built-in scenarios, and worker
//! processes. Draws nothing.

use std::sync::Mutex;

use mapbench_core::adapter::{AdapterClass, Requirement};
use mapbench_core::driver::allowed_cpus;
use mapbench_core::event::{RunEnd, UiMode};
use mapbench_core::registry::{AdapterEntry, Registry};
use mapbench_core::scenario::{self, Scenario};
use mapbench_core::trace::Shape;

use super::host::{Choice, Choices, Estimate, Host, Wish};
use super::link::UiLink;
use super::newest;
use super::shelf::Found;
use super::tab::Tab;
use crate::session::calibrate::Effort;
use crate::session::plan::Workload;
use crate::session::request::RunRequest;
use crate::session::variant::{self, Variant};
use crate::session::{Conducted, Control, command, conduct, prepare, select};

/// Guessed time to start, prefill and verify one worker. Nanoseconds.
const TRIAL_OVERHEAD_NS: u64 = 400_000_000;

/// The scenarios that are chosen where nobody names any: one calm and one contended.
const FIRST_SCENARIOS: [&str; 2] = ["curated/read-heavy", "curated/hot-key"];

/// Plans and runs sessions.
#[derive(Debug)]
pub struct RealHost<'r> {
    registry: &'r Registry,
    request: RunRequest,
    /// The trace that is replayed instead of scenarios.
    trace: Option<Workload>,
    conducted: Mutex<Option<Conducted>>,
}

impl<'r> RealHost<'r> {
    /// A host over a registry. `request` says all that the wizard does not ask, and what is
    /// chosen at first; `trace` is what its trace file holds, if it names one.
    pub fn new(registry: &'r Registry, request: RunRequest, trace: Option<Workload>) -> Self {
        RealHost { registry, request, trace, conducted: Mutex::new(None) }
    }

    /// What the last run left behind.
    pub fn into_conducted(self) -> Option<Conducted> {
        self.conducted.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn scenarios(&self) -> Vec<Choice> {
        if let Some(trace) = &self.trace {
            let about = format!("{} ops on {} maps", trace.header.ops, trace.header.maps.len());
            return vec![Choice { name: trace.name.clone(), about, chosen: true }];
        }
        let catalog = scenario::catalog();
        let names: Vec<&str> = catalog.iter().map(|scenario| scenario.name.as_str()).collect();
        let asked = select::scenarios(&names, &self.request.scenarios).unwrap_or_default();
        let choice = |(position, scenario): (usize, &Scenario)| Choice {
            name: scenario.name.clone(),
            about: scenario.summary.clone(),
            chosen: if self.request.scenarios.is_empty() {
                FIRST_SCENARIOS.contains(&scenario.name.as_str())
            } else {
                asked.contains(&position)
            },
        };
        let adapters = || self.registry.entries().iter().map(|entry| entry.meta.name);
        let offered = catalog.iter().enumerate().filter(|(position, scenario)| {
            // One-shot work has no duration to choose; `mapbench run --rounds` measures it. What is
            // for tests or for `--measure memory`, or could not run, is offered to those who name it.
            scenario.shape == Shape::Steady
                && (asked.contains(position)
                    || !["test/", "memory/"].iter().any(|part| scenario.name.starts_with(part))
                        && scenario.lacks_adapters(adapters()).is_none())
        });
        offered.map(choice).collect()
    }

    /// The trace, if a round is the whole of it.
    fn one_shot(&self) -> Option<&Workload> {
        self.trace.as_ref().filter(|trace| trace.header.shape == Shape::OneShot)
    }

    /// What was asked for, and every other adapter but those that nobody wants unasked.
    fn adapters(&self) -> Vec<Choice> {
        let asked = variant::variants(self.registry, &self.request.adapters).unwrap_or_default();
        let choice = |name: &str, entry: &AdapterEntry, chosen| Choice {
            name: name.to_owned(),
            about: format!("{}: {}", entry.meta.version, entry.meta.summary),
            chosen,
        };
        let mut choices = Vec::new();
        for entry in self.registry.entries() {
            let wanted = asked.iter().filter(|asked| asked.entry.meta.name == entry.meta.name);
            let before = choices.len();
            choices.extend(wanted.map(|wanted| choice(&wanted.label, entry, true)));
            let offered =
                !matches!(entry.meta.class, AdapterClass::Fault | AdapterClass::Simulated);
            if choices.len() == before && offered {
                choices.push(choice(entry.meta.name, entry, false));
            }
        }
        choices
    }
}

impl Host for RealHost<'_> {
    fn choices(&self) -> Choices {
        Choices {
            scenarios: self.scenarios(),
            adapters: self.adapters(),
            request: self.request.clone(),
            cpus: allowed_cpus().len() as u32,
            one_shot: self.one_shot().is_some(),
        }
    }

    /// Reckoned without traces, because to generate them takes seconds.
    fn estimate(&self, wish: &Wish) -> Result<Estimate, String> {
        let adapters =
            variant::variants(self.registry, &wish.adapters).map_err(|e| e.to_string())?;
        let fits = |requires: &[Requirement]| {
            let can = |adapter: &&Variant<'_>| {
                requires.iter().all(|need| adapter.entry.meta.capabilities.meets(*need))
            };
            adapters.iter().filter(can).count()
        };
        // Adapters that can run each work, and the length of its rounds.
        let chosen: Vec<(usize, Option<u64>)> = match &self.trace {
            Some(trace) => vec![(fits(&trace.requires), trace.round_ns)],
            None => scenario::catalog()
                .iter()
                .filter(|scenario| wish.scenarios.contains(&scenario.name))
                .map(|scenario| {
                    let requires: Vec<Requirement> = scenario.requirements().into_iter().collect();
                    (fits(&requires), scenario.round_ns)
                })
                .collect(),
        };
        let pairs: usize = chosen.iter().map(|(adapters, _)| adapters).sum();
        let request = wish.request(&self.request);
        let trial_ns = |threads: u32, own_ns: Option<u64>| {
            let round_ns = match self.one_shot() {
                Some(trace) => trace.extent.one_shot_ns(threads),
                None => {
                    own_ns.filter(|_| request.round_ns.is_none()).unwrap_or(request.round_ns())
                        + request.warm_ns
                }
            };
            u64::from(request.rounds_per_fork())
                .saturating_mul(round_ns)
                .saturating_add(TRIAL_OVERHEAD_NS)
        };
        let trials = wish.threads.iter().flat_map(|&threads| {
            chosen.iter().map(move |&(adapters, own_ns)| (adapters, threads, own_ns))
        });
        let per_fork_ns = trials
            .map(|(adapters, threads, own_ns)| {
                trial_ns(threads, own_ns).saturating_mul(adapters as u64)
            })
            .fold(0, u64::saturating_add);
        // A floor in each setting, two workers of a map at each number of threads.
        let (settings, counts) = (chosen.len() * wish.threads.len(), wish.threads.len());
        let calibration_ns = match request.calibration {
            Effort::Quick => (settings + 2 * counts) as u64 * TRIAL_OVERHEAD_NS,
            Effort::None => 0,
        };
        let total_ns =
            per_fork_ns.saturating_mul(u64::from(request.forks())).saturating_add(calibration_ns);
        Ok(Estimate {
            total_ns,
            cells: pairs * wish.threads.len(),
            skipped: chosen.len() * adapters.len() - pairs,
        })
    }

    /// Live only if a processor is left for the UI at every thread count.
    fn ui_mode(&self, wish: &Wish) -> UiMode {
        let most = wish.threads.iter().copied().max().unwrap_or(1) as usize;
        if allowed_cpus().len() > most { UiMode::Live } else { UiMode::BetweenRounds }
    }

    fn find(&self, tab: Tab) -> Result<Found, String> {
        let store = prepare::store_of(&self.request).map_err(|error| error.to_string())?;
        newest::find(&store, tab)
    }

    fn run(
        &self,
        wish: &Wish,
        mode: UiMode,
        control: &Control,
        link: &UiLink,
    ) -> Result<RunEnd, String> {
        let request = wish.request(&self.request);
        let prepared = prepare(self.registry, &request).map_err(|e| e.to_string())?;
        let conducted = conduct(&prepared, command::of(&request), mode, control, &mut link.sink())
            .map_err(|error| error.to_string())?;
        if let Some(folder) = &request.stacks {
            mapbench_results::export::check_folder(folder)
                .and_then(|()| mapbench_results::export::write_stacks(&conducted.summary, folder))
                .map_err(|error| error.to_string())?;
        }
        let end = conducted.end.clone();
        let mut last = self.conducted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *last = Some(conducted);
        Ok(end)
    }
}
