//! The `mapbench` program as a library: command line, session and terminal UI over any registry
//! of adapters. It names no concrete map; `main.rs` does.

pub mod session;
pub mod ui;
