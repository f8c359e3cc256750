//! What a sampled round found on the stacks of a worker's threads. Plain data; who takes the
//! samples is the program's business, and what is made of them that of the results.

use serde::{Deserialize, Serialize};

/// Where the threads of a worker spent their processor time in one sampled round.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stacks {
    /// Processor time that one sample stands for. Nanoseconds.
    pub period_ns: u64,
    /// Every function that was seen, once per source line.
    pub frames: Vec<StackFrame>,
    /// Every stack that was seen, once per thread.
    pub stacks: Vec<Stack>,
    /// Samples between the rounds' ops: warm-up barriers, prefills, verification. Not in `stacks`.
    #[serde(default)]
    pub outside: u64,
    /// Samples for which there was no room. Not in `stacks`.
    #[serde(default)]
    pub lost: u64,
    /// Samples whose callers could not all be found. In `stacks`, from the innermost frame to the
    /// last one known.
    #[serde(default)]
    pub cut: u64,
}

/// One function on a stack, inlined ones included.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StackFrame {
    /// Its name, demangled.
    pub function: String,
    /// Its source file, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in the file; 0 if not known.
    #[serde(default)]
    pub line: u32,
}

/// One stack and how often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// Number of the thread in its crew, from 0.
    pub thread: u32,
    /// Positions in [`Stacks::frames`], outermost first. Empty for the harness itself.
    pub frames: Vec<u32>,
    /// Samples.
    pub samples: u64,
}
