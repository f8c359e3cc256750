//! How much processor time the control groups of this process grant it, in either version of them.

use super::SystemFiles;

/// Processors' worth of time; the tightest of the group and those above it. `None` is no limit, or
/// none that can be seen: inside a container the groups above it are hidden.
pub(super) fn cpu_quota(files: &SystemFiles) -> Option<f64> {
    let groups = files.text("proc/self/cgroup")?;
    let quotas = groups.lines().flat_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let below = folders(controllers);
        below.into_iter().flat_map(move |(folder, read)| {
            upwards(path).map(move |path| read(files, &format!("{folder}{path}")))
        })
    });
    quotas.flatten().min_by(f64::total_cmp)
}

type Read = fn(&SystemFiles, &str) -> Option<f64>;

/// Where the group of a line of `/proc/self/cgroup` may be mounted, and how its quota is read.
fn folders(controllers: &str) -> Vec<(String, Read)> {
    if controllers.is_empty() {
        let mounts = ["sys/fs/cgroup", "sys/fs/cgroup/unified"];
        return mounts.map(|mount| (mount.to_owned(), version_2 as Read)).to_vec();
    }
    if !controllers.split(',').any(|controller| controller == "cpu") {
        return Vec::new();
    }
    let mounts = ["cpu".to_owned(), controllers.to_owned()];
    mounts.map(|mount| (format!("sys/fs/cgroup/{mount}"), version_1 as Read)).to_vec()
}

/// A path and those above it: `/a/b`, `/a`, and nothing for the root.
fn upwards(path: &str) -> impl Iterator<Item = &str> {
    let trimmed = path.trim_end_matches('/');
    std::iter::successors(Some(trimmed), |path| path.rfind('/').map(|at| &path[..at]))
}

/// `max 100000` or `150000 100000`: microseconds of time in each so many.
fn version_2(files: &SystemFiles, folder: &str) -> Option<f64> {
    let text = files.text(&format!("{folder}/cpu.max"))?;
    let (quota, period) = text.split_once(' ')?;
    share(quota.parse().ok()?, period.trim().parse().ok()?)
}

fn version_1(files: &SystemFiles, folder: &str) -> Option<f64> {
    let quota: i64 = files.number(&format!("{folder}/cpu.cfs_quota_us"))?;
    share(u64::try_from(quota).ok()?, files.number(&format!("{folder}/cpu.cfs_period_us"))?)
}

fn share(quota: u64, period: u64) -> Option<f64> {
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}
