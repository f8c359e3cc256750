//! What sampled stacks say: sums over rounds, and the functions that took the most time. Judges
//! nothing; no figure of here enters a statistic of the measured rounds.

use std::collections::{HashMap, HashSet};

use mapbench_core::event::{Cell, Stack, StackFrame, Stacks};

/// What stands for the harness itself in place of a function.
pub const HARNESS: &str = "[harness]";

/// A function's part of the samples of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct HotFrame {
    /// The function; [`HARNESS`] for the harness.
    pub function: String,
    /// Samples in which it was running itself.
    pub own: u64,
    /// Samples in which it was running or had called what ran.
    pub total: u64,
}

/// Samples of a profile: what shares are shares of.
pub fn samples(stacks: &Stacks) -> u64 {
    stacks.stacks.iter().fold(0, |sum, stack| sum.saturating_add(stack.samples))
}

/// The functions of a profile, those first that ran most themselves. A function that calls itself
/// counts once a sample.
pub fn hottest(stacks: &Stacks) -> Vec<HotFrame> {
    let mut found: HashMap<&str, (u64, u64)> = HashMap::new();
    for stack in &stacks.stacks {
        let functions: Vec<&str> = functions(stacks, stack).collect();
        let once: HashSet<&str> = functions.iter().copied().collect();
        for function in once {
            found.entry(function).or_default().1 += stack.samples;
        }
        if let Some(running) = functions.last() {
            found.entry(running).or_default().0 += stack.samples;
        }
    }
    let mut hottest: Vec<HotFrame> = found
        .into_iter()
        .map(|(function, (own, total))| HotFrame { function: function.to_owned(), own, total })
        .collect();
    hottest.sort_by(|a, b| {
        (b.own, b.total).cmp(&(a.own, a.total)).then_with(|| a.function.cmp(&b.function))
    });
    hottest
}

/// The functions of a stack, outermost first; the harness if the stack has none. Frames that a
/// foreign log lacks are passed over.
pub fn functions<'s>(stacks: &'s Stacks, stack: &'s Stack) -> impl Iterator<Item = &'s str> {
    let named = stack.frames.iter().filter_map(|&frame| stacks.frames.get(frame as usize));
    let own = stack.frames.is_empty().then_some(HARNESS);
    named.map(|frame| frame.function.as_str()).chain(own)
}

/// Adds the samples of another round of the same cell.
pub fn merge(into: &mut Stacks, other: &Stacks) {
    let (before, more) = (samples(into), samples(other));
    let weighted = into.period_ns.saturating_mul(before) + other.period_ns.saturating_mul(more);
    into.period_ns = weighted.checked_div(before + more).unwrap_or(other.period_ns);
    let mut numbers: HashMap<StackFrame, u32> = into.frames.iter().cloned().zip(0..).collect();
    let mut places: HashMap<(u32, Vec<u32>), usize> = HashMap::new();
    for (place, stack) in into.stacks.iter().enumerate() {
        places.insert((stack.thread, stack.frames.clone()), place);
    }
    for stack in &other.stacks {
        let known = stack.frames.iter().filter_map(|&frame| other.frames.get(frame as usize));
        let frames: Vec<u32> = known
            .map(|frame| {
                *numbers.entry(frame.clone()).or_insert_with(|| {
                    into.frames.push(frame.clone());
                    into.frames.len() as u32 - 1
                })
            })
            .collect();
        let place = *places.entry((stack.thread, frames.clone())).or_insert_with(|| {
            into.stacks.push(Stack { thread: stack.thread, frames, samples: 0 });
            into.stacks.len() - 1
        });
        into.stacks[place].samples = into.stacks[place].samples.saturating_add(stack.samples);
    }
    into.outside = into.outside.saturating_add(other.outside);
    into.lost = into.lost.saturating_add(other.lost);
    into.cut = into.cut.saturating_add(other.cut);
}

/// The names of the files of some cells, without their ends: `read-heavy-dashmap-v6-2`. Cells that
/// would share one are told apart by key and value, and then by their number.
pub fn file_stems(cells: &[&Cell]) -> Vec<String> {
    let plain = |text: &str| -> String {
        let kept = |c: char| c.is_ascii_alphanumeric() || "-_.@=".contains(c);
        text.chars().map(|c| if kept(c) { c } else { '-' }).collect()
    };
    let short = |cell: &Cell| {
        let scenario = cell.scenario.rsplit('/').next().unwrap_or(&cell.scenario);
        format!("{}-{}-{}", plain(scenario), plain(&cell.adapter), cell.threads)
    };
    let long = |cell: &Cell| {
        let (key, value) = (plain(cell.key.name()), plain(&cell.value.name()));
        format!("{}-{key}-{value}", short(cell))
    };
    let shared = |name: &str, by: &dyn Fn(&Cell) -> String| {
        cells.iter().filter(|cell| by(cell) == name).count() > 1
    };
    let name = |cell: &&Cell| match (short(cell), long(cell)) {
        (short_name, _) if !shared(&short_name, &short) => short_name,
        (_, long_name) if !shared(&long_name, &long) => long_name,
        (_, long_name) => format!("{long_name}-cell{}", cell.id),
    };
    cells.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stacks(of: &[(u32, &[&str], u64)]) -> Stacks {
        let mut stacks = Stacks { period_ns: 4_000_000, ..Stacks::default() };
        for (thread, functions, samples) in of {
            let frames = functions.iter().map(|function| {
                let at = stacks.frames.iter().position(|frame| frame.function == **function);
                at.unwrap_or_else(|| {
                    let function = (*function).to_owned();
                    stacks.frames.push(StackFrame { function, file: None, line: 0 });
                    stacks.frames.len() - 1
                }) as u32
            });
            let frames = frames.collect();
            stacks.stacks.push(Stack { thread: *thread, frames, samples: *samples });
        }
        stacks
    }

    #[test]
    fn own_samples_add_up_and_recursion_counts_once() {
        let stacks = stacks(&[(0, &["a", "b", "a"], 5), (1, &["a", "c"], 3), (0, &[], 2)]);
        let hottest = hottest(&stacks);
        let sums: Vec<(&str, u64, u64)> =
            hottest.iter().map(|hot| (hot.function.as_str(), hot.own, hot.total)).collect();
        assert_eq!(sums, [("a", 5, 8), ("c", 3, 3), (HARNESS, 2, 2), ("b", 0, 5)]);
        assert_eq!(hottest.iter().map(|hot| hot.own).sum::<u64>(), samples(&stacks));
    }

    #[test]
    fn rounds_merge_by_function_whatever_their_numbers() {
        let mut sum = stacks(&[(0, &["a", "b"], 5)]);
        merge(&mut sum, &stacks(&[(0, &["c"], 1), (0, &["a", "b"], 2), (1, &["a", "b"], 4)]));
        assert_eq!(samples(&sum), 12);
        assert_eq!(sum.stacks[0].samples, 7);
        assert_eq!(sum.frames.len(), 3);
        assert_eq!(sum.period_ns, 4_000_000);
    }
}
