//! What the machine says of itself, judged: clock, processors, memory, load. Pure functions of a
//! file tree; measures nothing. What a system does not say is a note, never an error.

use mapbench_core::event::Machine;
use mapbench_results::fingerprint::{SystemFiles, UNKNOWN, field_bytes};

use super::finding::{Finding, Group, Level};

const GIB: f64 = (1_u64 << 30) as f64;

/// Every finding that needs no measuring.
pub(super) fn findings(files: &SystemFiles, machine: &Machine) -> Vec<Finding> {
    let mut found = clock(machine);
    found.extend(processors(machine));
    found.extend(memory(files, machine));
    found.extend(load(files, machine));
    found
}

fn clock(machine: &Machine) -> Vec<Finding> {
    let source = machine.clock_source.as_str();
    let of_source = |level| Finding::new(Group::Clock, "clock-source", level, source);
    let source = match source {
        UNKNOWN => of_source(Level::Note).means("the system does not say what it keeps time by"),
        "tsc" | "arch_sys_counter" => of_source(Level::Ok)
            .means("the kernel trusts the processors' own counter, which rounds are timed by"),
        _ => of_source(Level::Warning)
            .means("the kernel does not keep time by the processors' counter; it may have found it unstable")
            .advice("look for `tsc` in `sudo dmesg`; if the counter is sound, boot with `clocksource=tsc tsc=reliable`; on a virtual machine ask for a host with a stable counter"),
    };
    let has = |flag: &str| machine.tsc_flags.iter().any(|own| own == flag);
    let seen = machine.tsc_flags.join(" ");
    let of_tsc = |level, seen: &str| Finding::new(Group::Clock, "invariant-tsc", level, seen);
    let invariant = if has("constant_tsc") && has("nonstop_tsc") {
        of_tsc(Level::Ok, &seen).means("the counter runs at one rate in every power state")
    } else if machine.cpu == UNKNOWN || !cfg!(target_arch = "x86_64") {
        of_tsc(Level::Note, UNKNOWN)
            .means("the processor does not say whether its counter is invariant")
    } else {
        let seen = if seen.is_empty() { "no flag" } else { &seen };
        of_tsc(Level::Problem, seen)
            .means("the counter may change its rate with the frequency or stop: times are not to be trusted")
            .advice("measure on another machine; on a virtual machine have the `invtsc` flag passed through (QEMU: `-cpu host,+invtsc`)")
    };
    vec![source, invariant]
}

fn processors(machine: &Machine) -> Vec<Finding> {
    let found = |id, level, seen: String| Finding::new(Group::Processors, id, level, seen);
    let is_virtual = machine.hypervisor.is_some();
    vec![
        match machine.cpus {
            0 => found("processors", Level::Note, UNKNOWN.to_owned()),
            1 => found("processors", Level::Warning, "1".to_owned())
                .means("several threads would take turns: nothing here speaks of contention or scaling")
                .advice("measure with `-t 1` only, or on more processors"),
            n => found("processors", Level::Ok, format!("{n}")).means(format!(
                "up to {n} threads at once; with all of them busy the UI draws between rounds only"
            )),
        },
        topology(machine),
        match &machine.hypervisor {
            None => found("hypervisor", Level::Ok, "none to be seen".to_owned()),
            Some(name) => found("hypervisor", Level::Note, name.clone())
                .means("what the host does shows in the figures, and processors may move under a running round")
                .advice("compare only within one run and one placement mode, with 5 forks or more; do not compare across machines"),
        },
        match &machine.governor {
            Some(name) if name == "performance" => found("governor", Level::Ok, name.clone()),
            Some(name) => found("governor", Level::Warning, name.clone())
                .means("the frequency follows the load: rounds begin slower than they end")
                .advice("sudo cpupower frequency-set -g performance"),
            None if is_virtual => found("governor", Level::Note, "none to be seen".to_owned())
                .means("the host rules the frequency, and does not say how")
                .advice("nothing can be done from inside; interleaved rounds and more forks average over it"),
            None => found("governor", Level::Note, "none to be seen".to_owned()),
        },
        match machine.turbo {
            Some(true) => found("turbo", Level::Note, "on".to_owned())
                .means("one busy processor runs faster than many: the curve over threads bends for that reason too")
                .advice("echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost (Intel: echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo)"),
            Some(false) => found("turbo", Level::Ok, "off".to_owned()),
            None => found("turbo", Level::Note, UNKNOWN.to_owned()),
        },
        match machine.cpu_quota {
            None => found("cpu-quota", Level::Ok, "none".to_owned()),
            Some(quota) if quota >= f64::from(machine.cpus) => {
                found("cpu-quota", Level::Ok, format!("{quota} processors"))
            }
            Some(quota) => found("cpu-quota", Level::Problem, format!("{quota} processors of {}", machine.cpus))
                .means("the control group stops threads for up to a tenth of a second once the quota is used up")
                .advice("lift it (`docker run` without --cpus, Kubernetes without a cpu limit, `systemctl set-property UNIT CPUQuota=`), or use fewer threads than the quota"),
        },
    ]
}

fn topology(machine: &Machine) -> Finding {
    let seats = &machine.processors;
    let found = |level, seen: String| Finding::new(Group::Processors, "topology", level, seen);
    if seats.is_empty() {
        return found(Level::Note, UNKNOWN.to_owned())
            .means("SMT siblings and nodes cannot be told apart");
    }
    let count = |mut keys: Vec<(i32, i32)>| {
        keys.sort_unstable();
        keys.dedup();
        keys.len()
    };
    let cores = count(seats.iter().map(|seat| (seat.package, seat.core)).collect());
    let nodes = count(seats.iter().map(|seat| (seat.node.cast_signed(), 0)).collect());
    let seen = format!("{} processors, {cores} cores, {nodes} nodes", seats.len());
    if cores < seats.len() {
        let mut taken: Vec<(i32, i32)> = Vec::new();
        let firsts = seats.iter().filter(|seat| {
            let core = (seat.package, seat.core);
            let is_first = !taken.contains(&core);
            taken.extend(is_first.then_some(core));
            is_first
        });
        let cpus: Vec<String> = firsts.map(|seat| seat.cpu.to_string()).collect();
        return found(Level::Warning, seen)
            .means("two threads on one core share its execution units and its caches")
            .advice(format!("--cpus {} takes one processor of each core", cpus.join(",")));
    }
    if nodes > 1 {
        return found(Level::Note, seen)
            .means("memory of the other node costs more")
            .advice("--cpus with processors of one node keeps threads together");
    }
    found(Level::Ok, seen)
}

fn memory(files: &SystemFiles, machine: &Machine) -> Vec<Finding> {
    let found = |id, level, seen: String| Finding::new(Group::Memory, id, level, seen);
    let meminfo = files.text("proc/meminfo").unwrap_or_default();
    let bytes = |name| field_bytes(&meminfo, name);
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / GIB);
    let available = match bytes("MemAvailable") {
        None => found("memory", Level::Note, UNKNOWN.to_owned()),
        Some(available) => {
            let (level, means) = match available as f64 / GIB {
                v if v < 0.25 => (Level::Problem, "not even one map of a preset fits"),
                v if v < 2.0 => (Level::Warning, "groups of many maps will take turns"),
                _ => (Level::Ok, ""),
            };
            let seen = format!("{} available of {}", gib(available), gib(machine.memory_bytes));
            let finding =
                found("memory", level, seen).means(means).figure("available_bytes", available);
            if level == Level::Ok {
                finding
            } else {
                finding.advice("fewer adapters at once, --max-memory, or more memory")
            }
        }
    };
    let used =
        bytes("SwapTotal").zip(bytes("SwapFree")).map(|(total, free)| total.saturating_sub(free));
    let swap = match used {
        None => found("swap", Level::Note, UNKNOWN.to_owned()),
        Some(0) => found("swap", Level::Ok, "unused".to_owned()),
        Some(used) => found("swap", Level::Warning, format!("{} in use", gib(used)))
            .means("a map of which parts are swapped out is timed with the disk")
            .advice("sudo swapoff -a"),
    };
    let pages = match machine.huge_pages.as_str() {
        UNKNOWN => found("huge-pages", Level::Note, UNKNOWN.to_owned()),
        "always" => found("huge-pages", Level::Note, "always".to_owned())
            .means("the kernel merges pages when it sees fit: rounds may speed up in the middle of a run")
            .advice("echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"),
        setting => found("huge-pages", Level::Ok, setting.to_owned()),
    };
    let aslr = match machine.aslr.as_deref() {
        None => found("aslr", Level::Note, UNKNOWN.to_owned()),
        Some("off") => found("aslr", Level::Note, "off".to_owned())
            .means("every fork has the same addresses: one lucky layout is repeated, and forks do not average over it")
            .advice("sudo sysctl kernel.randomize_va_space=2"),
        Some(setting) => found("aslr", Level::Ok, setting.to_owned()).means("forks average over layouts"),
    };
    vec![available, swap, pages, aslr]
}

fn load(files: &SystemFiles, machine: &Machine) -> Vec<Finding> {
    let found = |id, level, seen: String| Finding::new(Group::Load, id, level, seen);
    let quiet = "stop what else runs; `top` names it";
    let average = files.text("proc/loadavg").and_then(|text| text.split(' ').next()?.parse().ok());
    let load = match average {
        None => found("load", Level::Note, UNKNOWN.to_owned()),
        Some(average) => {
            let share: f64 = average;
            let share = share / f64::from(machine.cpus.max(1));
            let level = match share {
                v if v > 0.9 => Level::Problem,
                v if v > 0.25 => Level::Warning,
                _ => Level::Ok,
            };
            let seen = format!("{average:.2} over the last minute");
            let finding = found("load", level, seen).figure("load_1m", average);
            if level == Level::Ok {
                finding
            } else {
                finding.means("other programs take processors from rounds").advice(quiet)
            }
        }
    };
    let some = files.text("proc/pressure/cpu").and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("some"))?;
        line.split_whitespace().find_map(|word| word.strip_prefix("avg10=")?.parse::<f64>().ok())
    });
    let pressure = match some {
        None => found("cpu-pressure", Level::Note, UNKNOWN.to_owned())
            .means("the kernel does not account for waiting (CONFIG_PSI, or `psi=1` at boot)"),
        Some(percent) => {
            let level = match percent {
                v if v > 20.0 => Level::Problem,
                v if v > 2.0 => Level::Warning,
                _ => Level::Ok,
            };
            let seen = format!("{percent} % of the last 10 s some task waited for a processor");
            let finding = found("cpu-pressure", level, seen).figure("some_avg10_percent", percent);
            if level == Level::Ok {
                finding
            } else {
                finding.means("rounds are preempted").advice(quiet)
            }
        }
    };
    vec![load, pressure, steal(files)]
}

/// Share of time that the hypervisor gave to others, since the machine started.
fn steal(files: &SystemFiles) -> Finding {
    let found = |level, seen: String| Finding::new(Group::Load, "steal", level, seen);
    let stat = files.text("proc/stat").unwrap_or_default();
    let ticks: Vec<f64> = stat
        .lines()
        .find_map(|line| line.strip_prefix("cpu "))
        .into_iter()
        .flat_map(str::split_whitespace)
        .map_while(|word| word.parse().ok())
        .collect();
    // user nice system idle iowait irq softirq steal; guest time is in user time already.
    let (Some(&stolen), total) = (ticks.get(7), ticks.iter().take(8).sum::<f64>()) else {
        return found(Level::Note, UNKNOWN.to_owned());
    };
    let percent = if total > 0.0 { stolen / total * 100.0 } else { 0.0 };
    let level = match percent {
        v if v > 1.0 => Level::Warning,
        v if v > 0.1 => Level::Note,
        _ => Level::Ok,
    };
    let seen = format!("{percent:.3} % since the machine started");
    let finding = found(level, seen).figure("steal_percent", percent);
    if level == Level::Ok {
        return finding;
    }
    finding
        .means("the host gives processor time that rounds count as theirs to others")
        .advice("nothing can be done from inside: use a dedicated host, or more forks at another time of day")
}

#[cfg(test)]
mod tests {
    use mapbench_results::fingerprint;

    use super::*;

    fn examined(files: &[(&str, &str)], cpus: u32) -> Vec<Finding> {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let files = SystemFiles::below(root.path());
        findings(&files, &fingerprint::described(&files, cpus, "system"))
    }

    #[track_caller]
    fn level(found: &[Finding], id: &str) -> Level {
        found.iter().find(|finding| finding.id == id).unwrap_or_else(|| panic!("no {id}")).level
    }

    #[test]
    fn a_system_that_says_nothing_is_unknown_and_not_unfit() {
        for cpus in [0, 1, 4] {
            let found = examined(&[], cpus);
            assert!(found.iter().all(|finding| finding.level < Level::Problem), "{found:?}");
        }
    }

    #[test]
    fn a_quiet_machine_of_its_own_is_fit() {
        let found = examined(
            &[
                ("proc/cpuinfo", "model name : X\nflags : constant_tsc nonstop_tsc\n"),
                ("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
                ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n"),
                ("sys/devices/system/cpu/cpufreq/boost", "0\n"),
                (
                    "proc/meminfo",
                    "MemTotal: 16000000 kB\nMemAvailable: 15000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
                ),
                ("proc/loadavg", "0.05 0.1 0.1 1/95 1399\n"),
                ("proc/pressure/cpu", "some avg10=0.00 avg60=1.39 avg300=4.66 total=1\n"),
                ("proc/stat", "cpu  100 0 100 1000 0 0 0 0 0 0\n"),
            ],
            4,
        );
        for id in [
            "clock-source",
            "governor",
            "turbo",
            "cpu-quota",
            "memory",
            "swap",
            "load",
            "cpu-pressure",
            "steal",
        ] {
            assert_eq!(level(&found, id), Level::Ok, "{id}");
        }
    }

    #[test]
    fn what_spoils_figures_is_found_and_says_what_to_do() {
        let found = examined(
            &[
                ("proc/self/cgroup", "0::/\n"),
                ("sys/fs/cgroup/cpu.max", "50000 100000\n"),
                ("proc/self/status", "Cpus_allowed_list:\t0-1\n"),
                ("sys/devices/system/cpu/cpu0/topology/physical_package_id", "0\n"),
                ("sys/devices/system/cpu/cpu0/topology/core_id", "0\n"),
                ("sys/devices/system/cpu/cpu1/topology/physical_package_id", "0\n"),
                ("sys/devices/system/cpu/cpu1/topology/core_id", "0\n"),
                ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n"),
                (
                    "proc/meminfo",
                    "MemTotal: 16000000 kB\nMemAvailable: 100000 kB\nSwapTotal: 9 kB\nSwapFree: 1 kB\n",
                ),
                ("proc/loadavg", "3.05 0.1 0.1 1/95 1399\n"),
                ("proc/pressure/cpu", "some avg10=7.00 avg60=1.39 avg300=4.66 total=1\n"),
                ("proc/stat", "cpu  100 0 100 1000 0 0 0 50 0 0\n"),
            ],
            2,
        );
        let expected = [
            ("cpu-quota", Level::Problem),
            ("topology", Level::Warning),
            ("governor", Level::Warning),
            ("memory", Level::Problem),
            ("swap", Level::Warning),
            ("load", Level::Problem),
            ("cpu-pressure", Level::Warning),
            ("steal", Level::Warning),
        ];
        for (id, grave) in expected {
            assert_eq!(level(&found, id), grave, "{id}");
        }
        for finding in found.iter().filter(|finding| finding.level >= Level::Warning) {
            assert!(finding.advice.is_some() && !finding.means.is_empty(), "{finding:?}");
        }
        let topology = found.iter().find(|finding| finding.id == "topology").expect("there");
        assert_eq!(topology.advice.as_deref(), Some("--cpus 0 takes one processor of each core"));
    }
}
