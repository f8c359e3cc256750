//! Why a verb failed: one sentence for people, and the exit code that tells the cause to scripts.

use std::fmt;

use crate::session::select::SelectError;

/// Why a verb failed.
#[derive(Debug)]
pub(crate) struct CliError {
    /// The exit code.
    pub(crate) code: u8,
    /// One sentence that names the file, key or flag and the next step.
    pub(crate) message: String,
}

/// Something unexpected.
pub(crate) const UNEXPECTED: u8 = 1;
/// Usage or configuration.
pub(crate) const USAGE: u8 = 2;
/// Not comparable.
pub(crate) const NOT_COMPARABLE: u8 = 3;
/// Nothing selected.
pub(crate) const NOTHING_SELECTED: u8 = 4;
/// Something is not what it says it is.
pub(crate) const WRONG_ANSWER: u8 = 103;
/// Output could not be written.
pub(crate) const OUTPUT: u8 = 110;

impl CliError {
    /// Wrong usage or a file that does not read: exit 2.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        CliError { code: USAGE, message: message.to_string() }
    }

    /// Two things that cannot be held against each other: exit 3.
    pub(crate) fn not_comparable(message: impl fmt::Display) -> Self {
        CliError { code: NOT_COMPARABLE, message: message.to_string() }
    }

    /// Nothing to do: exit 4.
    pub(crate) fn nothing(message: impl fmt::Display) -> Self {
        CliError { code: NOTHING_SELECTED, message: message.to_string() }
    }

    /// Output that cannot be written: exit 110.
    pub(crate) fn output(message: impl fmt::Display) -> Self {
        CliError { code: OUTPUT, message: message.to_string() }
    }

    /// What nobody foresaw: exit 1.
    pub(crate) fn unexpected(message: impl fmt::Display) -> Self {
        CliError { code: UNEXPECTED, message: message.to_string() }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<SelectError> for CliError {
    fn from(error: SelectError) -> Self {
        match error {
            SelectError::Nothing { .. } => CliError::nothing(error),
            _ => CliError::usage(error),
        }
    }
}
