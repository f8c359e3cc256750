//! Colours and shapes. A series is told by shape, label and colour together, never by colour
//! alone; backgrounds are never painted. The colours are Okabe and Ito's, which people with every
//! kind of colour vision tell apart.

use mapbench_results::units::Charset;
use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// None: `NO_COLOR`, `--color never` or a dumb terminal.
    Mono,
    /// The sixteen named ones.
    Named,
    /// 256 indexed ones.
    Indexed,
    /// All.
    Full,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// As terminal and environment say.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Depth {
    /// The depth that the environment promises. `lookup` reads an environment variable.
    pub fn detect(choice: ColorChoice, lookup: impl Fn(&str) -> Option<String>) -> Depth {
        let filled = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let term = filled("TERM").unwrap_or_default();
        let plain = filled("NO_COLOR").is_some() || term == "dumb";
        if choice == ColorChoice::Never || (choice == ColorChoice::Auto && plain) {
            return Depth::Mono;
        }
        let colorterm = filled("COLORTERM").unwrap_or_default();
        if colorterm == "truecolor" || colorterm == "24bit" {
            Depth::Full
        } else if term.contains("256") || term.contains("kitty") || term.contains("alacritty") {
            Depth::Indexed
        } else {
            Depth::Named
        }
    }
}

/// For which background the colours are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Palette {
    /// A dark background.
    #[default]
    Dark,
    /// A light background.
    Light,
    /// No colours.
    Mono,
}

impl Palette {
    /// The next palette of the cycle.
    #[must_use]
    pub fn next(self) -> Palette {
        match self {
            Palette::Dark => Palette::Light,
            Palette::Light => Palette::Mono,
            Palette::Mono => Palette::Dark,
        }
    }
}

/// How everything looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Colours of the terminal.
    pub depth: Depth,
    /// Colours of the program.
    pub palette: Palette,
    /// Whether only ASCII characters are drawn.
    pub ascii: bool,
}

/// One colour in three depths.
type Shade = ((u8, u8, u8), u8, Color);

/// Okabe and Ito's colours on a dark background; their blue is lightened to be readable there,
/// and their black is a light grey.
const DARK: [Shade; 8] = [
    ((0xE6, 0x9F, 0x00), 214, Color::Yellow),
    ((0x56, 0xB4, 0xE9), 74, Color::LightCyan),
    ((0x00, 0x9E, 0x73), 36, Color::Green),
    ((0xF0, 0xE4, 0x42), 227, Color::LightYellow),
    ((0x3D, 0x8F, 0xD6), 32, Color::LightBlue),
    ((0xD5, 0x5E, 0x00), 166, Color::LightRed),
    ((0xCC, 0x79, 0xA7), 175, Color::LightMagenta),
    ((0xC8, 0xC8, 0xC8), 251, Color::White),
];

/// The same on a light background; their yellow is darkened to be readable there.
const LIGHT: [Shade; 8] = [
    ((0xB8, 0x7A, 0x00), 136, Color::Yellow),
    ((0x1F, 0x87, 0xC4), 31, Color::Cyan),
    ((0x00, 0x7F, 0x5C), 29, Color::Green),
    ((0x8A, 0x80, 0x00), 100, Color::DarkGray),
    ((0x00, 0x5A, 0x94), 24, Color::Blue),
    ((0xB8, 0x4F, 0x00), 130, Color::Red),
    ((0xA8, 0x55, 0x82), 132, Color::Magenta),
    ((0x26, 0x26, 0x26), 235, Color::Black),
];

const SHAPES: [&str; 12] = ["◆", "▲", "●", "■", "▼", "★", "◇", "△", "○", "□", "▽", "☆"];
const ASCII_SHAPES: [&str; 12] = ["*", "^", "o", "#", "v", "+", "d", "A", "0", "u", "V", "x"];

impl Theme {
    /// The shape of the series at a position.
    pub fn shape(&self, position: usize) -> &'static str {
        let shapes = if self.ascii { &ASCII_SHAPES } else { &SHAPES };
        shapes[position % shapes.len()]
    }

    /// The style of the series at a position.
    pub fn series(&self, position: usize) -> Style {
        self.shade(|shades| shades[position % shades.len()])
    }

    /// Frames, axes and other things that stand back.
    pub fn faint(&self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Titles and the row under the cursor.
    pub fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Something is running.
    pub fn good(&self) -> Style {
        self.shade(|shades| shades[2]).add_modifier(Modifier::BOLD)
    }

    /// Something needs a look.
    pub fn warning(&self) -> Style {
        self.shade(|shades| shades[0]).add_modifier(Modifier::BOLD)
    }

    /// Something failed.
    pub fn bad(&self) -> Style {
        self.shade(|shades| shades[5]).add_modifier(Modifier::BOLD)
    }

    /// How figures are spelled.
    pub fn charset(&self) -> Charset {
        if self.ascii { Charset::Ascii } else { Charset::Utf8 }
    }

    /// `unicode`, or its stand-in where only ASCII is drawn.
    pub fn glyph<'a>(&self, unicode: &'a str, ascii: &'a str) -> &'a str {
        if self.ascii { ascii } else { unicode }
    }

    fn shade(self, pick: impl Fn(&[Shade; 8]) -> Shade) -> Style {
        let shades = match (self.depth, self.palette) {
            (Depth::Mono, _) | (_, Palette::Mono) => return Style::new(),
            (_, Palette::Dark) => &DARK,
            (_, Palette::Light) => &LIGHT,
        };
        let ((red, green, blue), index, name) = pick(shades);
        Style::new().fg(match self.depth {
            Depth::Full => Color::Rgb(red, green, blue),
            Depth::Indexed => Color::Indexed(index),
            Depth::Named | Depth::Mono => name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(choice: ColorChoice, pairs: &[(&str, &str)]) -> Depth {
        Depth::detect(choice, |name| {
            pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned())
        })
    }

    #[test]
    fn the_environment_decides_on_colour() {
        let full = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];
        assert_eq!(detect(ColorChoice::Auto, &full), Depth::Full);
        assert_eq!(detect(ColorChoice::Auto, &full[..1]), Depth::Indexed);
        assert_eq!(detect(ColorChoice::Never, &full), Depth::Mono);
        assert_eq!(detect(ColorChoice::Auto, &[("TERM", "dumb")]), Depth::Mono);
        let no_color = [("TERM", "xterm"), ("NO_COLOR", "1")];
        assert_eq!(detect(ColorChoice::Auto, &no_color), Depth::Mono);
        assert_eq!(detect(ColorChoice::Always, &no_color), Depth::Named);
        assert_eq!(detect(ColorChoice::Auto, &[("TERM", "xterm"), ("NO_COLOR", "")]), Depth::Named);
    }

    #[test]
    fn the_eight_core_maps_have_eight_colours() {
        for depth in [Depth::Named, Depth::Indexed, Depth::Full] {
            for palette in [Palette::Dark, Palette::Light] {
                let theme = Theme { depth, palette, ascii: false };
                let colours: std::collections::HashSet<_> =
                    (0..8).map(|n| theme.series(n).fg).collect();
                assert_eq!(colours.len(), 8, "{theme:?}");
            }
        }
    }

    #[test]
    fn shapes_tell_twelve_series_apart_without_colour() {
        let theme = Theme { depth: Depth::Mono, palette: Palette::Dark, ascii: true };
        let shapes: std::collections::HashSet<_> = (0..12).map(|n| theme.shape(n)).collect();
        assert_eq!(shapes.len(), 12);
        assert_eq!(theme.series(3), Style::new());
    }
}
