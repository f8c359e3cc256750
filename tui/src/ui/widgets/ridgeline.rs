//! A latency ridge: the distribution of one series as a row of blocks over a shared log axis. A
//! ridge is a density per log-spaced column, so that a second hump far to the right stays one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::axis::LogAxis;

/// How density becomes height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeightScale {
    /// Height is the square root of density: a hump of 1 % stands 10 % high.
    #[default]
    Root,
    /// Height is logarithmic over four decades of density: rare slow ops become visible.
    Log,
}

impl HeightScale {
    /// The height of a density between 0 and 1, between 0 and 1.
    pub fn height(self, density: f64) -> f64 {
        match self {
            HeightScale::Root => density.max(0.0).sqrt(),
            HeightScale::Log => (1.0 + density.max(1e-9).log10() / 4.0).clamp(0.0, 1.0),
        }
    }
}

/// A density per column of an axis; the highest column is 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Density(Vec<f64>);

impl Density {
    /// Spreads counted values over the columns of an axis. Each item is the lowest and the highest
    /// value of a bucket, both inclusive, and its count; a bucket wider than a column is shared
    /// out by its logarithmic overlap.
    pub fn new(axis: &LogAxis, buckets: impl Iterator<Item = (u64, u64, u64)>) -> Self {
        let columns = usize::from(axis.columns());
        let mut mass = vec![0.0; columns];
        for (low, high, count) in buckets {
            let from = axis.position(low as f64 - 0.5);
            let to = axis.position(high as f64 + 0.5).max(from + 1e-9);
            let first = from.floor().clamp(0.0, (columns - 1) as f64) as usize;
            let last = to.floor().clamp(0.0, (columns - 1) as f64) as usize;
            for (column, mass) in mass.iter_mut().enumerate().take(last + 1).skip(first) {
                let left = if column == first { from } else { column as f64 };
                let right = if column == last { to } else { (column + 1) as f64 };
                *mass += count as f64 * ((right - left) / (to - from)).clamp(0.0, 1.0);
            }
        }
        let highest = mass.iter().copied().fold(0.0, f64::max);
        if highest > 0.0 {
            for mass in &mut mass {
                *mass /= highest;
            }
        }
        Density(mass)
    }

    /// The densities, by column.
    pub fn columns(&self) -> &[f64] {
        &self.0
    }
}

const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII_BLOCKS: [char; 9] = [' ', '.', '.', '-', '-', '=', '=', '#', '#'];

/// Paints a ridge over all rows of `area`, bottom up. Any density above zero shows at least the
/// lowest block on the root scale.
pub fn paint(
    density: &Density,
    scale: HeightScale,
    style: Style,
    ascii: bool,
    area: Rect,
    buffer: &mut Buffer,
) {
    let area = area.intersection(buffer.area);
    let blocks = if ascii { ASCII_BLOCKS } else { BLOCKS };
    for (column, &density) in density.columns().iter().enumerate().take(usize::from(area.width)) {
        let eighths = (scale.height(density) * f64::from(area.height) * 8.0).round() as u16;
        let seen = density > 0.0 && scale == HeightScale::Root;
        let eighths = if seen { eighths.max(1) } else { eighths };
        for row in 0..area.height {
            let level = eighths.saturating_sub(row * 8).min(8);
            let at = (area.x + column as u16, area.y + area.height - 1 - row);
            if let (1.., Some(cell)) = (level, buffer.cell_mut(at)) {
                cell.set_char(blocks[usize::from(level)]).set_style(style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Heights of a painted row, 0 to 8.
    fn levels(buffer: &Buffer, width: u16) -> Vec<usize> {
        let level = |x| BLOCKS.iter().position(|&b| buffer[(x, 0)].symbol() == b.to_string());
        (0..width).map(|x| level(x).unwrap_or(0)).collect()
    }

    fn humps(levels: &[usize]) -> usize {
        let mut humps = 0;
        let mut rising = true;
        for pair in levels.windows(2) {
            if rising && pair[1] < pair[0] {
                humps += 1;
                rising = false;
            } else if pair[1] > pair[0] {
                rising = true;
            }
        }
        humps + usize::from(rising && levels.last() > Some(&0))
    }

    #[test]
    fn a_bimodal_distribution_has_two_humps_in_one_row() {
        let axis = LogAxis::new(10.0, 1e6, 40);
        let fast = [(70, 500), (80, 2000), (100, 4000), (125, 2000), (150, 500)];
        let slow = [(30_000, 20), (40_000, 80), (50_000, 160), (62_000, 80), (75_000, 20)];
        let buckets =
            fast.iter().chain(&slow).map(|&(value, count)| (value, value + value / 64, count));
        let area = Rect::new(0, 0, 40, 1);
        let mut buffer = Buffer::empty(area);
        paint(
            &Density::new(&axis, buckets),
            HeightScale::Root,
            Style::new(),
            false,
            area,
            &mut buffer,
        );
        assert_eq!(humps(&levels(&buffer, 40)), 2, "{buffer:?}");
    }

    #[test]
    fn density_keeps_the_counts_apart_from_the_width_of_buckets() {
        let axis = LogAxis::new(1.0, 1e4, 4);
        let density = Density::new(&axis, [(100, 999, 900)].into_iter());
        assert!(density.columns()[2] > 0.99, "{density:?}");
        assert!(density.columns()[0] < 1e-6 && density.columns()[1] < 0.01, "{density:?}");
    }
}
