//! The `mapbench` program as a library: command line, session and terminal UI over any registry
//! of adapters. It names no concrete map; `main.rs` does.

use mapbench_core::driver::memory::CountingAllocator;

mod cli;
pub mod session;
pub mod ui;

pub use cli::run;

/// Counts what a worker's map holds; the system allocator does the work.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;
