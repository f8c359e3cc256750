//! The measured process from the outside: takes its trial from standard input, opens the trace,
//! looks the adapter up and hands over to the driver, which does the measuring.

use std::fs::{self, File};
use std::io;

use mapbench_core::driver::Link;
use mapbench_core::event::{Failure, FailureKind, Order, RoundOrder, TrialSpec, WorkerMessage};
use mapbench_core::registry::{AdapterEntry, Registry};
use mapbench_core::trace::{self, Trace};

use super::callgrind;
use super::sampling_link::SamplingLink;
use super::worker_link::WorkerLink;

/// Serves one trial over standard input and output. Returns the exit code of the process, which
/// must end now: threads that are stuck inside a map may have been left behind.
pub fn serve(registry: &Registry) -> u8 {
    die_with_parent();
    let link = SamplingLink::new(WorkerLink::new(io::stdin().lock(), io::stdout()));
    let mut link = WithResident { link, peak_bytes: None };
    let spec = match link.next_order() {
        Some(Order::Trial(spec)) => spec,
        Some(_) => return refuse(&mut link, "the first order must be a trial".to_owned()),
        // The parent has gone, or somebody typed `mapbench worker`.
        None => return 0,
    };
    if spec.count_instructions {
        return callgrind::serve(&spec, &mut link.link);
    }
    match prepare(registry, &spec) {
        Err(message) => refuse(&mut link, message),
        Ok((entry, trace)) => u8::from((entry.trial)(&spec, &trace, &mut link).is_err()),
    }
}

fn prepare<'r>(
    registry: &'r Registry,
    spec: &TrialSpec,
) -> Result<(&'r AdapterEntry, Trace), String> {
    let name = &spec.adapter;
    let entry = registry
        .get(name)
        .ok_or_else(|| format!("this program has no adapter `{name}`; build it with the rivals"))?;
    let label = spec.trace.display().to_string();
    let file = File::open(&spec.trace).map_err(|error| format!("{label}: {error}"))?;
    let trace = trace::read(file, &label).map_err(|error| error.to_string())?;
    Ok((entry, trace))
}

/// A link that adds what the driver cannot say, because it opens no file: resident memory. The peak
/// of `getrusage`, which the driver asks, is handed down by the process that started a worker.
struct WithResident<L> {
    link: L,
    /// The peak before the first sampled round: to name what was sampled takes memory of its own.
    peak_bytes: Option<u64>,
}

impl<L: Link> Link for WithResident<L> {
    fn next_order(&mut self) -> Option<Order> {
        let order = self.link.next_order();
        if let Some(Order::Round(RoundOrder { sampled: true, .. })) = order {
            self.peak_bytes = self.peak_bytes.or_else(|| status("VmHWM:"));
        }
        order
    }

    fn send(&mut self, message: &WorkerMessage) {
        let mut message = message.clone();
        let memory = match &mut message {
            WorkerMessage::Ready(ready) => &mut ready.memory,
            WorkerMessage::Round(report) => &mut report.memory,
            WorkerMessage::Done(done) => {
                let peak = self.peak_bytes.or_else(|| status("VmHWM:"));
                done.peak_rss_bytes = peak.unwrap_or(done.peak_rss_bytes);
                &mut done.memory
            }
            _ => return self.link.send(&message),
        };
        if let Some(memory) = memory {
            memory.rss_bytes = status("VmRSS:");
        }
        self.link.send(&message);
    }
}

/// A size that the system knows of this process; `None` where it does not say. Bytes.
fn status(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let size = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(size.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn refuse(link: &mut dyn Link, message: String) -> u8 {
    link.send(&WorkerMessage::Error(Failure { kind: FailureKind::Protocol, message }));
    1
}

/// A worker in the middle of a round does not read its standard input, so only the kernel can
/// tell it that its parent has gone.
#[cfg(target_os = "linux")]
fn die_with_parent() {
    // A refusal costs no more than a late end: the closed standard input says the same.
    let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent() {}
