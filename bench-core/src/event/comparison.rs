//! Two programs under test in one run: which they are, and which of them runs a cell. Plain data;
//! building them and judging what they measured is for others.

use serde::{Deserialize, Serialize};

use super::{Commit, Subject};

/// One side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// The reference.
    A,
    /// The reference again, built a second time: what it differs from A by is noise and the layout
    /// of code.
    AgainA,
    /// What is under test.
    B,
}

impl Arm {
    /// The word in tables and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Arm::A => "A",
            Arm::AgainA => "A again",
            Arm::B => "B",
        }
    }
}

/// What the arms of a comparison are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonBegin {
    /// The reference.
    pub a: ArmBegin,
    /// The reference again; `None` where A itself is run twice instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<ArmBegin>,
    /// What is under test.
    pub b: ArmBegin,
    /// Looks at each pair that were settled before the first round: the level of each allows for
    /// all of them, whether they were used or not.
    #[serde(default = "one")]
    pub looks: u32,
}

fn one() -> u32 {
    1
}

/// What an arm is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmBegin {
    /// As it was asked for: a commit's name, or a program's path.
    pub name: String,
    /// The commit that it was built from; `None` of a program that somebody built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
    /// How it was built, as the program itself says.
    pub subject: Subject,
}

impl ComparisonBegin {
    /// What an arm is. A's second copy is A itself where there is none.
    pub fn arm(&self, arm: Arm) -> &ArmBegin {
        match arm {
            Arm::A => &self.a,
            Arm::AgainA => self.again.as_ref().unwrap_or(&self.a),
            Arm::B => &self.b,
        }
    }
}
