//! The machine, read from the files in which Linux describes it. On other systems most parts are
//! unknown, and say so.

use std::fs;
use std::path::Path;

use mapbench_core::event::Machine;

/// What stands where something could not be found out.
pub const UNKNOWN: &str = "unknown";

/// The machine that this process runs on. `allocator` names the one that workers use, because a
/// program knows its own best.
pub fn machine(allocator: &str) -> Machine {
    let cpus = std::thread::available_parallelism().map_or(0, |cpus| cpus.get() as u32);
    described(Path::new("/"), cpus, allocator)
}

fn described(root: &Path, cpus: u32, allocator: &str) -> Machine {
    let line = |path: &str| {
        let text = fs::read_to_string(root.join(path)).ok()?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let cpuinfo = line("proc/cpuinfo").unwrap_or_default();
    let unknown = || UNKNOWN.to_owned();
    Machine {
        cpu: field(&cpuinfo, "model name").map_or_else(unknown, str::to_owned),
        cpus,
        kernel: match (line("proc/sys/kernel/ostype"), line("proc/sys/kernel/osrelease")) {
            (Some(system), Some(release)) => format!("{system} {release}"),
            _ => format!("{} {UNKNOWN}", std::env::consts::OS),
        },
        clock_source: line("sys/devices/system/clocksource/clocksource0/current_clocksource")
            .unwrap_or_else(unknown),
        hypervisor: hypervisor(&cpuinfo, line("sys/hypervisor/type"), || {
            line("sys/class/dmi/id/sys_vendor")
        }),
        huge_pages: line("sys/kernel/mm/transparent_hugepage/enabled")
            .and_then(|setting| chosen(&setting))
            .unwrap_or_else(unknown),
        governor: line("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        memory_bytes: line("proc/meminfo")
            .and_then(|text| field(&text, "MemTotal")?.strip_suffix(" kB")?.trim().parse().ok())
            .map_or(0, |kilobytes: u64| kilobytes.saturating_mul(1024)),
        allocator: allocator.to_owned(),
    }
}

/// The value of the first `name : value` line.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim()).filter(|value| !value.is_empty())
    })
}

/// The setting in brackets: `always [madvise] never`.
fn chosen(setting: &str) -> Option<String> {
    let (_, rest) = setting.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}

/// A processor flag tells that there is a hypervisor; its name stands elsewhere, if anywhere.
fn hypervisor(
    cpuinfo: &str,
    kind: Option<String>,
    vendor: impl FnOnce() -> Option<String>,
) -> Option<String> {
    let flags = field(cpuinfo, "flags").unwrap_or_default();
    let flagged = flags.split_whitespace().any(|flag| flag == "hypervisor");
    kind.or_else(|| flagged.then(|| vendor().unwrap_or_else(|| UNKNOWN.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_machine_is_described_by_its_files() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write(
            "proc/cpuinfo",
            "processor\t: 0\nmodel name\t: Zen 4\nflags\t\t: fpu hypervisor sse\nprocessor\t: 1\n",
        );
        write("proc/meminfo", "MemFree:  5 kB\nMemTotal:        8000 kB\n");
        write("proc/sys/kernel/ostype", "Linux\n");
        write("proc/sys/kernel/osrelease", "6.1.2\n");
        write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
        write("sys/class/dmi/id/sys_vendor", "QEMU\n");
        let machine = described(root.path(), 2, "system");
        assert_eq!(machine.cpu, "Zen 4");
        assert_eq!(machine.kernel, "Linux 6.1.2");
        assert_eq!(machine.huge_pages, "madvise");
        assert_eq!(machine.hypervisor.as_deref(), Some("QEMU"));
        assert_eq!(machine.memory_bytes, 8_192_000);
        assert_eq!(machine.clock_source, UNKNOWN);
        assert_eq!(machine.governor, None);
    }

    #[test]
    fn a_machine_without_files_is_unknown_and_not_an_error() {
        let root = tempfile::tempdir().expect("a folder");
        let machine = described(root.path(), 0, "system");
        assert_eq!((machine.cpu.as_str(), machine.huge_pages.as_str()), (UNKNOWN, UNKNOWN));
        assert_eq!((machine.hypervisor, machine.memory_bytes), (None, 0));
    }
}
