//! What somebody needs of a map, as `--need` names it, and whether a map promises it. Measures
//! nothing: needs are held against what adapters declare.

use std::fmt;

use clap::ValueEnum;
use mapbench_core::adapter::{Capabilities, Meta, Requirement, Waits};

/// Something that somebody needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Need {
    /// The map can be scanned
    Scan,
    /// A scan shows the whole map at one moment
    SnapshotScan,
    /// A scan visits keys in their order
    Ordered,
    /// A write is visible to all when its call returns
    ImmediateVisibility,
    /// An update of a value in place is one atomic step
    AtomicUpdate,
    /// A key that is overwritten is never hidden from readers
    AtomicReplace,
    /// Writes say what was there before
    ReturnsPrevious,
    /// A read lends the value in place, without a clone
    BorrowedReads,
    /// A read never waits for a write
    NonBlockingReads,
    /// A write never waits for a scan
    NonBlockingScans,
}

impl Need {
    /// Whether a map with these capabilities has it.
    fn is_met(self, can: &Capabilities) -> bool {
        match self {
            Need::Scan => can.meets(Requirement::Scan),
            Need::SnapshotScan => can.meets(Requirement::SnapshotScan),
            Need::Ordered => can.ordered,
            Need::ImmediateVisibility => can.meets(Requirement::ImmediateVisibility),
            Need::AtomicUpdate => can.meets(Requirement::ReadModifyWrite),
            Need::AtomicReplace => can.meets(Requirement::AtomicReplace),
            Need::ReturnsPrevious => can.meets(Requirement::ReturnsPrevious),
            Need::BorrowedReads => can.borrowed_reads,
            Need::NonBlockingReads => can.reads_wait == Waits::Never,
            Need::NonBlockingScans => can.writes_wait_for_scans == Waits::Never,
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// Why a map is left out: `lacks snapshot-scan, ordered`; `None` if it has all that is needed.
pub(super) fn lacks(needs: &[Need], meta: &Meta) -> Option<String> {
    let lacking: Vec<String> = needs
        .iter()
        .filter(|need| !need.is_met(&meta.capabilities))
        .map(ToString::to_string)
        .collect();
    (!lacking.is_empty()).then(|| format!("lacks {}", lacking.join(", ")))
}

#[cfg(test)]
mod tests {
    use mapbench_core::adapter::ScanConsistency;

    use super::*;

    #[test]
    fn a_map_lacks_what_it_does_not_declare_and_nothing_else() {
        let locked = Meta::NEW;
        assert_eq!(lacks(&[Need::SnapshotScan, Need::AtomicUpdate], &locked), None);
        let both = lacks(&[Need::Ordered, Need::Scan, Need::NonBlockingReads], &locked);
        assert_eq!(both.as_deref(), Some("lacks ordered, non-blocking-reads"));
        let free = Capabilities {
            scan: ScanConsistency::Weak,
            reads_wait: Waits::Never,
            writes_wait_for_scans: Waits::Never,
            ..Capabilities::LOCKED
        };
        let free = Meta { capabilities: free, ..Meta::NEW };
        assert_eq!(lacks(&[Need::NonBlockingReads, Need::NonBlockingScans], &free), None);
        let scan = lacks(&[Need::SnapshotScan], &free);
        assert_eq!(scan.as_deref(), Some("lacks snapshot-scan"));
        let slow = Capabilities { reads_wait: Waits::SlowPath, ..free.capabilities };
        let slow = Meta { capabilities: slow, ..Meta::NEW };
        assert!(lacks(&[Need::NonBlockingReads], &slow).is_some(), "seldom is not never");
    }
}
