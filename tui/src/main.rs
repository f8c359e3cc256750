//! The `mapbench` binary. Skeleton.
fn main() {}
