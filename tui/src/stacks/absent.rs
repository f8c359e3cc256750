//! What stands in for stack sampling where it is not built in: nothing but the reason.

use std::io;

use mapbench_core::event::Stacks;

/// Why stacks cannot be sampled; `None` where they can.
pub(crate) const MISSING: Option<&str> = Some(if cfg!(feature = "stacks") {
    "stacks are sampled on Linux with glibc, on x86-64 and aarch64"
} else {
    "this program was built without the cargo feature `stacks`; build it with `--features stacks`"
});

/// Cannot be made here.
#[derive(Debug)]
pub(crate) struct Sampler;

impl Sampler {
    /// Refuses.
    pub(crate) fn start(_duration_ns: u64) -> io::Result<Sampler> {
        Err(io::Error::other(MISSING.unwrap_or_default()))
    }

    /// Never called: there is no sampler.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as the one that samples")]
    pub(crate) fn finish(self, _alive: &mut dyn FnMut()) -> io::Result<Stacks> {
        Ok(Stacks::default())
    }
}
