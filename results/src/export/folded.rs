//! Folded stacks, as `flamegraph.pl` and `inferno` read them: one line per stack, outermost first,
//! frames apart by `;`, and the samples behind the last blank.

use std::collections::BTreeMap;
use std::io::{self, Write};

use mapbench_core::event::Stacks;

use crate::stacks::functions;

/// Writes a profile; the root of each stack is its thread.
///
/// # Errors
/// What `out` says.
pub fn write(stacks: &Stacks, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for stack in &stacks.stacks {
        let mut line = format!("thread {}", stack.thread);
        for function in functions(stacks, stack) {
            line.push(';');
            // The separators of the format, which names of functions may hold.
            line.extend(function.chars().map(|c| if c == ';' || c == '\n' { ',' } else { c }));
        }
        *lines.entry(line).or_default() += stack.samples;
    }
    for (line, samples) in lines {
        writeln!(out, "{line} {samples}")?;
    }
    Ok(())
}
