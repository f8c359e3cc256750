//! Which cells of a comparison are asked for. The choice is made before anything is judged, so that
//! the family of tests is what was asked for; it never looks at a figure.

use mapbench_core::event::Cell;

/// Which cells are compared.
#[derive(Clone, Copy)]
pub struct Filter<'f>(Option<&'f dyn Fn(&Cell) -> bool>);

impl<'f> Filter<'f> {
    /// All of them.
    pub const ALL: Filter<'static> = Filter(None);

    /// Those that pass.
    pub fn of(passes: &'f dyn Fn(&Cell) -> bool) -> Self {
        Filter(Some(passes))
    }

    /// Whether a cell is asked for.
    pub fn takes(&self, cell: &Cell) -> bool {
        self.0.is_none_or(|passes| passes(cell))
    }
}

impl std::fmt::Debug for Filter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Filter(some cells)" } else { "Filter(all cells)" })
    }
}
