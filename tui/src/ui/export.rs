//! A drawn screen as text or as an SVG picture. The picture needs no special font: braille dots,
//! blocks, frames and shapes are drawn as shapes, only words are text.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::widgets::braille::DOT_BITS;

/// Width and height of a character. Pixels.
const CELL: (f64, f64) = (8.4, 18.0);
/// Margin around the screen. Pixels.
const MARGIN: f64 = 12.0;
const PAPER: &str = "#11151c";
const INK: &str = "#d8dee9";

/// The screen as text, without trailing blanks.
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let row: String =
            (buffer.area.left()..buffer.area.right()).map(|x| buffer[(x, y)].symbol()).collect();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// The screen as an SVG picture.
pub fn svg(buffer: &Buffer) -> String {
    let width = f64::from(buffer.area.width) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(buffer.area.height) * CELL.1 + 2.0 * MARGIN;
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" font-size=\"14\" font-family=\"ui-monospace, \
         'DejaVu Sans Mono', Menlo, Consolas, monospace\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>"
    );
    for y in buffer.area.top()..buffer.area.bottom() {
        row(buffer, y, &mut svg);
    }
    svg.push_str("</svg>\n");
    svg
}

/// One row: runs of words as text, everything else as shapes.
fn row(buffer: &Buffer, y: u16, svg: &mut String) {
    let mut run = String::new();
    let mut run_start = 0;
    let mut run_look = String::new();
    for x in buffer.area.left()..=buffer.area.right() {
        let cell = (x < buffer.area.right()).then(|| &buffer[(x, y)]);
        let look = cell.map(look).unwrap_or_default();
        let word = cell.is_some_and(|cell| picture(cell, x, y).is_none());
        if !run.is_empty() && (!word || look != run_look) {
            write_run(&run, run_start, y, &run_look, svg);
            run.clear();
        }
        let Some(cell) = cell else { break };
        match picture(cell, x, y) {
            Some(shapes) if !shapes.is_empty() => {
                let _ = writeln!(svg, "<g {look}>{shapes}</g>");
            }
            Some(_) => {}
            None => {
                if run.is_empty() {
                    run_start = x;
                    run_look = look;
                }
                run.push_str(cell.symbol());
            }
        }
    }
}

fn write_run(run: &str, x: u16, y: u16, look: &str, svg: &mut String) {
    let words = run.trim_end();
    if words.trim_start().is_empty() {
        return;
    }
    let (left, top) = corner(x, y);
    let length = words.chars().count() as f64 * CELL.0;
    let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{length:.1}\" {look}>{escaped}</text>",
        top + CELL.1 * 0.76
    );
}

/// Colour, weight and opacity of a cell, as attributes.
fn look(cell: &Cell) -> String {
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let mut look = format!("fill=\"{}\"", colour(if reversed { Color::Reset } else { cell.fg }));
    if cell.modifier.contains(Modifier::BOLD) {
        look.push_str(" font-weight=\"bold\"");
    }
    if cell.modifier.contains(Modifier::DIM) {
        look.push_str(" opacity=\"0.6\"");
    }
    if cell.modifier.contains(Modifier::UNDERLINED) {
        look.push_str(" text-decoration=\"underline\"");
    }
    look
}

/// The shapes of a cell that is not a word: empty for a blank, `None` for a word.
fn picture(cell: &Cell, x: u16, y: u16) -> Option<String> {
    let mut characters = cell.symbol().chars();
    let character = characters.next()?;
    if characters.next().is_some() {
        return None;
    }
    let (left, top) = corner(x, y);
    match character {
        '\u{2800}'..='\u{28ff}' => Some(braille(character, left, top)),
        '▁'..='█' => {
            let share = f64::from(character as u32 - '▁' as u32 + 1) / 8.0;
            Some(rect(left, top + CELL.1 * (1.0 - share), CELL.0 + 0.3, CELL.1 * share + 0.3))
        }
        '▉'..='▏' => {
            let share = f64::from('▏' as u32 + 1 - character as u32) / 8.0;
            Some(rect(left, top, CELL.0 * share, CELL.1 + 0.3))
        }
        '─' | '│' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '╷' | '┊' => {
            Some(frame(character, left, top))
        }
        '◆' | '▲' | '●' | '■' | '▼' | '◇' | '△' | '○' | '□' | '▽' | '▸' => {
            Some(shape(character, left, top, &colour(cell.fg)))
        }
        _ => None,
    }
}

fn corner(x: u16, y: u16) -> (f64, f64) {
    (MARGIN + f64::from(x) * CELL.0, MARGIN + f64::from(y) * CELL.1)
}

fn rect(x: f64, y: f64, width: f64, height: f64) -> String {
    format!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>")
}

fn braille(character: char, left: f64, top: f64) -> String {
    let dots = (character as u32 & 0xff) as u8;
    let mut circles = String::new();
    for (row, bits) in DOT_BITS.iter().enumerate() {
        for (column, bit) in bits.iter().enumerate() {
            if dots & bit != 0 {
                let x = left + CELL.0 * (0.25 + 0.5 * column as f64);
                let y = top + CELL.1 * (0.125 + 0.25 * row as f64);
                let _ = write!(circles, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.5\"/>");
            }
        }
    }
    circles
}

/// Frame characters as thin bars from the middle of the cell to its edges.
fn frame(character: char, left: f64, top: f64) -> String {
    let (up, down, west, east) = match character {
        '─' => (false, false, true, true),
        '│' | '┊' => (true, true, false, false),
        '┌' => (false, true, false, true),
        '┐' => (false, true, true, false),
        '└' => (true, false, false, true),
        '┘' => (true, false, true, false),
        '├' => (true, true, false, true),
        '┤' => (true, true, true, false),
        _ => (false, true, false, false),
    };
    let (middle_x, middle_y) = (left + CELL.0 / 2.0, top + CELL.1 / 2.0);
    let mut bars = String::new();
    if up || down {
        let from = if up { top } else { middle_y };
        let to = if down { top + CELL.1 } else { middle_y };
        bars.push_str(&rect(middle_x - 0.5, from, 1.0, to - from));
    }
    if west || east {
        let from = if west { left } else { middle_x };
        let to = if east { left + CELL.0 } else { middle_x };
        bars.push_str(&rect(from, middle_y - 0.5, to - from, 1.0));
    }
    bars
}

/// The shapes that tell series apart.
fn shape(character: char, left: f64, top: f64, ink: &str) -> String {
    let (x, y) = (left + CELL.0 / 2.0, top + CELL.1 / 2.0);
    let r = CELL.0 * 0.52;
    let hollow = matches!(character, '◇' | '△' | '○' | '□' | '▽');
    let pen = if hollow {
        format!(" fill-opacity=\"0\" stroke=\"{ink}\" stroke-width=\"1.2\"")
    } else {
        String::new()
    };
    let polygon = |points: [(f64, f64); 4]| {
        let points: Vec<String> = points
            .iter()
            .map(|point| format!("{:.1},{:.1}", x + r * point.0, y + r * point.1))
            .collect();
        format!("<polygon points=\"{}\"{pen}/>", points.join(" "))
    };
    match character {
        '●' | '○' => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"{pen}/>", r * 0.9),
        '◆' | '◇' => polygon([(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)]),
        '▲' | '△' => polygon([(0.0, -0.9), (1.0, 0.8), (-1.0, 0.8), (0.0, -0.9)]),
        '▼' | '▽' => polygon([(0.0, 0.9), (1.0, -0.8), (-1.0, -0.8), (0.0, 0.9)]),
        '▸' => polygon([(-0.8, -0.9), (0.9, 0.0), (-0.8, 0.9), (-0.8, -0.9)]),
        _ => polygon([(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)]),
    }
}

fn colour(colour: Color) -> String {
    let named = |name: &str| name.to_owned();
    match colour {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Indexed(index @ 16..=231) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
            let cube = index - 16;
            let [red, green, blue] = [cube / 36, cube / 6 % 6, cube % 6].map(level);
            format!("#{red:02x}{green:02x}{blue:02x}")
        }
        Color::Red | Color::LightRed => named("#e06c75"),
        Color::Green | Color::LightGreen => named("#7ec07e"),
        Color::Yellow | Color::LightYellow => named("#e5c07b"),
        Color::Blue | Color::LightBlue => named("#61afef"),
        Color::Magenta | Color::LightMagenta => named("#c678dd"),
        Color::Cyan | Color::LightCyan => named("#56b6c2"),
        Color::DarkGray | Color::Gray => named("#8a93a2"),
        _ => named(INK),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn words_are_text_and_dots_are_circles() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "a<b \u{2881}█", Style::new().fg(Color::Rgb(1, 2, 3)));
        let svg = svg(&buffer);
        assert!(svg.contains("fill=\"#010203\">a&lt;b</text>"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(!svg.contains('\u{2881}') && !svg.contains('█'));
        assert_eq!(text(&buffer), "a<b \u{2881}█\n");
    }
}
