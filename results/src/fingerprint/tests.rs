//! Machines described by file trees of their own.

use std::fs;

use mapbench_core::event::Processor;

use super::*;

/// A tree of files.
fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, SystemFiles) {
    let root = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    let files = SystemFiles::below(root.path());
    (root, files)
}

#[test]
fn a_virtual_machine_is_described_by_its_files() {
    let (_root, files) = tree(&[
        (
            "proc/cpuinfo",
            "processor\t: 0\nmodel name\t: Zen 4\nmicrocode\t: 0x1000065\n\
             flags\t\t: fpu constant_tsc hypervisor nonstop_tsc sse\nprocessor\t: 1\n",
        ),
        ("proc/meminfo", "MemFree:  5 kB\nMemTotal:        8000 kB\n"),
        ("proc/sys/kernel/ostype", "Linux\n"),
        ("proc/sys/kernel/osrelease", "6.1.2\n"),
        ("proc/sys/kernel/randomize_va_space", "2\n"),
        ("proc/self/status", "Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n"),
        ("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"),
        ("sys/class/dmi/id/sys_vendor", "QEMU\n"),
        ("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n"),
        ("sys/devices/system/cpu/cpu0/topology/physical_package_id", "0\n"),
        ("sys/devices/system/cpu/cpu0/topology/core_id", "4\n"),
        ("sys/devices/system/cpu/cpu1/topology/physical_package_id", "0\n"),
        ("sys/devices/system/cpu/cpu1/topology/core_id", "4\n"),
        ("sys/devices/system/cpu/cpu1/node1/cpulist", "1\n"),
    ]);
    let machine = described(&files, 2, "system");
    assert_eq!(machine.cpu, "Zen 4");
    assert_eq!(machine.kernel, "Linux 6.1.2");
    assert_eq!(machine.huge_pages, "madvise");
    assert_eq!(machine.hypervisor.as_deref(), Some("QEMU"));
    assert_eq!(machine.memory_bytes, 8_192_000);
    assert_eq!(machine.clock_source, UNKNOWN);
    assert_eq!((machine.governor, machine.tsc_hz, machine.cpu_quota), (None, None, None));
    assert_eq!(machine.microcode.as_deref(), Some("0x1000065"));
    assert_eq!(machine.tsc_flags, ["constant_tsc", "nonstop_tsc"]);
    assert_eq!((machine.aslr.as_deref(), machine.turbo), (Some("full"), Some(false)));
    assert_eq!(machine.cpu_list.as_deref(), Some("0-1"));
    let siblings = [(0, 0), (1, 1)].map(|(cpu, node)| Processor { cpu, package: 0, core: 4, node });
    assert_eq!(machine.processors, siblings);
}

#[test]
fn a_machine_without_files_is_unknown_and_not_an_error() {
    let (_root, files) = tree(&[]);
    let machine = described(&files, 0, "system");
    assert_eq!((machine.cpu.as_str(), machine.huge_pages.as_str()), (UNKNOWN, UNKNOWN));
    assert_eq!((machine.hypervisor, machine.memory_bytes), (None, 0));
    assert_eq!((machine.aslr, machine.turbo, machine.cpu_list), (None, None, None));
    assert!(machine.processors.is_empty() && machine.tsc_flags.is_empty());
}

#[test]
fn a_hypervisor_without_a_name_is_known_by_its_clock() {
    let cpuinfo = ("proc/cpuinfo", "flags : hypervisor\n");
    let clocks = "sys/devices/system/clocksource/clocksource0/available_clocksource";
    let (_root, files) = tree(&[cpuinfo, (clocks, "tsc kvm-clock\n")]);
    assert_eq!(described(&files, 1, "").hypervisor.as_deref(), Some("KVM"));
    let (_root, files) = tree(&[cpuinfo]);
    assert_eq!(described(&files, 1, "").hypervisor.as_deref(), Some(UNKNOWN));
}

#[test]
fn randomisation_that_one_process_switched_off_is_off() {
    let kernel = ("proc/sys/kernel/randomize_va_space", "2\n");
    let (_root, files) = tree(&[kernel, ("proc/self/personality", "00040000\n")]);
    assert_eq!(described(&files, 1, "").aslr.as_deref(), Some("off"));
}

#[test]
fn the_tightest_quota_of_nested_groups_counts() {
    let (_root, files) = tree(&[
        ("proc/self/cgroup", "0::/pods/one\n"),
        ("sys/fs/cgroup/pods/one/cpu.max", "max 100000\n"),
        ("sys/fs/cgroup/pods/cpu.max", "150000 100000\n"),
    ]);
    assert_eq!(described(&files, 1, "").cpu_quota, Some(1.5));
    // Version 1, in a container that sees its own group at the root.
    let (_root, files) = tree(&[
        ("proc/self/cgroup", "4:memory:/x\n3:cpu,cpuacct:/docker/abc\n0::/\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
    ]);
    assert_eq!(described(&files, 1, "").cpu_quota, Some(0.5));
    let (_root, files) = tree(&[
        ("proc/self/cgroup", "3:cpu:/\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
    ]);
    assert_eq!(described(&files, 1, "").cpu_quota, None, "no limit");
}

#[test]
fn processor_lists_are_read_as_the_kernel_writes_them() {
    assert_eq!(parse_cpu_list("0-2,8,10-11"), Some(vec![0, 1, 2, 8, 10, 11]));
    assert_eq!(parse_cpu_list("3"), Some(vec![3]));
    assert_eq!(parse_cpu_list(""), Some(vec![]));
    for broken in ["a", "3-1", "0-4000000000", "-"] {
        assert_eq!(parse_cpu_list(broken), None, "{broken}");
    }
}
