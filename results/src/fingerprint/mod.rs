//! What a run measured and where: the commit, the program and the machine; and in what two such
//! differ. Never fails: what cannot be found out is said to be unknown, and a run outside a
//! repository has no commit.

mod commit;
mod compare;
mod machine;
mod processors;
mod program;
mod quota;
mod system_files;

#[cfg(test)]
mod tests;

pub use commit::{author, commit, commit_of, full_hash};
pub use compare::{Difference, Part, differences};
pub use machine::{UNKNOWN, described, machine};
pub use processors::parse_cpu_list;
pub use program::{program_hash, program_hash_of};
pub use system_files::{SystemFiles, field, field_bytes};
