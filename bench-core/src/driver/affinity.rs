//! Where a worker's threads run and what the kernel did to them. No unsafe code: the system calls
//! go through `nix`.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{Resource, UsageWho, getrusage, setrlimit};
use nix::unistd::Pid;

/// Pins the calling thread to one processor. False if the kernel refuses, for example because the
/// processor is not in the process's set; the thread then runs where it is put.
pub(super) fn pin_to(cpu: u32) -> bool {
    let mut set = CpuSet::new();
    set.set(cpu as usize).is_ok() && sched_setaffinity(Pid::from_raw(0), &set).is_ok()
}

/// Lets the calling thread run wherever the process's first thread may. For threads that a map
/// starts: they inherit the one processor of the thread that built it, where they would stand in its
/// way.
pub fn run_anywhere() {
    if let Ok(set) = sched_getaffinity(Pid::this()) {
        // A refusal leaves it where it is, which is slower and not wrong.
        let _ = sched_setaffinity(Pid::from_raw(0), &set);
    }
}

/// Names the calling thread for the system's tools, in up to 15 bytes.
pub(super) fn name_thread(name: &str) {
    #[cfg(target_os = "linux")]
    if let Ok(name) = std::ffi::CString::new(name) {
        // A thread without a name works as well.
        let _ = nix::sys::prctl::set_name(&name);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = name;
}

/// The processors that the process may use, ascending.
pub fn allowed_cpus() -> Vec<u32> {
    let Ok(set) = sched_getaffinity(Pid::from_raw(0)) else { return vec![0] };
    (0..CpuSet::count())
        .filter(|&cpu| set.is_set(cpu).unwrap_or(false))
        .map(|cpu| cpu as u32)
        .collect()
}

/// Involuntary context switches of the calling thread so far.
pub(super) fn involuntary_switches() -> u64 {
    getrusage(UsageWho::RUSAGE_THREAD)
        .map_or(0, |usage| usage.involuntary_context_switches().max(0) as u64)
}

/// Peak resident memory of the process. Bytes.
pub(super) fn peak_rss_bytes() -> u64 {
    // Linux reports kibibytes.
    getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| usage.max_rss().max(0) as u64 * 1024)
}

/// Limits the address space of the process, so that a map that eats memory ends itself and not
/// its neighbours. 0 leaves it unlimited.
pub(super) fn limit_memory(bytes: u64) {
    if bytes > 0 {
        // A refusal means that a tighter limit is already in force, which serves as well.
        let _ = setrlimit(Resource::RLIMIT_AS, bytes, bytes);
    }
}
