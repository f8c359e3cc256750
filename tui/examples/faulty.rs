//! `mapbench` with adapters that misbehave on purpose beside the real ones, for the program's own
//! tests and for seeing what a failure looks like. Nothing here is a measurement.
//!
//! ```text
//! cargo run --release --example faulty -- run -s test/uniform -a 'fault/*' -a std/rwlock
//! cargo run --release --example faulty -- tui -a fault/bimodal -a sharded
//! ```

use std::process::ExitCode;

use mapbench_adapters::fault::{
    Abort, Bimodal, EatMemory, Faulty, Hang, HangInScan, LostUpdate, Misbehaviour, Panic,
    WrongValue,
};

fn main() -> ExitCode {
    mapbench::run(
        mapbench_adapters::REGISTRY
            .with::<Faulty<Hang>>(Hang::NAME)
            .with::<Faulty<HangInScan>>(HangInScan::NAME)
            .with::<Faulty<Panic>>(Panic::NAME)
            .with::<Faulty<Abort>>(Abort::NAME)
            .with::<Faulty<WrongValue>>(WrongValue::NAME)
            .with::<Faulty<LostUpdate>>(LostUpdate::NAME)
            .with::<Faulty<EatMemory>>(EatMemory::NAME)
            .with::<Faulty<Bimodal>>(Bimodal::NAME),
    )
}
