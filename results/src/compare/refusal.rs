//! Why two runs, or the arms of one, cannot be held against each other, and what to do about it.

use std::fmt::Write as _;

use thiserror::Error;

use crate::fingerprint::{Difference, Part};

/// Why there is no comparison.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CompareError {
    /// Machine, protocol or trace differ.
    #[error("{}", listed(a, b, differences))]
    Differs {
        /// The reference.
        a: String,
        /// What is under test.
        b: String,
        /// Every field that forbids it.
        differences: Vec<Difference>,
    },
    /// The log is not one of a live comparison.
    #[error(
        "{name} is a run of one program, so there is nothing to compare it with; name a second \
         run, as `mapbench compare {name} OTHER`"
    )]
    OneArm {
        /// The run.
        name: String,
    },
    /// The log is one of a live comparison, and stands where a plain run is needed.
    #[error(
        "{name} holds two programs, which `mapbench compare {name}` judges; name two runs of one \
         program each"
    )]
    TwoArms {
        /// The run.
        name: String,
    },
    /// The log holds no times.
    #[error(
        "{name} measured {measured}, not time; compare runs of `mapbench run` without --measure"
    )]
    NotTime {
        /// The run.
        name: String,
        /// What it measured, in a word.
        measured: &'static str,
    },
    /// No map of this name to relate the others to.
    #[error(
        "no cell of {reference} in both runs to relate the others to; choose one of these with \
         --reference: {known}"
    )]
    NoReference {
        /// What was asked for.
        reference: String,
        /// What both runs have.
        known: String,
    },
}

/// One line per field, then what to do.
fn listed(a: &str, b: &str, differences: &[Difference]) -> String {
    let mut text = format!("{a} and {b} cannot be compared:");
    for difference in differences {
        let (part, field) = (difference.part.name(), &difference.field);
        let _ = write!(text, "\n  {part}: {field} is {} and {}", difference.a, difference.b);
    }
    let any = |part: Part| differences.iter().any(|difference| difference.part == part);
    if any(Part::Protocol) {
        text.push_str(
            "\nmeasure both in the same way: the same flags, the same mapbench, the same UI mode",
        );
    }
    if any(Part::Machine) {
        text.push_str(
            "\nmeasure both on one machine, or relate each to a map measured beside it with \
             --across-machines",
        );
    }
    text
}
