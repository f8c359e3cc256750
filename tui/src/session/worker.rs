//! The measured process from the outside: takes its trial from standard input, opens the trace,
//! looks the adapter up and hands over to the driver, which does the measuring.

use std::fs::{self, File};
use std::io;

use mapbench_core::driver::Link;
use mapbench_core::event::{Done, Failure, FailureKind, Order, TrialSpec, WorkerMessage};
use mapbench_core::registry::{AdapterEntry, Registry};
use mapbench_core::trace::{self, Trace};

use super::worker_link::WorkerLink;

/// Serves one trial over standard input and output. Returns the exit code of the process, which
/// must end now: threads that are stuck inside a map may have been left behind.
pub fn serve(registry: &Registry) -> u8 {
    die_with_parent();
    let mut link = OwnPeak(WorkerLink::new(io::stdin().lock(), io::stdout()));
    let spec = match link.next_order() {
        Some(Order::Trial(spec)) => spec,
        Some(_) => return refuse(&mut link, "the first order must be a trial".to_owned()),
        // The parent has gone, or somebody typed `mapbench worker`.
        None => return 0,
    };
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

/// A link that reports the peak of this process alone. `getrusage`, which the driver asks because
/// it opens no file, hands the peak of the process that started it down to a worker.
struct OwnPeak<L>(L);

impl<L: Link> Link for OwnPeak<L> {
    fn next_order(&mut self) -> Option<Order> {
        self.0.next_order()
    }

    fn send(&mut self, message: &WorkerMessage) {
        if let WorkerMessage::Done(done) = message
            && let Some(peak_rss_bytes) = peak_bytes()
        {
            return self.0.send(&WorkerMessage::Done(Done { peak_rss_bytes, ..done.clone() }));
        }
        self.0.send(message);
    }
}

/// Peak resident memory of this process; `None` where the system does not say. Bytes.
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
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
