//! What a run measured and where: the commit and the machine. Never fails: what cannot be found out
//! is said to be unknown, and a run outside a repository has no commit.

mod commit;
mod machine;

pub use commit::commit;
pub use machine::{UNKNOWN, machine};
