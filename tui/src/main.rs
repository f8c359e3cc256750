//! The `mapbench` binary: the program over all maps that it ships with.

fn main() -> std::process::ExitCode {
    mapbench::run(mapbench_adapters::REGISTRY)
}
