//! A canvas of braille dots, 2 × 4 to the character. Where series meet in one character, the dots
//! of all of them are drawn, so that no series hides another; the character takes the colour of
//! the series drawn last.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The first braille pattern; the low byte of a pattern is its set of dots.
const BLANK: u32 = 0x2800;
/// Bit of the dot at row 0..4 of the left and right column of a character.
pub const DOT_BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// A canvas of dots over an area of characters.
#[derive(Debug, Clone)]
pub struct Canvas {
    columns: u16,
    rows: u16,
    dots: Vec<u8>,
    styles: Vec<Style>,
}

impl Canvas {
    /// An empty canvas of `columns` × `rows` characters.
    pub fn new(columns: u16, rows: u16) -> Self {
        let cells = usize::from(columns) * usize::from(rows);
        Canvas { columns, rows, dots: vec![0; cells], styles: vec![Style::new(); cells] }
    }

    /// Dots from left to right.
    pub fn width(&self) -> i32 {
        i32::from(self.columns) * 2
    }

    /// Dots from top to bottom.
    pub fn height(&self) -> i32 {
        i32::from(self.rows) * 4
    }

    /// Sets the dot at `x` from the left and `y` from the top; outside the canvas it is ignored.
    pub fn dot(&mut self, x: i32, y: i32, style: Style) {
        if !(0..self.width()).contains(&x) || !(0..self.height()).contains(&y) {
            return;
        }
        let cell = (y as usize / 4) * usize::from(self.columns) + x as usize / 2;
        self.dots[cell] |= DOT_BITS[y as usize % 4][x as usize % 2];
        self.styles[cell] = style;
    }

    /// Draws a straight line between two dots.
    pub fn line(&mut self, from: (i32, i32), to: (i32, i32), style: Style) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs());
        for step in 0..=steps {
            let share = if steps == 0 { 0.0 } else { f64::from(step) / f64::from(steps) };
            let x = f64::from(from.0) + share * f64::from(to.0 - from.0);
            let y = f64::from(from.1) + share * f64::from(to.1 - from.1);
            self.dot(x.round() as i32, y.round() as i32, style);
        }
    }

    /// Paints the canvas at the top left of `area`; characters without dots are left alone.
    pub fn paint(&self, area: Rect, buffer: &mut Buffer, ascii: bool) {
        let area = area.intersection(buffer.area);
        for row in 0..area.height.min(self.rows) {
            for column in 0..area.width.min(self.columns) {
                let cell = usize::from(row) * usize::from(self.columns) + usize::from(column);
                if self.dots[cell] == 0 {
                    continue;
                }
                let glyph =
                    if ascii { ascii_dots(self.dots[cell]) } else { pattern(self.dots[cell]) };
                if let Some(target) = buffer.cell_mut((area.x + column, area.y + row)) {
                    target.set_char(glyph).set_style(self.styles[cell]);
                }
            }
        }
    }
}

/// The braille pattern of a set of dots.
fn pattern(dots: u8) -> char {
    char::from_u32(BLANK + u32::from(dots)).unwrap_or(' ')
}

/// The nearest ASCII picture of a set of dots: where in the character they lie.
fn ascii_dots(dots: u8) -> char {
    let top = dots & 0x1B != 0;
    let bottom = dots & 0xE4 != 0;
    match (top, bottom) {
        (true, true) => ':',
        (true, false) => '\'',
        _ => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_of_two_series_in_one_character_are_both_seen() {
        let mut canvas = Canvas::new(1, 1);
        canvas.dot(0, 0, Style::new());
        canvas.dot(1, 3, Style::new());
        let area = Rect::new(0, 0, 1, 1);
        let mut buffer = Buffer::empty(area);
        canvas.paint(area, &mut buffer, false);
        assert_eq!(buffer[(0, 0)].symbol(), "\u{2881}");
    }

    #[test]
    fn dots_outside_are_ignored() {
        let mut canvas = Canvas::new(2, 1);
        canvas.line((-5, -5), (50, 50), Style::new());
        canvas.dot(4, 0, Style::new());
        let area = Rect::new(0, 0, 1, 1);
        let mut buffer = Buffer::empty(area);
        canvas.paint(Rect::new(0, 0, 9, 9), &mut buffer, true);
        assert_eq!(buffer[(0, 0)].symbol(), "'");
    }
}
