//! Which part of a stack is the map's: everything above the map's calls is the harness, the same
//! for every map, and is left out. Pure.

use mapbench_core::event::StackFrame;

/// What is left of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trimmed {
    /// The frames of the map and its adapter, outermost first; none while the harness itself ran.
    InRound(Vec<StackFrame>),
    /// The callers could not all be found, so nobody knows what is whose.
    Cut(Vec<StackFrame>),
    /// No op was running: a prefill, a barrier, the placement probe.
    Outside,
}

/// Where the hot loop is.
const LOOP: &str = "mapbench_core::driver::round::";
/// What the loop is a part of.
const DRIVER: &str = "mapbench_core::driver::";
/// What the loop is made of besides itself. An adapter's own frame ends the harness, so that what
/// a map calls of these is the map's.
const HARNESS_CRATES: [&str; 6] = ["mapbench_core", "core", "alloc", "std", "quanta", ""];

/// Leaves out the harness. `frames` are outermost first; `complete` is whether the first of them
/// is the thread's first.
pub(super) fn trimmed(frames: &[StackFrame], complete: bool) -> Trimmed {
    let in_loop = frames.iter().position(|frame| path_of(&frame.function).starts_with(LOOP));
    let Some(start) = in_loop else {
        // The driver calls maps elsewhere as well, and so do its probes run.
        let own = frames.iter().any(|frame| path_of(&frame.function).starts_with(DRIVER));
        let outside = complete || own;
        return if outside { Trimmed::Outside } else { Trimmed::Cut(frames.to_vec()) };
    };
    let of_map = frames[start..]
        .iter()
        .position(|frame| !HARNESS_CRATES.contains(&crate_of(&frame.function)));
    Trimmed::InRound(of_map.map_or_else(Vec::new, |skip| frames[start + skip..].to_vec()))
}

/// A function's path without what stands before it: `<&mut a::B as c::D>::e` begins at `a`.
fn path_of(function: &str) -> &str {
    let path = function.trim_start_matches(['<', '&', '*', '(', '[', ' ']);
    let path = path.strip_prefix("mut ").or_else(|| path.strip_prefix("dyn ")).unwrap_or(path);
    path.trim_start_matches(['<', '&', '*', '(', '['])
}

/// The crate that a function's name begins with; empty for a primitive type.
fn crate_of(function: &str) -> &str {
    let path = path_of(function);
    let end = path.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(path.len());
    // Old mangling writes `..` for `::` in paths of types.
    let (name, rest) = path.split_at(end);
    if rest.starts_with("::") || rest.starts_with("..") || rest.starts_with('[') {
        name
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(functions: &[&str]) -> Vec<StackFrame> {
        let frame =
            |function: &&str| StackFrame { function: (*function).to_owned(), file: None, line: 1 };
        functions.iter().map(frame).collect()
    }

    const ROOT: [&str; 3] = [
        "std::sys::thread::unix::Thread::new::thread_start",
        "mapbench_core::driver::member::Member<K,V,S,A>::work",
        "mapbench_core::driver::round::Lane<K,V,S,A>::run_alone",
    ];

    fn after_root(functions: &[&str]) -> Vec<StackFrame> {
        stack(&[&ROOT[..], functions].concat())
    }

    #[test]
    fn the_map_begins_at_the_first_frame_that_is_not_the_harness() {
        let map = [
            "<dashmap::Handle<K,V,S> as mapbench_core::adapter::MapHandle<K,V>>::get",
            "dashmap::DashMap<K,V,S>::get",
            "core::hash::BuildHasher::hash_one",
        ];
        let harness = ["mapbench_core::driver::round::execute::Means<K,V>::get"];
        let whole = after_root(&[&harness[..], &map].concat());
        assert_eq!(trimmed(&whole, true), Trimmed::InRound(stack(&map)));
    }

    #[test]
    fn what_the_loop_calls_for_itself_is_the_harness() {
        let own = after_root(&[
            "<core::slice::iter::Iter<T> as core::iter::Iterator>::next",
            "quanta::Clock::raw",
            "<u64 as core::cmp::PartialEq>::eq",
        ]);
        assert_eq!(trimmed(&own, true), Trimmed::InRound(Vec::new()));
    }

    #[test]
    fn a_stack_without_the_loop_is_outside_if_it_is_whole() {
        let prefill = stack(&[ROOT[0], ROOT[1], "dashmap::DashMap<K,V,S>::insert"]);
        assert_eq!(trimmed(&prefill, true), Trimmed::Outside);
        assert_eq!(trimmed(&prefill[2..], false), Trimmed::Cut(prefill[2..].to_vec()));
    }

    #[test]
    fn crates_are_found_behind_references_and_traits() {
        assert_eq!(crate_of("<&mut dashmap::Map as core::ops::Deref>::deref"), "dashmap");
        assert_eq!(crate_of("_ZN7dashmap"), "");
        assert_eq!(crate_of("malloc"), "");
        assert_eq!(crate_of("<[u8] as core::cmp::PartialEq>::eq"), "");
    }
}
