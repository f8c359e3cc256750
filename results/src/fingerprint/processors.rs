//! Where the processors that a process may use sit: package, core, NUMA node.

use mapbench_core::event::Processor;

use super::SystemFiles;

/// The processors of a list such as `0-3,8`, ascending; `None` if it is not one.
pub fn parse_cpu_list(list: &str) -> Option<Vec<u32>> {
    let mut cpus = Vec::new();
    for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        // A file that lists more is broken, and would otherwise fill the memory.
        if last < first || last - first > 1 << 16 {
            return None;
        }
        cpus.extend(first..=last);
    }
    cpus.sort_unstable();
    cpus.dedup();
    Some(cpus)
}

/// Where these processors sit, as far as the system says.
pub(super) fn processors(files: &SystemFiles, cpus: &[u32]) -> Vec<Processor> {
    cpus.iter().filter_map(|&cpu| processor(files, cpu)).collect()
}

fn processor(files: &SystemFiles, cpu: u32) -> Option<Processor> {
    let folder = format!("sys/devices/system/cpu/cpu{cpu}");
    let nodes = files.names(&folder);
    let node = nodes.iter().find_map(|name| name.strip_prefix("node")?.parse().ok());
    Some(Processor {
        cpu,
        package: files.number(&format!("{folder}/topology/physical_package_id"))?,
        core: files.number(&format!("{folder}/topology/core_id"))?,
        node: node.unwrap_or(0),
    })
}
