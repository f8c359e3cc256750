//! A canvas of braille dots, 2 × 4 to the character, with whole characters over them; in ASCII the
//! nearest character stands for the dots. Knows no curve.

/// The first braille pattern; the low byte of a pattern is its set of dots.
const BLANK: u32 = 0x2800;
/// Bit of the dot at row 0..4 of the left and right column of a character.
const DOT_BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// The canvas.
#[derive(Debug)]
pub(crate) struct Canvas {
    columns: usize,
    rows: usize,
    dots: Vec<u8>,
    over: Vec<Option<char>>,
    is_ascii: bool,
}

impl Canvas {
    /// An empty one of so many characters.
    pub(crate) fn new(columns: usize, rows: usize, is_ascii: bool) -> Self {
        let cells = columns * rows;
        Canvas { columns, rows, dots: vec![0; cells], over: vec![None; cells], is_ascii }
    }

    /// A straight line between two places, each given as shares from the left and from the bottom.
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let steps = (self.columns * 2).max(self.rows * 4);
        for step in 0..=steps {
            let share = step as f64 / steps as f64;
            self.dot(from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
        }
    }

    /// One dot; outside it is ignored.
    pub(crate) fn dot(&mut self, x: f64, y: f64) {
        let Some((column, row)) = place(x, y, self.columns * 2, self.rows * 4) else { return };
        self.dots[row / 4 * self.columns + column / 2] |= DOT_BITS[row % 4][column % 2];
    }

    /// A character over the dots; outside it is ignored.
    pub(crate) fn put(&mut self, x: f64, y: f64, character: char) {
        if let Some((column, row)) = place(x, y, self.columns, self.rows) {
            self.over[row * self.columns + column] = Some(character);
        }
    }

    /// A character where nothing is yet.
    pub(crate) fn put_behind(&mut self, x: f64, y: f64, character: char) {
        if let Some((column, row)) = place(x, y, self.columns, self.rows) {
            let at = row * self.columns + column;
            if self.dots[at] == 0 {
                self.over[at].get_or_insert(character);
            }
        }
    }

    /// The lines of text, top first.
    pub(crate) fn lines(&self) -> Vec<String> {
        let cells: Vec<char> =
            self.dots.iter().zip(&self.over).map(|(dots, over)| self.glyph(*dots, *over)).collect();
        cells.chunks(self.columns.max(1)).map(|row| row.iter().collect()).collect()
    }

    fn glyph(&self, dots: u8, over: Option<char>) -> char {
        match (over, dots, self.is_ascii) {
            (Some(character), ..) => character,
            (None, 0, _) => ' ',
            (None, _, false) => char::from_u32(BLANK + u32::from(dots)).unwrap_or(' '),
            (None, _, true) => match (dots & 0x1B != 0, dots & 0xE4 != 0) {
                (true, true) => ':',
                (true, false) => '\'',
                _ => '.',
            },
        }
    }
}

/// The column and the row, from the top, of a place on a grid; `None` outside.
fn place(x: f64, y: f64, columns: usize, rows: usize) -> Option<(usize, usize)> {
    let is_inside = (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y);
    (is_inside && columns > 0 && rows > 0).then(|| {
        let column = (x * columns as f64) as usize;
        let row = ((1.0 - y) * rows as f64) as usize;
        (column.min(columns - 1), row.min(rows - 1))
    })
}
