//! Drawing primitives that ratatui lacks: a braille canvas that ORs overlapping series, a shared
//! log axis, and latency ridges. They know nothing of runs or adapters.

pub mod axis;
pub mod bar;
pub mod braille;
pub mod ridgeline;
