//! The `mapbench` program as a library: command line, session and terminal UI over any registry
//! of adapters. It names no concrete map; `main.rs` does.

use mapbench_core::driver::memory::CountingAllocator;

mod cli;
pub mod session;
#[cfg_attr(
    not(all(
        feature = "stacks",
        target_os = "linux",
        target_env = "gnu",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )),
    path = "stacks/absent.rs"
)]
mod stacks;
pub mod ui;

pub use cli::run;

/// Counts what a worker's map holds; the system allocator does the work.
#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;
