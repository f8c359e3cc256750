//! The identity of the running program: a hash of its file. What was built, whatever its sources
//! say.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

/// Hash of the file of the running program, 16 hexadecimal digits; `None` if it cannot be read.
pub fn program_hash() -> Option<String> {
    program_hash_of(&std::env::current_exe().ok()?)
}

/// The same of the file of another program.
pub fn program_hash_of(program: &Path) -> Option<String> {
    let mut file = File::open(program).ok()?;
    let mut hasher = Xxh3::new();
    let mut chunk = vec![0; 1 << 18];
    loop {
        match file.read(&mut chunk).ok()? {
            0 => return Some(format!("{:016x}", hasher.digest())),
            read => hasher.update(&chunk[..read]),
        }
    }
}
