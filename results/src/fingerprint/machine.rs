//! The machine, read from the files in which Linux describes it. On other systems most parts are
//! unknown, and say so.

use mapbench_core::driver::clock::Clock;
use mapbench_core::event::Machine;

use super::processors::{parse_cpu_list, processors};
use super::quota::cpu_quota;
use super::system_files::{SystemFiles, field, field_bytes};

/// What stands where something could not be found out.
pub const UNKNOWN: &str = "unknown";

/// What a processor flag promises about the tick counter; `constant_tsc` and `nonstop_tsc`
/// together are what is called an invariant one.
const TSC_FLAGS: [&str; 4] = ["constant_tsc", "nonstop_tsc", "tsc_known_freq", "tsc_reliable"];
/// Bit of `/proc/self/personality` that switches randomisation off, as `setarch -R` does.
const ADDR_NO_RANDOMIZE: u32 = 0x0004_0000;
const SECOND_NS: u64 = 1_000_000_000;

/// The machine that this process runs on. `allocator` names the one that workers use, because a
/// program knows its own best. The first call of a process calibrates its clock, which takes some
/// tens of milliseconds.
pub fn machine(allocator: &str) -> Machine {
    let cpus = std::thread::available_parallelism().map_or(0, |cpus| cpus.get() as u32);
    let described = described(&SystemFiles::of_this_system(), cpus, allocator);
    Machine { tsc_hz: Some(Clock::new().ticks_in(SECOND_NS)), ..described }
}

/// The machine that files describe; its tick counter is not measured.
pub fn described(files: &SystemFiles, cpus: u32, allocator: &str) -> Machine {
    let cpuinfo = files.text("proc/cpuinfo").unwrap_or_default();
    let unknown = || UNKNOWN.to_owned();
    let status = files.text("proc/self/status").unwrap_or_default();
    let cpu_list = field(&status, "Cpus_allowed_list").map(str::to_owned);
    let allowed = cpu_list.as_deref().and_then(parse_cpu_list).unwrap_or_default();
    let (system, release) =
        (files.text("proc/sys/kernel/ostype"), files.text("proc/sys/kernel/osrelease"));
    let meminfo = files.text("proc/meminfo").unwrap_or_default();
    Machine {
        cpu: field(&cpuinfo, "model name").map_or_else(unknown, str::to_owned),
        cpus,
        kernel: match (system, release) {
            (Some(system), Some(release)) => format!("{system} {release}"),
            _ => format!("{} {UNKNOWN}", std::env::consts::OS),
        },
        clock_source: files
            .text("sys/devices/system/clocksource/clocksource0/current_clocksource")
            .unwrap_or_else(unknown),
        hypervisor: hypervisor(files, &cpuinfo),
        huge_pages: files
            .text("sys/kernel/mm/transparent_hugepage/enabled")
            .and_then(|setting| chosen(&setting))
            .unwrap_or_else(unknown),
        governor: files.text("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        memory_bytes: field_bytes(&meminfo, "MemTotal").unwrap_or(0),
        allocator: allocator.to_owned(),
        microcode: field(&cpuinfo, "microcode").map(str::to_owned),
        tsc_hz: None,
        tsc_flags: flags(&cpuinfo)
            .filter(|flag| TSC_FLAGS.contains(flag))
            .map(str::to_owned)
            .collect(),
        aslr: aslr(files),
        turbo: turbo(files),
        cpu_quota: cpu_quota(files),
        processors: processors(files, &allowed),
        cpu_list,
    }
}

fn flags(cpuinfo: &str) -> impl Iterator<Item = &str> {
    field(cpuinfo, "flags").unwrap_or_default().split_whitespace()
}

/// The setting in brackets: `always [madvise] never`.
fn chosen(setting: &str) -> Option<String> {
    let (_, rest) = setting.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}

/// A processor flag tells that there is a hypervisor; its name stands elsewhere, if anywhere. The
/// clock sources that the kernel offers are the last hint: each hypervisor has its own.
fn hypervisor(files: &SystemFiles, cpuinfo: &str) -> Option<String> {
    if let Some(kind) = files.text("sys/hypervisor/type") {
        return Some(kind);
    }
    if !flags(cpuinfo).any(|flag| flag == "hypervisor") {
        return None;
    }
    let clocks = "sys/devices/system/clocksource/clocksource0/available_clocksource";
    let clocks = files.text(clocks).unwrap_or_default();
    let by_clock = [("kvm-clock", "KVM"), ("hyperv", "Hyper-V"), ("xen", "Xen")];
    let hinted = by_clock.into_iter().find(|(clock, _)| clocks.contains(clock));
    let vendor = files.text("sys/class/dmi/id/sys_vendor");
    Some(vendor.unwrap_or_else(|| hinted.map_or(UNKNOWN, |(_, name)| name).to_owned()))
}

fn aslr(files: &SystemFiles) -> Option<String> {
    let personality = files.text("proc/self/personality");
    let own = personality.and_then(|text| u32::from_str_radix(&text, 16).ok()).unwrap_or(0);
    let name = match files.number::<u32>("proc/sys/kernel/randomize_va_space")? {
        _ if own & ADDR_NO_RANDOMIZE != 0 => "off",
        0 => "off",
        1 => "partial",
        _ => "full",
    };
    Some(name.to_owned())
}

/// Two drivers say it in two files, one of them the other way round.
fn turbo(files: &SystemFiles) -> Option<bool> {
    let off = files.number::<u32>("sys/devices/system/cpu/intel_pstate/no_turbo");
    let on = || files.number::<u32>("sys/devices/system/cpu/cpufreq/boost");
    off.map(|off| off == 0).or_else(|| on().map(|on| on != 0))
}
